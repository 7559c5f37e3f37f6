#include <parley/codecs/websocket/envelope.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/provider/link.hpp>
#include <parley/codecs/websocket/provider/settings.hpp>
#include <parley/core/text/base64.hpp>
#include <utility>

namespace parley::detail {
namespace {

constexpr std::uint16_t plain_port = 80, secure_port = 443;

bool is_secure(const uri& where) { return where.protocol() == "wss"; }

// As in Host: the port only where it is not the usual one.
std::string host_field(const uri& where) {
  if (where.is_local()) return "localhost";
  const bool is_ipv6 = where.host().find(':') != std::string::npos;
  std::string text = is_ipv6 ? "[" + where.host() + "]" : where.host();
  const std::uint16_t usual = is_secure(where) ? secure_port : plain_port;
  if (where.port() && *where.port() != usual) text += ":" + std::to_string(*where.port());
  return text;
}

endpoint endpoint_of(const uri& where) {
  auto to = where.where(is_secure(where) ? secure_port : plain_port);
  return to ? *std::move(to) : endpoint();  // validate() has seen to it
}

tls_settings tls_of(const websocket_config& c) {
  return {.ca_certs = c.ssl_ca_certs,
          .certfile = c.ssl_cert,
          .keyfile = c.ssl_key,
          .key_password = c.ssl_key_password,
          .crlfile = c.ssl_crlfile,
          .verify = c.verify,
          .alpn = "http/1.1"};
}

}  // namespace

error closed_error(const websocket::close_event& e) {
  using enum websocket::close_code;
  const auto number = static_cast<unsigned>(e.code);
  std::string text = std::to_string(number);
  if (!e.reason.empty()) text.append(" ").append(e.reason);
  switch (e.code) {
    case protocol_error:
    case unsupported_data:
    case invalid_data:
    case policy_violation:
    case missing_extension:
      return error(websocket::errc::closed_by_peer, std::move(text));
    case too_large:
      return error(websocket::errc::peer_unavailable, std::move(text))
          .with_hint("a message was too large for the peer: raise its max_size, or split it");
    case try_again_later:
      // It does not say when; at once is too early.
      return error(websocket::errc::peer_unavailable, std::move(text))
          .with_retry_after(std::chrono::seconds(5));
    default:
      break;
  }
  if (number >= 3000) return error(websocket::errc::closed_by_peer, std::move(text));
  return error(websocket::errc::peer_unavailable, std::move(text));
}

websocket_wish::websocket_wish(const websocket_config& config, const uri& where)
    : origin(config.origin),
      host(host_field(where)),
      target(where.is_local() ? "/" : where.target()),
      given(config.headers) {
  if (where.has_user()) {
    const std::string both = where.user() + ":" + std::string(where.password().reveal());
    authorization = "Basic " + text::base64_encode(as_bytes(both));
    headers.push_back({"Authorization", authorization});
  }
  for (const auto& [name, value] : given) headers.push_back({name, value});
  if (config.names != websocket_names::raw) {
    subprotocols.push_back(websocket::envelope_subprotocol);
  }
  websocket::handshake_wish& w = settings.handshake;
  w.subprotocols = subprotocols;
  w.needs_subprotocol = config.names == websocket_names::required;
  w.origin = origin;
  w.headers = headers;
  w.deflate = config.deflate;
  w.deflate.enabled = config.compression == "deflate";
  settings.handshake_timeout = config.connect_timeout;
  settings.connection = connection_limits_of(config);
}

// --- session --------------------------------------------------------------------

websocket_link_session::websocket_link_session(websocket_link& link, loop& home,
                                               std::shared_ptr<const websocket_wish> wish,
                                               connection& c, layer_ptr tls)
    : machine_driver(websocket::client(wish->settings, wish->host, wish->target, home),
                     std::move(tls)),
      link_(&link),
      loop_(home),
      connection_(c),
      wish_(std::move(wish)) {
  loop_.attach();
}

void websocket_link_session::abandon() noexcept {
  link_ = nullptr;
  connection_.close();
}

void websocket_link_session::released() {
  loop_.detach();
  if (websocket_link* const link = std::exchange(link_, nullptr)) {
    if (link->leaving_ == this) {
      link->leaving_ = nullptr;
    } else {
      // Gone without a word: there was no memory for one.
      link->session_ = nullptr;
      link->session_failed(error(errc::out_of_memory), loop_.now());
    }
  }
  delete this;
}

void websocket_link_session::on_event(websocket::event& event, time_point now) {
  if (!link_ || ending_) return;
  // A reference of its own: a callback may abandon this session, which clears the member.
  websocket_link& link = *link_;
  if (link.closing_) {
    const bool is_over = std::holds_alternative<websocket::close_event>(event) ||
                         std::holds_alternative<failed>(event);
    if (is_over) link.stop();
  } else if (const auto* message = std::get_if<websocket::message_event>(&event)) {
    link.owner_.link_message(*message);
  } else if (std::holds_alternative<websocket::writable>(event)) {
    link.owner_.link_writable();
  } else if (std::holds_alternative<websocket::opened>(event)) {
    link.session_opened(now);
  } else if (const auto* end = std::get_if<websocket::close_event>(&event)) {
    ending_ = true;
    link.session_failed(closed_error(*end), now);
  } else if (const auto* why = std::get_if<failed>(&event)) {
    ending_ = true;
    link.session_failed(why->why, now);
  }
}

// --- link -----------------------------------------------------------------------

websocket_link::websocket_link(loop& home, websocket_link_owner& owner,
                               const websocket_config& config, const uri& where)
    : kept_link(home),
      owner_(owner),
      config_(config),
      wish_(std::make_shared<const websocket_wish>(config, where)),
      where_(endpoint_of(where)),
      name_(where.is_local() ? "localhost" : where.host()),
      tls_(tls_of(config)),
      is_tls_(is_secure(where)) {}

link_settings websocket_link::settings() const {
  return {.where = where_,
          .connect_timeout = config_.connect_timeout,
          .reconnect = config_.reconnect,
          .tls = is_tls_ ? &tls_ : nullptr,
          .host = name_,
          .with = config_.with,
          .watch = config_.watch,
          .component = "websocket"};
}

void websocket_link::begin_session(connection& c, layer_ptr tls, time_point now) {
  session_ = new websocket_link_session(*this, home(), wish_, c, std::move(tls));
  // From the connector's driver to this one; the connection itself stays.
  c.rebind(*session_);
  session_->start(now);
}

// One that ends by itself has a close frame to send yet.
void websocket_link::drop_session() noexcept {
  auto* const s = std::exchange(session_, nullptr);
  if (s == nullptr) return;
  if (!s->is_ending()) return s->abandon();
  if (auto* earlier = std::exchange(leaving_, s)) earlier->abandon();
}

void websocket_link::stop() noexcept {
  kept_link::stop();
  if (auto* s = std::exchange(leaving_, nullptr)) s->abandon();
  std::exchange(closing_, {}).complete({});
}

void websocket_link::close(completer<void> done) {
  if (!is_up() || !client().close(websocket::close_code::normal, {}, home().now())) {
    stop();
    return done.complete({});
  }
  closing_ = std::move(done);
  wake();
}

}  // namespace parley::detail
