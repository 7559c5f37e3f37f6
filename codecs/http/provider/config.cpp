#include <parley/codecs/http/detail/http_proxy.hpp>
#include <parley/codecs/http/encoder.hpp>
#include <parley/codecs/http/provider/client_target.hpp>
#include <parley/codecs/http/rest/query.hpp>
#include <parley/codecs/http/rest_config.hpp>
#include <parley/core/api/settings.hpp>
#include <parley/core/net/address.hpp>
#include <utility>

namespace parley {
namespace {

void check_server(const rest_config& c, fault_list& found) {
  found.check(c.base_url.empty(), "a server has no base_url; set is_server to false for a client");
  found.check(c.proxy.empty() && c.headers.empty(), "proxy and headers are a client's");
  if (c.unix_socket.empty()) {
    found.check(address::parse_ip(c.host, c.port).has_value(), "host is no numeric address");
  }
  found.check(!c.ssl_cert.empty() || c.clients == client_certificates::none,
              "clients is set and there is no ssl_cert");
  found.check(c.max_clients > 0, "max_clients is 0");
  found.check(c.max_body > 0, "max_body is 0");
  found.check(c.close_timeout > duration::zero(), "close_timeout is not positive");
  found.check(c.write_limit > 0, "write_limit is 0");
  found.check(c.stream_ping >= duration::zero(), "stream_ping is negative");
  if (!c.cors_enabled) return;
  http::cors_settings cors = c.cors;
  cors.enabled = true;
  cors.origins = c.cors_origins;
  if (const auto ok = cors.validate(); !ok) found.add(ok.error().message());
}

void check_client_limits(const http::client_limits& l, fault_list& found) {
  found.check(l.message.start_line >= 16, "client_limits.message.start_line is below 16");
  found.check(l.message.headers > 0, "client_limits.message.headers is 0");
  found.check(l.high_water > 0 && l.high_water <= l.max_output,
              "client_limits.high_water is 0 or above max_output");
  for (const duration d :
       {l.response_timeout, l.body_timeout, l.write_timeout, l.continue_timeout, l.idle_timeout}) {
    if (d >= duration::zero()) continue;
    found.add("a timeout of client_limits is negative");
    break;
  }
}

void check_client(const rest_config& c, fault_list& found) {
  if (!c.base_url.empty()) {
    const auto site = detail::rest_site::parse(c.base_url);
    if (!site) found.add("base_url: " + std::string(site.error().message()));
  }
  if (!c.proxy.empty()) {
    const auto by = detail::http_proxy::parse(c.proxy);
    if (!by) found.add("proxy: " + std::string(by.error().message()));
  }
  for (const auto& [name, value] : c.headers) {
    // The value may be a secret, and so may be what was taken for a name.
    if (!http::check_header({name, value})) found.add("headers has one that would split a request");
  }
  found.check(c.clients == client_certificates::none, "clients is a server's");
  found.check(c.events_path.empty() || c.events_path.starts_with('/'),
              "events_path does not begin with /");
  found.check(c.max_connections > 0, "max_connections is 0");
  found.check(c.max_queue > 0, "max_queue is 0");
  found.check(c.max_reply > 0, "max_reply is 0");
  found.check(c.connect_timeout > duration::zero(), "connect_timeout is not positive");
  found.check(c.reconnect.factor >= 1, "reconnect.factor is below 1");
  check_client_limits(c.client_limits, found);
}

// What a server and a client read alike.
void take_tls(rest_config& c, const tls_settings& tls, std::string_view name) {
  if (!tls.certfile.empty()) c.ssl_cert = tls.certfile;
  if (!tls.keyfile.empty()) c.ssl_key = tls.keyfile;
  if (!tls.ca_certs.empty()) c.ssl_ca_certs = tls.ca_certs;
  if (!tls.crlfile.empty()) c.ssl_crlfile = tls.crlfile;
  if (name == "clients") c.clients = tls.clients;
  if (name == "verify") c.verify = tls.verify;
}

void read_client(rest_config& c, const uri_parameter& p, bool is_tls, fault_list& found) {
  tls_settings tls;
  bool good = true;
  if (p.name == "timeout") {
    good = read_seconds(p.value, c.timeout);
  } else if (p.name == "connect_timeout") {
    good = read_seconds(p.value, c.connect_timeout);
  } else if (p.name == "max_connections") {
    good = read_number(p.value, c.max_connections);
  } else if (p.name == "max_redirects") {
    good = read_number(p.value, c.max_redirects);
  } else if (p.name == "proxy") {
    c.proxy = p.value;
  } else if (is_tls && read_tls_client_parameter(tls, p, good)) {
    take_tls(c, tls, p.name);
  } else {
    return found.add(unknown_parameter(p));
  }
  if (!good) found.add(bad_parameter(p));
}

void read_server(rest_config& c, const uri_parameter& p, bool is_tls, fault_list& found) {
  tls_settings tls;
  bool good = true;
  if (p.name == "max_clients") {
    good = read_number(p.value, c.max_clients);
  } else if (p.name == "max_body") {
    good = read_number(p.value, c.max_body);
  } else if (p.name == "timeout") {
    good = read_seconds(p.value, c.timeout);
  } else if (is_tls && read_tls_server_parameter(tls, p, good)) {
    take_tls(c, tls, p.name);
  } else {
    return found.add(unknown_parameter(p));
  }
  if (!good) found.add(bad_parameter(p));
}

// The URI without its parameters, which are ours.
std::string base_of(const uri& where, const endpoint& to) {
  std::string text = where.scheme() + "://";
  if (where.has_user()) {
    const auto encode = [](std::string_view part) {
      std::string out;
      http::append_percent_encoded(out, part);
      return out;
    };
    text += encode(where.user());
    if (where.has_password()) text += ":" + encode(where.password().reveal());
    text += "@";
  }
  if (to.is_local()) return text + to.path();
  const bool is_ipv6 = to.host().find(':') != std::string::npos;
  text += is_ipv6 ? "[" + to.host() + "]" : to.host();
  if (where.port()) text += ":" + std::to_string(*where.port());
  const std::string target = where.target();
  return text + target.substr(0, target.find('?'));
}

result<rest_config> checked(rest_config c, fault_list found) {
  if (auto ok = std::move(found).verdict(); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = c.validate(); !ok) return std::unexpected(std::move(ok).error());
  return c;
}

bool is_http(const uri& where) { return where.protocol() == "http" || where.protocol() == "https"; }

constexpr std::string_view other_scheme = "the scheme is not http, https or http+unix";

}  // namespace

result<void> rest_config::validate() const {
  fault_list found;
  is_server ? check_server(*this, found) : check_client(*this, found);
  found.check(ssl_cert.empty() == ssl_key.empty(), "ssl_cert and ssl_key go together");
  found.check(timeout > duration::zero(), "timeout is not positive");
  return std::move(found).verdict();
}

result<rest_config> rest_config::from_uri(const uri& where) {
  rest_config c;
  fault_list found;
  c.is_server = false;
  found.check(is_http(where), other_scheme);
  const auto to = where.where(80);
  if (!to) return std::unexpected(to.error());
  c.base_url = base_of(where, *to);
  found.check(where.fragment().empty(), "the URI has a fragment (#)");
  const bool is_tls = where.protocol() == "https";
  for (const uri_parameter& p : where.parameters()) read_client(c, p, is_tls, found);
  return checked(std::move(c), std::move(found));
}

result<rest_config> rest_config::server_from_uri(const uri& where) {
  rest_config c;
  fault_list found;
  const bool is_tls = where.protocol() == "https";
  found.check(is_http(where), other_scheme);
  found.check(!where.has_user(), "a server has no user in its URI");
  const auto to = where.where(c.port);
  if (!to) return std::unexpected(to.error());
  if (to->is_local()) {
    c.unix_socket = to->path();
  } else {
    // The one name that needs no resolver.
    c.host = to->host().empty() || to->host() == "localhost" ? "127.0.0.1" : to->host();
    c.port = to->port();
    found.check(where.path().size() <= 1, "a server has no path in its URI");
  }
  for (const uri_parameter& p : where.parameters()) read_server(c, p, is_tls, found);
  found.check(!is_tls || !c.ssl_cert.empty(), "https needs certfile and keyfile");
  return checked(std::move(c), std::move(found));
}

}  // namespace parley
