#include <bit>
#include <parley/codecs/resp/server/detail/redis_server_session.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>
#include <parley/core/api/settings.hpp>
#include <utility>

namespace parley {
namespace {

// 40 hexadecimal digits, as Redis has them.
std::string make_run_id(loop& home) {
  std::array<std::byte, 20> bytes{};
  home.random(bytes);
  std::string text;
  for (const std::byte b : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[std::to_integer<unsigned>(b) >> 4];
    text += digits[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

resp::engine_config engine_settings(loop& home, const redis_server_config& c) {
  std::array<std::byte, 16> secret{};
  home.random(secret);
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(secret);
  return {.databases = c.databases,
          .password = c.password,
          .users = c.users,
          .max_clients = c.max_clients,
          .limits = c.limits,
          .data = c.data,
          .seed = {halves[0], halves[1]},
          .run_id = make_run_id(home)};
}

}  // namespace

// --- configuration --------------------------------------------------------------------

result<address> redis_server_config::where() const {
  if (!unix_socket.empty()) return address::local(unix_socket);
  return address::parse_ip(host, port);
}

result<void> redis_server_config::validate() const {
  fault_list faults;
  const auto at = where();
  faults.check(at.has_value(), "host is not a numeric address");
  faults.check(!at || at->is_loopback() || !password.empty(),
               "host can be reached from other machines, and password is empty");
  faults.check(!ssl || !tls.certfile.empty(), "ssl needs tls.certfile and tls.keyfile");
  faults.check(ssl || tls == tls_settings(), "TLS is set up but ssl is false");
  faults.check(databases > 0 && databases <= 10'000, "databases is outside 1 to 10000");
  faults.check(max_clients > 0, "max_clients is 0");
  for (const resp::server_user& user : users) {
    faults.check(!user.name.empty(), "a user has no name");
    faults.check(!user.needs_password || !user.password.empty(),
                 "user " + user.name + " needs a password and has none");
  }
  const resp::server_limits& l = limits;
  faults.check(l.request.max_arguments > 0, "limits.request.max_arguments is 0");
  faults.check(l.request.max_inline >= 64, "limits.request.max_inline is below 64");
  faults.check(l.request.request_budget >= l.request.max_inline,
               "limits.request.request_budget is below max_inline");
  faults.check(l.high_water > 0 && l.high_water <= l.max_output,
               "limits.high_water is 0 or above max_output");
  faults.check(l.soft_subscribed_output <= l.max_subscribed_output,
               "limits.soft_subscribed_output is above max_subscribed_output");
  faults.check(l.idle_timeout >= duration::zero(), "limits.idle_timeout is negative");
  faults.check(stop_timeout >= duration::zero(), "stop_timeout is negative");
  return std::move(faults).verdict();
}

// --- server ---------------------------------------------------------------------------

redis_server::redis_server(loop& home, redis_server_config config)
    : loop_(home), config_(std::move(config)), engine_(engine_settings(home, config_), home.now()) {
  loop_.attach();
}

redis_server::~redis_server() {
  listener_.reset();
  // Their connections live on until the loop has let go of them.
  for (detail::redis_server_session* s : sessions_) s->abandon();
  sessions_.clear();
  for (deadline* d : {&engine_deadline_, &stop_deadline_}) {
    if (d->is_armed()) loop_.set_timer(*d, std::nullopt);
  }
  stopping_.clear();  // cancelled
  loop_.detach();
}

result<void> redis_server::listen() {
  if (listener_) return fail(errc::misuse, "the server listens already");
  if (auto ok = config_.validate(); !ok) return ok;
  // A wrong file or password is told now, and not by each client's failure.
  if (auto tls = make_tls(); !tls) return std::unexpected(std::move(tls).error());
  auto made = loop_.listen(*config_.where(), *this);
  if (!made) return std::unexpected(std::move(made).error());
  listener_ = *std::move(made);
  engine_.config().address = listener_->local_address().is_local()
                                 ? config_.unix_socket + ":0"
                                 : listener_->local_address().to_string();
  return {};
}

std::optional<address> redis_server::local_address() const {
  if (!listener_) return std::nullopt;
  return listener_->local_address();
}

result<layer_ptr> redis_server::make_tls() {
  if (!config_.ssl) return layer_ptr();
  if (!config_.with) return std::unexpected(unavailable_part("tls"));
  return config_.with->make("tls_server", {{}, &config_.tls, &loop_, config_.watch});
}

driver* redis_server::accept(connection& c, const address& peer) {
  // The engine refuses with an error that clients can read; before a handshake nobody can, and
  // handshakes that never end must be bounded too.
  if (config_.ssl && sessions_.size() >= config_.max_clients) return nullptr;
  // For each connection anew, which is also when renewed certificates are noticed.
  auto tls = make_tls();
  if (!tls) {
    if (config_.watch) config_.watch->log(log_level::error, "redis", tls.error().to_string());
    return nullptr;
  }
  auto made = std::make_unique<detail::redis_server_session>(*this, c, peer, *std::move(tls));
  made->place = sessions_.size();
  sessions_.push_back(made.get());
  return made.release();
}

void redis_server::forget(detail::redis_server_session& s) noexcept {
  engine_.leave(s);
  sessions_[s.place] = sessions_.back();
  sessions_[s.place]->place = s.place;
  sessions_.pop_back();
  if (sessions_.empty()) end_stop();
}

// --- time -----------------------------------------------------------------------------

void redis_server::end_requests() {
  const auto at = engine_.next_deadline();
  if (at == armed_) return;
  armed_ = at;
  loop_.set_timer(engine_deadline_, at);
}

void redis_server::on_engine_deadline(time_point now) {
  armed_.reset();
  engine_.handle_timeout(now);
  end_requests();
}

// --- the end --------------------------------------------------------------------------

operation<void> redis_server::stop() {
  listener_.reset();
  completer<void> done(loop_);
  operation<void> op = done.op();
  stopping_.push_back(std::move(done));
  if (sessions_.empty()) {
    end_stop();
    return op;
  }
  for (detail::redis_server_session* s : sessions_) s->finish();
  loop_.set_timer(stop_deadline_, loop_.now() + config_.stop_timeout);
  return op;
}

void redis_server::on_stop_deadline(time_point) {
  // Their output is lost, and they have had their time to take it.
  for (detail::redis_server_session* s : sessions_) s->abandon();
  sessions_.clear();
  end_stop();
}

void redis_server::end_stop() {
  if (stop_deadline_.is_armed()) loop_.set_timer(stop_deadline_, std::nullopt);
  for (completer<void>& done : std::exchange(stopping_, {})) done.complete({});
}

}  // namespace parley
