#include <parley/codecs/http/detail/http_proxy.hpp>
#include <parley/codecs/http/http_client.hpp>
#include <parley/core/api/settings.hpp>
#include <utility>

namespace parley {
namespace {

constexpr std::uint16_t plain_port = 80, secure_port = 443;

void check_limits(const http::client_limits& l, fault_list& faults) {
  faults.check(l.message.start_line >= 16, "limits.message.start_line is below 16");
  faults.check(l.message.headers > 0, "limits.message.headers is 0");
  faults.check(l.max_pipelined > 0, "limits.max_pipelined is 0");
  faults.check(l.high_water > 0 && l.high_water <= l.max_output,
               "limits.high_water is 0 or above max_output");
  for (const duration d :
       {l.response_timeout, l.body_timeout, l.write_timeout, l.continue_timeout, l.idle_timeout}) {
    if (d >= duration::zero()) continue;
    faults.check(false, "a timeout of limits is negative");
    break;
  }
}

void read_parameter(http_client_config& c, const uri_parameter& p, fault_list& found) {
  bool good = true;
  if (p.name == "timeout") {
    good = read_seconds(p.value, c.timeout);
  } else if (p.name == "connect_timeout") {
    good = read_seconds(p.value, c.connect_timeout);
  } else if (p.name == "max_body") {
    good = read_number(p.value, c.max_body);
  } else if (p.name == "proxy") {
    c.proxy = p.value;
  } else if (!c.ssl || !read_tls_client_parameter(c.tls, p, good)) {
    return found.add(unknown_parameter(p));
  }
  if (!good) found.add(bad_parameter(p));
}

}  // namespace

result<void> http_client_config::validate() const {
  fault_list found;
  found.check(!host.empty(), "host is empty");
  found.check(host.find_first_of(" \t\r\n/") == std::string::npos,
              "host has a space, a line break or a slash");
  found.check(port != 0 || !unix_socket.empty(), "port is 0");
  found.check(ssl || tls == tls_settings(), "TLS is set up but ssl is false");
  found.check(tls.certfile.empty() == tls.keyfile.empty(), "certfile and keyfile go together");
  found.check(connect_timeout > duration::zero(), "connect_timeout is not positive");
  found.check(timeout > duration::zero(), "timeout is not positive");
  found.check(max_queue > 0, "max_queue is 0");
  if (!proxy.empty()) {
    found.check(unix_socket.empty(), "proxy and unix_socket exclude each other");
    const auto by = detail::http_proxy::parse(proxy);
    if (!by) found.add("proxy: " + std::string(by.error().message()));
  }
  check_limits(limits, found);
  return std::move(found).verdict();
}

result<http_client_config> http_client_config::from_uri(const uri& where) {
  http_client_config c;
  fault_list found;
  const std::string_view protocol = where.protocol();
  c.ssl = protocol == "https";
  found.check(protocol == "http" || c.ssl, "the scheme is not http, https or http+unix");
  // A user would be sent with each request; that is said by a field, not by the URI.
  found.check(!where.has_user(), "the URI has a user: send a field Authorization");
  auto to = where.where(c.ssl ? secure_port : plain_port);
  if (!to) return std::unexpected(std::move(to).error());
  if (to->is_local()) {
    c.unix_socket = to->path();
    c.host = "localhost";
  } else {
    c.host = to->host();
    c.port = to->port();
    found.check(where.path().size() <= 1, "the URI has a path: give it to each request");
  }
  for (const uri_parameter& p : where.parameters()) read_parameter(c, p, found);
  if (auto ok = std::move(found).verdict(); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = c.validate(); !ok) return std::unexpected(std::move(ok).error());
  return c;
}

endpoint http_client_config::where() const {
  return unix_socket.empty() ? endpoint(host, port) : endpoint::local(unix_socket);
}

std::string http_client_config::to_string() const {
  const std::string scheme = ssl ? "https" : "http";
  if (!unix_socket.empty()) return scheme + "+unix://" + unix_socket;
  std::string text = scheme + "://" + where().to_string();
  const std::uint16_t usual = ssl ? secure_port : plain_port;
  if (port == usual) text.erase(text.rfind(':'));
  return text;
}

}  // namespace parley
