#include <algorithm>
#include <parley/codecs/websocket/detail/websocket_client_session.hpp>
#include <parley/codecs/websocket/detail/websocket_config.hpp>
#include <parley/codecs/websocket/websocket_client.hpp>
#include <parley/core/api/settings.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley {
namespace {

constexpr std::uint16_t plain_port = 80, secure_port = 443;

websocket_client_config completed(websocket_client_config c) {
  // There is no upgrade from HTTP/2: servers that speak both must not choose it.
  if (c.ssl && c.tls.alpn.empty()) c.tls.alpn = "http/1.1";
  return c;
}

bool is_target(std::string_view text) {
  return text.starts_with('/') &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

}  // namespace

// --- configuration --------------------------------------------------------------------

result<void> websocket_client_config::validate() const {
  fault_list found;
  found.check(!host.empty(), "host is empty");
  found.check(host.find_first_of(" \t\r\n/") == std::string::npos,
              "host has a space, a line break or a slash");
  found.check(port != 0 || !unix_socket.empty(), "port is 0");
  found.check(is_target(target), "target is no path, or not percent-encoded");
  found.check(ssl || tls == tls_settings(), "TLS is set up but ssl is false");
  found.check(tls.certfile.empty() == tls.keyfile.empty(), "certfile and keyfile go together");
  found.check(connect_timeout > duration::zero(), "connect_timeout is not positive");
  found.check(handshake_timeout > duration::zero(), "handshake_timeout is not positive");
  websocket::detail::check_subprotocols(subprotocols, needs_subprotocol, found);
  websocket::detail::check_limits(limits, found);
  return std::move(found).verdict();
}

result<websocket_client_config> websocket_client_config::from_uri(const uri& where) {
  websocket_client_config c;
  fault_list found;
  c.ssl = where.protocol() == "wss";
  found.check(where.protocol() == "ws" || c.ssl, "the scheme is not ws, wss or ws+unix");
  found.check(!where.has_user(), "the URI has a user: send a field Authorization");
  found.check(where.fragment().empty(), "the URI has a fragment");
  auto to = where.where(c.ssl ? secure_port : plain_port);
  if (!to) return std::unexpected(std::move(to).error());
  if (to->is_local()) {
    c.unix_socket = to->path();
    c.host = "localhost";
    for (const uri_parameter& p : where.parameters()) {
      if (p.name == "target") {
        c.target = p.value;
      } else {
        found.add(unknown_parameter(p));
      }
    }
  } else {
    c.host = to->host();
    c.port = to->port();
    c.target = where.target();
  }
  if (auto ok = std::move(found).verdict(); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = c.validate(); !ok) return std::unexpected(std::move(ok).error());
  return c;
}

endpoint websocket_client_config::where() const {
  return unix_socket.empty() ? endpoint(host, port) : endpoint::local(unix_socket);
}

std::string websocket_client_config::to_string() const {
  constexpr std::size_t most = 200;
  const std::string scheme = ssl ? "wss" : "ws";
  if (!unix_socket.empty()) return scheme + "+unix://" + unix_socket;
  std::string text = scheme + "://" + where().to_string();
  if (port == (ssl ? secure_port : plain_port)) text.erase(text.rfind(':'));
  text += target;
  if (const auto whole = uri::parse(text)) text = whole->to_string();
  if (text.size() > most) text.replace(most, std::string::npos, "...");
  return text;
}

// --- client ---------------------------------------------------------------------------

websocket_client::websocket_client(loop& home, websocket_client_handler& handler,
                                   websocket_client_config config)
    : loop_(home),
      handler_(handler),
      config_(completed(std::move(config))),
      connector_(home, *this) {
  loop_.attach();
}

websocket_client::~websocket_client() {
  connector_.cancel();
  if (auto* const s = std::exchange(session_, nullptr)) s->retire();
  for (auto* const s : std::exchange(ending_, {})) s->retire();
  loop_.detach();
}

result<layer_ptr> websocket_client::make_tls() {
  if (!config_.ssl) return layer_ptr();
  // Never in the clear instead.
  if (!config_.with) return std::unexpected(unavailable_part("tls"));
  return config_.with->make("tls", {config_.host, &config_.tls, &loop_, config_.watch});
}

result<void> websocket_client::open() {
  if (session_) return fail(errc::misuse, "the client is open already");
  if (auto ok = config_.validate(); !ok) return ok;
  auto tls = make_tls();
  if (!tls) return std::unexpected(std::move(tls).error());
  auto made = std::make_unique<detail::websocket_client_session>(*this, loop_, *std::move(tls));
  connect_plan_config plan;
  plan.attempt_timeout = plan.total_timeout = config_.connect_timeout;
  session_ = made.release();
  const auto ok = guarded([&] { connector_.start(config_.where(), attempts_++, plan); });
  if (!ok) {
    connector_.cancel();
    std::exchange(session_, nullptr)->retire();
  }
  return ok;
}

websocket::client& websocket_client::machine() noexcept { return session_->machine(); }

void websocket_client::wake() { session_->wake(); }

void websocket_client::connected(connection& c, time_point now) {
  session_->attach(c);
  // From the connector's driver to this one; the connection itself stays.
  c.rebind(*session_);
  session_->start(now);
}

void websocket_client::connect_failed(const error& why) { session_->give_up(why); }

}  // namespace parley
