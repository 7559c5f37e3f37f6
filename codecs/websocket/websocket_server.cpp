#include <parley/codecs/websocket/detail/websocket_config.hpp>
#include <parley/codecs/websocket/detail/websocket_session.hpp>
#include <parley/codecs/websocket/websocket_server.hpp>
#include <parley/core/api/settings.hpp>
#include <utility>

namespace parley {

// --- configuration --------------------------------------------------------------------

result<address> websocket_server_config::where() const {
  return listening_address(unix_socket, host, port);
}

result<void> websocket_server_config::validate() const {
  fault_list found;
  check_serving(*this, found);
  found.check(max_connections > 0, "max_connections is 0");
  found.check(listens || (!ssl && unix_socket.empty()),
              "listens is false, but ssl or unix_socket is set");
  found.check(handshake_timeout > duration::zero(), "handshake_timeout is not positive");
  websocket::detail::check_subprotocols(subprotocols, needs_subprotocol, found);
  websocket::detail::check_limits(limits, found);
  return std::move(found).verdict();
}

result<websocket_server_config> websocket_server_config::from_uri(const uri& where) {
  constexpr server_schemes names{"ws", "wss", 80, 443};
  websocket_server_config c;
  fault_list found;
  found.check(!where.has_user(), "a server has no user in its URI");
  if (auto ok = read_serving(c, where, names, found); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  found.check(!c.unix_socket.empty() || where.path().size() <= 1,
              "a server answers at every path: its URI has none");
  for (const uri_parameter& p : where.parameters()) {
    bool good = false;
    if (p.name == "max_connections") {
      good = read_number(p.value, c.max_connections);
    } else if (!websocket::detail::read_parameter(c.limits, c.deflate, p, good) &&
               (!c.ssl || !read_tls_server_parameter(c.tls, p, good))) {
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

websocket_server::websocket_server(loop& home, websocket_handler& handler,
                                   websocket_server_config config)
    : loop_(home),
      handler_(handler),
      config_(std::move(config)),
      origins_(websocket::detail::views_of(config_.origins)),
      subprotocols_(websocket::detail::views_of(config_.subprotocols)),
      serving_(home) {
  settings_.connection = config_.limits;
  settings_.handshake = {.origins = origins_,
                         .is_tls = config_.ssl || config_.behind_tls,
                         .allows_same_origin = config_.allows_same_origin,
                         .subprotocols = subprotocols_,
                         .needs_subprotocol = config_.needs_subprotocol,
                         .deflate = config_.deflate};
  settings_.http = config_.http;
  settings_.handshake_timeout = config_.handshake_timeout;
  settings_.ask = config_.ask;
  tls_settings_ = settings_;
  tls_settings_.handshake.is_tls = true;
  // There is no upgrade from HTTP/2: clients that speak both must not choose it.
  if (config_.ssl && config_.tls.alpn.empty()) config_.tls.alpn = "http/1.1";
}

// Sessions still speak of the handler and the settings.
websocket_server::~websocket_server() { serving_.end(); }

result<void> websocket_server::listen() {
  if (!config_.listens) return serving_.open(config_);
  return serving_.listen(config_, *this, {.reuse_port = config_.reuse_port});
}

operation<void> websocket_server::stop() { return serving_.stop(config_.stop_timeout); }

driver* websocket_server::accept(connection& c, const address& peer) {
  // An answer that says so would cost more than the connection that there is no room for.
  if (serving_.size() >= config_.max_connections) return nullptr;
  return serving_.admit(config_, "websocket", [&](layer_ptr tls) {
    return std::make_unique<detail::websocket_session>(*this, c, peer, std::move(tls));
  });
}

driver* websocket_server::take(const upgrade_request& asked) {
  if (!serving_.is_listening() || serving_.size() >= config_.max_connections) return nullptr;
  return serving_.adopt(std::make_unique<detail::websocket_session>(*this, asked));
}

}  // namespace parley
