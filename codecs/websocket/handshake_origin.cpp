#include <algorithm>
#include <charconv>
#include <parley/codecs/websocket/handshake.hpp>

namespace parley::websocket {
namespace {

// Scheme, host and port of a page (RFC 6454 section 4). Port 0: the scheme has no usual one.
struct origin_parts {
  std::string_view scheme;
  std::string_view host;
  std::uint16_t port = 0;
};

std::uint16_t usual_port(std::string_view scheme) noexcept {
  if (http::equals_ignoring_case(scheme, "https")) return 443;
  return http::equals_ignoring_case(scheme, "http") ? 80 : 0;
}

// host [":" port]; an address of IPv6 stands in brackets.
bool set_authority(std::string_view text, origin_parts& to) noexcept {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  to.host = text.substr(0, colon);
  to.port = usual_port(to.scheme);
  if (to.host.empty()) return false;
  if (colon == std::string_view::npos || colon + 1 == text.size()) return true;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, to.port);
  return read.ec == std::errc() && read.ptr == end && to.port != 0;
}

std::optional<origin_parts> parse_origin(std::string_view text) noexcept {
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos || mark == 0) return std::nullopt;
  origin_parts parts{text.substr(0, mark), {}};
  // A path, as some configure it, or a second origin: that is none.
  const std::string_view rest = text.substr(mark + 3);
  if (rest.find_first_of("/?#@ \t,") != std::string_view::npos) return std::nullopt;
  if (!set_authority(rest, parts)) return std::nullopt;
  return parts;
}

bool is_same(const origin_parts& a, const origin_parts& b) noexcept {
  return a.port == b.port && http::equals_ignoring_case(a.scheme, b.scheme) &&
         http::equals_ignoring_case(a.host, b.host);
}

bool is_ours(const origin_parts& page, std::string_view authority, bool is_tls) noexcept {
  origin_parts ours{is_tls ? "https" : "http", {}};
  return set_authority(authority, ours) && is_same(page, ours);
}

// Whether an entry of the list names that page.
bool names(std::string_view entry, std::string_view origin,
           const std::optional<origin_parts>& page) noexcept {
  // "null" is what every sandbox says: it must be meant.
  if (origin == "null") return entry == "null";
  if (entry == "*") return true;
  const auto parts = page ? parse_origin(entry) : std::nullopt;
  return parts ? is_same(*parts, *page) : http::equals_ignoring_case(entry, origin);
}

}  // namespace

bool is_origin_allowed(std::string_view origin, std::string_view authority,
                       const handshake_settings& settings) noexcept {
  const auto page = parse_origin(origin);
  if (settings.allows_same_origin && page && is_ours(*page, authority, settings.is_tls)) {
    return true;
  }
  return std::ranges::any_of(settings.origins,
                             [&](std::string_view entry) { return names(entry, origin, page); });
}

}  // namespace parley::websocket
