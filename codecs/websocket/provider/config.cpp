#include <algorithm>
#include <parley/codecs/websocket/provider/settings.hpp>
#include <parley/codecs/websocket/websocket_config.hpp>
#include <parley/core/api/settings.hpp>
#include <utility>

namespace parley {
namespace {

void check_server(const websocket_config& c, fault_list& found) {
  found.check(c.uri.empty() && !c.where,
              "a server has no uri; set is_server to false for a client");
  found.check(c.ssl_cert.empty() == c.ssl_key.empty(), "ssl_cert and ssl_key go together");
  found.check(!c.ssl_cert.empty() || c.clients == client_certificates::none,
              "clients is set and there is no ssl_cert");
  found.check(c.listens || (c.ssl_cert.empty() && c.unix_socket.empty()),
              "listens is false, but ssl_cert or unix_socket is set");
  found.check(c.max_connections > 0, "max_connections is 0");
  found.check(c.headers.empty() && c.origin.empty(), "headers and origin are a client's");
  found.check(c.share == nullptr, "share is a client's");
}

void check_client(const websocket_config& c, fault_list& found) {
  const auto where = detail::uri_of(c);
  if (!where) {
    found.add("uri: " + std::string(where.error().message()));
  } else {
    const std::string_view protocol = where->protocol();
    found.check(protocol == "ws" || protocol == "wss", "uri is not ws://, wss:// or ws+unix://");
    found.check(where->fragment().empty(), "uri has a fragment (#)");
    found.check(where->where(80).has_value(), "uri names no host");
  }
  found.check(c.ssl_cert.empty() == c.ssl_key.empty(), "ssl_cert and ssl_key go together");
  found.check(c.connect_timeout > duration::zero(), "connect_timeout is not positive");
  found.check(!c.relay && c.origins.empty(), "relay and origins are a server's");
}

void read_parameter(websocket_config& c, const uri_parameter& p, bool is_tls, fault_list& found) {
  tls_settings tls;
  bool good = true;
  if (p.name == "max_connections") {
    good = read_number(p.value, c.max_connections);
  } else if (p.name == "max_size") {
    good = read_number(p.value, c.max_size);
  } else if (p.name == "compression") {
    c.compression = p.value;
  } else if (is_tls && read_tls_server_parameter(tls, p, good)) {
    if (!tls.certfile.empty()) c.ssl_cert = tls.certfile;
    if (!tls.keyfile.empty()) c.ssl_key = tls.keyfile;
    if (!tls.ca_certs.empty()) c.ssl_ca_certs = tls.ca_certs;
    if (!tls.crlfile.empty()) c.ssl_crlfile = tls.crlfile;
    if (p.name == "clients") c.clients = tls.clients;
  } else {
    return found.add(unknown_parameter(p));
  }
  if (!good) found.add(bad_parameter(p));
}

}  // namespace

result<void> websocket_config::validate() const {
  fault_list found;
  is_server ? check_server(*this, found) : check_client(*this, found);
  found.check(compression.empty() || compression == "deflate",
              "compression is neither empty nor deflate");
  found.check(ping_interval >= duration::zero(), "ping_interval is negative");
  found.check(ping_timeout > duration::zero(), "ping_timeout is not positive");
  found.check(max_size > 0, "max_size is 0");
  found.check(max_queue > 0, "max_queue is 0");
  found.check(write_limit > 0, "write_limit is 0");
  found.check(call_timeout >= duration::zero(), "call_timeout is negative");
  found.check(close_timeout > duration::zero(), "close_timeout is not positive");
  found.check(offline_policy != overflow::conflate && offline_policy != overflow::close,
              "offline_policy is reject, drop_oldest or drop_newest");
  return std::move(found).verdict();
}

result<websocket_config> websocket_config::from_uri(const parley::uri& where) {
  websocket_config c;
  c.is_server = false;
  c.where = where;
  if (auto ok = c.validate(); !ok) return std::unexpected(std::move(ok).error());
  return c;
}

result<websocket_config> websocket_config::server_from_uri(const parley::uri& where) {
  websocket_config c;
  fault_list found;
  const bool is_tls = where.protocol() == "wss";
  found.check(where.protocol() == "ws" || is_tls, "the scheme is not ws, wss or ws+unix");
  found.check(!where.has_user(), "a server has no user in its URI");
  auto to = where.where(c.port);
  if (!to) return std::unexpected(std::move(to).error());
  if (to->is_local()) {
    c.unix_socket = to->path();
  } else {
    // The one name that needs no resolver.
    c.host = to->host().empty() || to->host() == "localhost" ? "127.0.0.1" : to->host();
    c.port = to->port();
  }
  for (const uri_parameter& p : where.parameters()) read_parameter(c, p, is_tls, found);
  found.check(!is_tls || !c.ssl_cert.empty(), "wss needs certfile and keyfile");
  if (auto ok = std::move(found).verdict(); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = c.validate(); !ok) return std::unexpected(std::move(ok).error());
  return c;
}

namespace detail {

result<uri> uri_of(const websocket_config& c) {
  if (c.where) return *c.where;
  if (c.uri.empty()) return fail(errc::invalid_argument, "it is empty");
  return uri::parse(c.uri);
}

websocket::connection_limits connection_limits_of(const websocket_config& c) {
  websocket::connection_limits l;
  l.max_size = c.max_size;
  l.ping_interval = c.ping_interval;
  l.ping_timeout = c.ping_timeout;
  l.close_timeout = c.close_timeout;
  // The queue in front has the limit; what is with the machine cannot be dropped any more.
  l.high_water = std::min<std::size_t>(c.write_limit, 64 * 1024);
  // With room for what has waited for a connection.
  l.max_output = std::max<std::size_t>(2 * c.write_limit, 1024 * 1024) + c.offline_bytes;
  return l;
}

}  // namespace detail
}  // namespace parley
