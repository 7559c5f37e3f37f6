// Cookies at the server: what the client sent, and what it is to keep (RFC 6265bis).
//
//   if (auto id = http::find_cookie(head.headers, "session")) ...
//   auto value = http::to_string(http::set_cookie("session", id));
//   if (value) reply.headers.add("Set-Cookie", *value);
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/rest/fields_view.hpp>
#include <parley/core/error.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace parley::http {

struct cookie {
  std::string_view name;
  std::string_view value;  // as it came: no escape and no quote is removed
};

// Walks the pairs of a Cookie field's value. Lenient as browsers make servers be: white space
// around names and values is dropped, pairs without '=' or a name are left out, values may hold
// anything but ';'.
class cookie_reader {
 public:
  explicit cookie_reader(std::string_view value) noexcept : rest_(value) {}
  std::optional<cookie> next() noexcept;

 private:
  std::string_view rest_;
};

// The value of the first cookie of that name, with regard to case, in all Cookie fields. The first:
// browsers send the one with the longest path before the others.
std::optional<std::string_view> find_cookie(fields_view fields, std::string_view name) noexcept;

// Whether a browser sends the cookie along with requests that other sites cause.
enum class same_site : std::uint8_t { unspecified, strict, lax, none };

// What a client is to keep. The defaults are the safe ones: no script reads it, no plain
// connection carries it, no other site's form sends it.
class set_cookie {
 public:
  set_cookie(std::string cookie_name, std::string cookie_value)
      : name(std::move(cookie_name)), value(std::move(cookie_value)) {}

  std::string name;
  std::string value;  // encode it first if it may hold more than visible ASCII
  std::string path = "/";
  std::string domain;  // empty: this host only
  // Neither: until the browser ends. max_age of zero or less takes the cookie back.
  std::optional<std::chrono::seconds> max_age;
  std::optional<wall_time> expires;
  bool secure = true;  // browsers drop such cookies from plain HTTP, localhost apart
  bool http_only = true;
  bool partitioned = false;  // one jar for each site that embeds this one; needs secure
  same_site site = same_site::lax;
};

// The value of Set-Cookie. Errors (rest_errc::bad_cookie, the message says what): a name that is no
// token, a value with a control character, space, quote, comma, semicolon or backslash, an
// attribute with a semicolon or control character, name and value beyond 4096 bytes, an attribute
// beyond 1024; what browsers would refuse: SameSite=None or Partitioned without Secure, __Secure-
// without Secure, __Host- with a Domain, another path than "/" or without Secure, in whatever case
// the prefix is.
result<std::string> to_string(const set_cookie&);

}  // namespace parley::http
