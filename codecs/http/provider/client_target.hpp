// Where a call of a REST client goes: an origin, and a target there.
#pragma once

#include <cstdint>
#include <memory>
#include <parley/codecs/http/http_client.hpp>
#include <parley/codecs/http/rest_config.hpp>
#include <parley/core/error.hpp>
#include <parley/core/value/value.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

// An origin (RFC 6454), the path that names there are relative to, and who asks.
struct rest_site {
  bool ssl = false;
  std::string host;           // "localhost" for a Unix socket
  std::uint16_t port = 0;     // 0: the socket's
  std::string unix_socket;    // a path, or ""
  std::string origin;         // "https://host:8443": what URLs there begin with
  std::string base_path;      // "/v2", or ""
  std::string pool_key;       // of its connections: origin and socket
  std::string authorization;  // Basic, of the URL's user; or ""

  // https://user:password@host:8443/v2, http://, http+unix:///socket. Errors
  // (errc::invalid_argument) do not quote the text.
  static result<rest_site> parse(std::string_view base_url);

  bool is_same_origin(const rest_site& other) const noexcept {
    return ssl == other.ssl && host == other.host && port == other.port &&
           unix_socket == other.unix_socket;
  }
  // Of the connections to it.
  http_client_config connection_config(const rest_config& c) const;
};
using rest_site_ptr = std::shared_ptr<const rest_site>;

// A name that is a whole URL, taken apart: its origin, and what follows.
struct rest_name {
  std::string_view site;  // "" for a path
  std::string_view path;  // with its query
  static rest_name split(std::string_view name) noexcept;
};

// A request on its way into HTTP.
struct rest_wish {
  std::string method;
  std::string target;
  std::string_view content_type;  // static; "" without a body
  shared_bytes body;
};

// What to send for a call: `path` may have {parameters} and a query, which stays as it is. Errors:
// rest_errc::bad_pattern for a parameter that the request lacks, invalid_argument for a query that
// is none, those of json::write().
result<rest_wish> make_wish(std::string_view base_path, std::string_view path, const value& request,
                            std::string_view method);

// "/v2" and "items" as "/v2/items".
std::string join_path(std::string_view base_path, std::string_view path);

}  // namespace parley::detail
