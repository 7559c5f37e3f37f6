#include <algorithm>
#include <parley/codecs/http/date.hpp>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/rest/cookie.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>

namespace parley::http {
namespace {

constexpr std::size_t longest_pair = 4096;       // RFC 6265bis section 5.6
constexpr std::size_t longest_attribute = 1024;  // section 5.5

bool is_control(char c) noexcept { return (c >= 0 && c < ' ') || c == '\x7f'; }

// cookie-octet (section 4.1.1).
bool is_value_char(char c) noexcept {
  return c > ' ' && c != '\x7f' && !std::string_view("\",;\\").contains(c);
}

bool is_attribute(std::string_view text) noexcept {
  return text.size() <= longest_attribute &&
         std::ranges::none_of(text, [](char c) { return c == ';' || is_control(c); });
}

// Browsers look at prefixes without regard to case (section 5.7).
bool has_prefix(std::string_view name, std::string_view prefix) noexcept {
  return equals_ignoring_case(name.substr(0, prefix.size()), prefix);
}

// What is wrong, or nothing.
std::string_view fault_of(const set_cookie& c) noexcept {
  if (!detail::is_token(c.name)) return "the name is no token";
  if (!std::ranges::all_of(c.value, is_value_char)) {
    return "the value has a character that none may have";
  }
  if (c.name.size() + c.value.size() > longest_pair) return "longer than browsers keep";
  if (!is_attribute(c.path) || !is_attribute(c.domain)) return "an attribute is malformed";
  if (!c.path.empty() && c.path.front() != '/') return "the path begins with no slash";
  if (!c.domain.empty() && !detail::are_all(c.domain, detail::host_char)) {
    return "the domain is no host";
  }
  if (c.site == same_site::none && !c.secure) return "SameSite=None needs Secure";
  if (c.partitioned && !c.secure) return "Partitioned needs Secure";
  if (has_prefix(c.name, "__Secure-") && !c.secure) return "__Secure- needs Secure";
  if (has_prefix(c.name, "__Host-") && (!c.secure || !c.domain.empty() || c.path != "/")) {
    return "__Host- needs Secure, the path / and no domain";
  }
  return {};
}

std::string_view to_string(same_site s) noexcept {
  switch (s) {
    case same_site::strict:
      return "Strict";
    case same_site::lax:
      return "Lax";
    case same_site::none:
      return "None";
    case same_site::unspecified:
      break;
  }
  return {};
}

}  // namespace

std::optional<cookie> cookie_reader::next() noexcept {
  while (!rest_.empty()) {
    const std::size_t end = rest_.find(';');
    const std::string_view pair = rest_.substr(0, end);
    rest_ = end == rest_.npos ? std::string_view() : rest_.substr(end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) continue;
    const std::string_view name = detail::trimmed(pair.substr(0, equals));
    if (name.empty()) continue;
    return cookie{name, detail::trimmed(pair.substr(equals + 1))};
  }
  return std::nullopt;
}

std::optional<std::string_view> find_cookie(fields_view fields, std::string_view name) noexcept {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const header h = fields[i];
    if (!equals_ignoring_case(h.name, "Cookie")) continue;
    cookie_reader all(h.value);
    while (const auto c = all.next()) {
      if (c->name == name) return c->value;
    }
  }
  return std::nullopt;
}

result<std::string> to_string(const set_cookie& c) {
  if (const auto fault = fault_of(c); !fault.empty()) {
    return fail(rest_errc::bad_cookie, std::string(fault));
  }
  std::string text = c.name + "=" + c.value;
  if (!c.path.empty()) text.append("; Path=").append(c.path);
  if (!c.domain.empty()) text.append("; Domain=").append(c.domain);
  if (c.max_age) text.append("; Max-Age=").append(std::to_string(c.max_age->count()));
  if (c.expires) {
    std::string date(date_size, ' ');
    put_date(date.data(), *c.expires);
    text.append("; Expires=").append(date);
  }
  if (c.secure) text += "; Secure";
  if (c.http_only) text += "; HttpOnly";
  if (c.site != same_site::unspecified) text.append("; SameSite=").append(to_string(c.site));
  if (c.partitioned) text += "; Partitioned";
  return text;
}

}  // namespace parley::http
