#include <array>
#include <cstring>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/field.hpp>

namespace parley::http {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(field::count_)> names = {
    "",
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "Connection",
    "Expect",
    "Upgrade",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Allow",
    "Authorization",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Date",
    "ETag",
    "Expires",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Keep-Alive",
    "Last-Event-ID",
    "Last-Modified",
    "Link",
    "Location",
    "Origin",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "Retry-After",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "Server",
    "Set-Cookie",
    "Strict-Transport-Security",
    "TE",
    "Trailer",
    "User-Agent",
    "Vary",
    "Via",
    "WWW-Authenticate",
};
static_assert(!names.back().empty());

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

std::string_view to_string(field f) noexcept {
  return f < field::count_ ? names[static_cast<std::size_t>(f)] : std::string_view();
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

field parse_field(std::string_view name) noexcept {
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (equals_ignoring_case(names[i], name)) return static_cast<field>(i);
  }
  return field::other;
}

std::optional<std::string_view> header_list::find(std::string_view name) const noexcept {
  for (const field_place& p : places_) {
    if (p.name_size == name.size() && equals_ignoring_case({base_ + p.name, p.name_size}, name)) {
      return std::string_view(base_ + p.value, p.value_size);
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> header_list::find(field which) const noexcept {
  if (which > field::upgrade) return find(to_string(which));
  // The decoder has marked those that frame.
  for (const field_place& p : places_) {
    if (p.known == static_cast<std::uint16_t>(which)) {
      return std::string_view(base_ + p.value, p.value_size);
    }
  }
  return std::nullopt;
}

bool header_list::lists(field which, std::string_view token) const noexcept {
  const std::string_view name = to_string(which);
  for (const header h : *this) {
    if (!equals_ignoring_case(h.name, name)) continue;
    std::string_view rest = h.value;
    while (const auto item = next_element(rest)) {
      if (equals_ignoring_case(*item, token)) return true;
    }
  }
  return false;
}

std::optional<std::string_view> next_element(std::string_view& rest) noexcept {
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    std::string_view item = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    while (!item.empty() && is_space(item.front())) item.remove_prefix(1);
    while (!item.empty() && is_space(item.back())) item.remove_suffix(1);
    if (!item.empty()) return item;
  }
  return std::nullopt;
}

}  // namespace parley::http
