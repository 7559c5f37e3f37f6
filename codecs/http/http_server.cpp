#include <parley/codecs/http/detail/http_session.hpp>
#include <parley/codecs/http/http_server.hpp>
#include <parley/core/api/settings.hpp>
#include <utility>

namespace parley {
namespace {

void check_limits(const http::server_limits& l, fault_list& faults) {
  faults.check(l.message.start_line >= 16, "limits.message.start_line is below 16");
  faults.check(l.message.headers > 0, "limits.message.headers is 0");
  faults.check(l.max_pipelined > 0, "limits.max_pipelined is 0");
  faults.check(l.high_water > 0 && l.high_water <= l.max_output,
               "limits.high_water is 0 or above max_output");
  for (const duration d : {l.header_timeout, l.body_timeout, l.idle_timeout, l.write_timeout}) {
    if (d > duration::zero()) continue;
    faults.check(false, "a timeout of limits is 0 or negative");
    break;
  }
}

}  // namespace

// --- configuration --------------------------------------------------------------------

result<address> http_server_config::where() const {
  if (!unix_socket.empty()) return address::local(unix_socket);
  return address::parse_ip(host, port);
}

result<void> http_server_config::validate() const {
  fault_list faults;
  faults.check(where().has_value(), "host is not a numeric address");
  faults.check(!ssl || !tls.certfile.empty(), "ssl needs tls.certfile and tls.keyfile");
  faults.check(ssl || tls == tls_settings(), "TLS is set up but ssl is false");
  faults.check(max_connections > 0, "max_connections is 0");
  faults.check(stop_timeout >= duration::zero(), "stop_timeout is negative");
  check_limits(limits, faults);
  return std::move(faults).verdict();
}

result<http_server_config> http_server_config::from_uri(const uri& where) {
  constexpr std::uint16_t plain_port = 80, secure_port = 443;
  http_server_config c;
  fault_list found;
  const std::string_view protocol = where.protocol();
  c.ssl = protocol == "https";
  found.check(protocol == "http" || c.ssl, "the scheme is not http, https or http+unix");
  found.check(!where.has_user(), "a server has no user in its URI");
  auto to = where.where(c.ssl ? secure_port : plain_port);
  if (!to) return std::unexpected(std::move(to).error());
  if (to->is_local()) {
    c.unix_socket = to->path();
  } else {
    // The one name that needs no resolver.
    if (!to->host().empty() && to->host() != "localhost") c.host = to->host();
    c.port = to->port();
  }
  for (const uri_parameter& p : where.parameters()) {
    bool good = false;
    if (p.name == "max_connections") {
      good = read_number(p.value, c.max_connections);
    } else if (!c.ssl || !read_tls_server_parameter(c.tls, p, good)) {
      found.add(unknown_parameter(p));
      continue;
    }
    if (!good) found.add(bad_parameter(p));
  }
  if (auto ok = std::move(found).verdict(); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = c.validate(); !ok) return std::unexpected(std::move(ok).error());
  return c;
}

// --- server ---------------------------------------------------------------------------

http_server::http_server(loop& home, http_handler& handler, http_server_config config)
    : loop_(home), handler_(handler), config_(std::move(config)) {
  // Chosen by clients that speak more than one version.
  if (config_.ssl && config_.tls.alpn.empty()) config_.tls.alpn = "http/1.1";
  loop_.attach();
}

http_server::~http_server() {
  listener_.reset();
  abandon_all();
  if (stop_deadline_.is_armed()) loop_.set_timer(stop_deadline_, std::nullopt);
  stopping_.clear();  // cancelled
  loop_.detach();
}

// Their connections live on until the loop has let go of them.
void http_server::abandon_all() noexcept {
  for (detail::http_session* s : std::exchange(sessions_, {})) s->abandon();
}

result<void> http_server::listen() {
  if (listener_) return fail(errc::misuse, "the server listens already");
  if (auto ok = config_.validate(); !ok) return ok;
  // A wrong file or password is told now, and not by each client's failure.
  if (auto tls = make_tls(); !tls) return std::unexpected(std::move(tls).error());
  auto made = loop_.listen(*config_.where(), *this, {.reuse_port = config_.reuse_port});
  if (!made) return std::unexpected(std::move(made).error());
  listener_ = *std::move(made);
  return {};
}

std::optional<address> http_server::local_address() const {
  if (!listener_) return std::nullopt;
  return listener_->local_address();
}

result<layer_ptr> http_server::make_tls() {
  if (!config_.ssl) return layer_ptr();
  if (!config_.with) return std::unexpected(unavailable_part("tls"));
  return config_.with->make("tls_server", {{}, &config_.tls, &loop_, config_.watch});
}

driver* http_server::accept(connection& c, const address& peer) {
  // An answer that says so would cost more than the connection that there is no room for.
  if (sessions_.size() >= config_.max_connections) return nullptr;
  // For each connection anew, which is also when renewed certificates are noticed.
  auto tls = make_tls();
  if (!tls) {
    if (config_.watch) config_.watch->log(log_level::error, "http", tls.error().to_string());
    return nullptr;
  }
  auto made = std::make_unique<detail::http_session>(*this, c, peer, *std::move(tls));
  made->place = sessions_.size();
  sessions_.push_back(made.get());
  return made.release();
}

void http_server::forget(detail::http_session& s) noexcept {
  sessions_[s.place] = sessions_.back();
  sessions_[s.place]->place = s.place;
  sessions_.pop_back();
  if (sessions_.empty()) end_stop();
}

// --- the end --------------------------------------------------------------------------

operation<void> http_server::stop() {
  listener_.reset();
  completer<void> done(loop_);
  operation<void> op = done.op();
  stopping_.push_back(std::move(done));
  if (sessions_.empty()) {
    end_stop();
    return op;
  }
  for (detail::http_session* s : sessions_) s->drain_requests();
  loop_.set_timer(stop_deadline_, loop_.now() + config_.stop_timeout);
  return op;
}

void http_server::on_stop_deadline() {
  // Their output is lost, and they have had their time to take it.
  abandon_all();
  end_stop();
}

void http_server::end_stop() {
  if (stop_deadline_.is_armed()) loop_.set_timer(stop_deadline_, std::nullopt);
  for (completer<void>& done : std::exchange(stopping_, {})) done.complete({});
}

}  // namespace parley
