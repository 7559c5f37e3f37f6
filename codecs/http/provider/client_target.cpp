#include <algorithm>
#include <parley/codecs/http/provider/client_target.hpp>
#include <parley/codecs/http/rest/authorization.hpp>
#include <parley/codecs/http/rest/query.hpp>
#include <parley/codecs/http/rest/router.hpp>
#include <parley/codecs/json/json.hpp>
#include <utility>
#include <vector>

namespace parley::detail {
namespace {

constexpr std::uint16_t plain_port = 80, secure_port = 443;

// A member as text, for a path or a query.
result<std::string> scalar_text(std::string_view name, const value& v) {
  if (v.is_text()) return std::string(v.text());
  if (const auto b = v.as_bool()) return std::string(*b ? "true" : "false");
  if (v.is_number()) return json::to_text(v);
  return fail(errc::invalid_argument,
              "\"" + std::string(name) + "\" is neither text nor a number nor a boolean");
}

result<void> add_to_query(http::form_writer& to, const member& m) {
  const std::string_view name = m.name.view();
  if (m.val.is_null()) return {};
  if (!m.val.is_array()) {
    const auto text = scalar_text(name, m.val);
    if (!text) return std::unexpected(text.error());
    to.add(name, std::string_view(*text));
    return {};
  }
  // A name for each element: ?tag=a&tag=b.
  for (const value& each : m.val.items()) {
    const auto text = scalar_text(name, each);
    if (!text) return std::unexpected(text.error());
    to.add(name, std::string_view(*text));
  }
  return {};
}

result<void> add_query(std::string& target, const value& request) {
  if (request.is_null()) return {};
  if (!request.is_object()) {
    return fail(errc::invalid_argument,
                "the request becomes a query, which needs names: pass an "
                "object, or a method with a body");
  }
  http::form_writer query(http::form_style::query);
  for (const member& m : request.members()) {
    if (auto ok = add_to_query(query, m); !ok) return ok;
  }
  if (query.empty()) return {};
  target.push_back(target.find('?') == std::string::npos ? '?' : '&');
  target.append(query.text());
  return {};
}

result<void> add_body(rest_wish& wish, const value& request) {
  if (request.is_null()) return {};
  if (request.is_bytes()) {
    wish.content_type = "application/octet-stream";
    wish.body = shared_bytes::copy(request.bytes());
    return {};
  }
  const auto text = json::to_text(request);
  if (!text) return std::unexpected(text.error());
  wish.content_type = "application/json";
  wish.body = shared_bytes::copy(as_bytes(*text));
  return {};
}

// The path with its parameters filled; these are taken out of the request.
result<std::string> fill(std::string_view path, value& request) {
  std::vector<std::string> texts;
  std::vector<std::string> names;
  for (std::size_t at = path.find('{'); at != std::string_view::npos; at = path.find('{', at + 1)) {
    const std::string_view rest = path.substr(at + 1);
    const std::string name(rest.substr(0, rest.find_first_of(":.}")));
    const value* const found = request.find(name);
    if (!found) continue;  // fill_path() says so
    auto text = scalar_text(name, *found);
    if (!text) return std::unexpected(std::move(text).error());
    names.push_back(name);
    texts.push_back(*std::move(text));
  }
  std::vector<http::path_parameter> values;
  values.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) values.push_back({names[i], texts[i]});
  auto filled = http::fill_path(path, values);
  if (!filled) return filled;
  for (const std::string& name : names) request.erase(name);
  return filled;
}

// "https://", "http+unix:", in any case, and schemes that nobody speaks here.
bool has_scheme(std::string_view name) noexcept {
  const auto is_letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
  const auto end = std::ranges::find_if_not(name, [&](char c) { return is_letter(c) || c == '+'; });
  const auto size = static_cast<std::size_t>(end - name.begin());
  if (size == 0 || !name.substr(size).starts_with(':')) return false;
  return name.substr(size).starts_with("://") || name.substr(0, size).ends_with("+unix");
}

bool has_query_of_request(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "DELETE";
}

}  // namespace

std::string join_path(std::string_view base_path, std::string_view path) {
  std::string all(base_path);
  const bool has_slash = path.starts_with('/');
  if (!has_slash && !path.starts_with('?')) all.push_back('/');
  if (path.starts_with('?') && all.empty()) all.push_back('/');
  return all.append(path);
}

result<rest_wish> make_wish(std::string_view base_path, std::string_view path, const value& request,
                            std::string_view method) {
  rest_wish wish;
  wish.method = method.empty() ? (request.is_null() ? "GET" : "POST") : method;
  const value* rest = &request;
  value own;
  const std::size_t mark = std::min(path.find('?'), path.size());
  if (path.substr(0, mark).find('{') != std::string_view::npos) {
    own = request;
    auto filled = fill(join_path("", path.substr(0, mark)), own);
    if (!filled) return std::unexpected(std::move(filled).error());
    wish.target = join_path(base_path, *filled);
    rest = &own;
  } else {
    wish.target = join_path(base_path, path.substr(0, mark));
  }
  wish.target.append(path.substr(mark));
  auto ok =
      has_query_of_request(wish.method) ? add_query(wish.target, *rest) : add_body(wish, *rest);
  if (!ok) return std::unexpected(std::move(ok).error());
  return wish;
}

// What has a scheme leads elsewhere, or nowhere: it is no path.
rest_name rest_name::split(std::string_view name) noexcept {
  if (!has_scheme(name)) return {"", name};
  const std::size_t authority = name.find("://");
  // All of a socket's URL is its path.
  const std::size_t plus = name.find('+');
  if (plus < name.find(':') || authority == std::string_view::npos) return {name, "/"};
  const std::size_t end = std::min(name.find_first_of("/?#", authority + 3), name.size());
  const std::string_view path = name.substr(end);
  return {name.substr(0, end), path.empty() ? std::string_view("/") : path};
}

result<rest_site> rest_site::parse(std::string_view base_url) {
  const auto where = uri::parse(base_url);
  if (!where) return std::unexpected(where.error());
  rest_site s;
  s.ssl = where->protocol() == "https";
  if (!s.ssl && where->protocol() != "http") {
    return fail(errc::invalid_argument, "it is not http://, https:// or http+unix://");
  }
  const auto to = where->where(s.ssl ? secure_port : plain_port);
  if (!to) return std::unexpected(to.error());
  if (!where->fragment().empty()) return fail(errc::invalid_argument, "it has a fragment (#)");
  if (to->is_local()) {
    s.unix_socket = to->path();
    s.host = "localhost";
  } else {
    s.host = to->host();
    s.port = to->port();
    s.base_path = where->target();
    if (s.base_path.find('?') != std::string::npos) {
      return fail(errc::invalid_argument, "it has parameters (?): give them to each call");
    }
    while (s.base_path.ends_with('/')) s.base_path.pop_back();
  }
  if (where->has_user()) {
    auto both = http::basic_authorization(where->user(), where->password().reveal());
    if (!both) return fail(errc::invalid_argument, "its user or password has a bad character");
    s.authorization = *std::move(both);
  }
  s.origin = s.connection_config({}).to_string();
  s.pool_key = s.origin;
  if (to->is_local()) s.origin = s.ssl ? "https://localhost" : "http://localhost";
  return s;
}

http_client_config rest_site::connection_config(const rest_config& c) const {
  http_client_config to;
  to.host = host;
  to.port = port;
  to.unix_socket = unix_socket;
  to.ssl = ssl;
  if (ssl) {
    to.tls = {.ca_certs = c.ssl_ca_certs,
              .certfile = c.ssl_cert,
              .keyfile = c.ssl_key,
              .key_password = c.ssl_key_password,
              .crlfile = c.ssl_crlfile,
              .verify = c.verify,
              .alpn = "http/1.1"};
  }
  to.with = c.with;
  to.watch = c.watch;
  if (unix_socket.empty()) to.proxy = c.proxy;
  to.connect_timeout = c.connect_timeout;
  to.limits = c.client_limits;
  return to;
}

}  // namespace parley::detail
