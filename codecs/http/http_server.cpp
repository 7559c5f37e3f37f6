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
  return listening_address(unix_socket, host, port);
}

result<void> http_server_config::validate() const {
  fault_list faults;
  check_serving(*this, faults);
  faults.check(max_connections > 0, "max_connections is 0");
  check_limits(limits, faults);
  return std::move(faults).verdict();
}

result<http_server_config> http_server_config::from_uri(const uri& where) {
  constexpr server_schemes names{"http", "https", 80, 443};
  http_server_config c;
  fault_list found;
  found.check(!where.has_user(), "a server has no user in its URI");
  if (auto ok = read_serving(c, where, names, found); !ok) {
    return std::unexpected(std::move(ok).error());
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
    : loop_(home), handler_(handler), config_(std::move(config)), serving_(home) {
  // Chosen by clients that speak more than one version.
  if (config_.ssl && config_.tls.alpn.empty()) config_.tls.alpn = "http/1.1";
}

// Sessions still speak of the handler and the limits.
http_server::~http_server() { serving_.end(); }

result<void> http_server::listen() {
  return serving_.listen(config_, *this, {.reuse_port = config_.reuse_port});
}

operation<void> http_server::stop() { return serving_.stop(config_.stop_timeout); }

driver* http_server::accept(connection& c, const address& peer) {
  // An answer that says so would cost more than the connection that there is no room for.
  if (serving_.size() >= config_.max_connections) return nullptr;
  return serving_.admit(config_, "http", [&](layer_ptr tls) {
    return std::make_unique<detail::http_session>(*this, c, peer, std::move(tls));
  });
}

}  // namespace parley
