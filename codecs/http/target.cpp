#include <cstdint>
#include <cstring>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/detail/target.hpp>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace parley::http {

std::string_view request_head::path() const noexcept {
  if (form == target_form::authority || form == target_form::asterisk) return {};
  std::string_view rest = target;
  if (form == target_form::absolute) {
    rest.remove_prefix(static_cast<std::size_t>(authority.data() - target.data()) +
                       authority.size());
    if (rest.empty() || rest.front() == '?') return "/";
  }
  return rest.substr(0, rest.find('?'));
}

std::optional<std::string_view> request_head::query() const noexcept {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  return target.substr(mark + 1);
}

namespace detail {
namespace {

#if defined(__SSE2__)
// All bits set where the byte is not allowed. Signed: bytes from 0x80 on are below the space.
__m128i not_target(const char* from) noexcept {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  const __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8('!'));
  const __m128i marks =
      _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)), _mm_cmpeq_epi8(v, _mm_set1_epi8('#')));
  return _mm_or_si128(low, marks);
}
#endif

bool is_port(std::string_view text) noexcept {
  return text.size() <= 5 && are_all(text, digit_char);
}

// [IPv6 address] and whatever else stands in brackets (RFC 3986 section 3.2.2).
bool is_literal(std::string_view text) noexcept {
  for (const char c : text) {
    if (c != ':' && !is(c, host_char)) return false;
  }
  return !text.empty();
}

}  // namespace

#if defined(__SSE2__)
bool is_long_target_text(const char* text, std::size_t size) noexcept {
  // The last one overlaps: what it shows twice is the same.
  __m128i bad = not_target(text + size - 16);
  for (std::size_t i = 0; i + 16 < size; i += 16) bad = _mm_or_si128(bad, not_target(text + i));
  return _mm_movemask_epi8(bad) == 0;
}

bool is_short_target_text(const char* text, std::size_t size) noexcept {
  return (static_cast<unsigned>(_mm_movemask_epi8(not_target(text))) & ((1U << size) - 1U)) == 0;
}
#else
bool is_short_target_text(const char* text, std::size_t size) noexcept {
  return is_long_target_text(text, size);
}

bool is_long_target_text(const char* text, std::size_t size) noexcept {
  bool good = true;
  for (std::size_t i = 0; i < size; ++i) good &= is_target_char(text[i]);
  return good;
}
#endif

bool is_host(std::string_view text) noexcept {
  std::size_t end = 0;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_literal(text.substr(1, close - 1))) return false;
    end = close + 1;
  } else {
    while (end < text.size() && is(text[end], host_char)) ++end;
  }
  if (end == text.size()) return true;
  return text[end] == ':' && is_port(text.substr(end + 1));
}

bool find_target_form(method verb, std::string_view target, target_form& form) noexcept {
  if (verb == method::connect) {
    // The port is not optional here: there is no scheme that has one by default.
    form = target_form::authority;
    const std::size_t colon = target.rfind(':');
    return colon != std::string_view::npos && colon > 0 && colon + 1 < target.size() &&
           target.back() != ']' && is_host(target);
  }
  if (target.front() == '/') {
    form = target_form::origin;
    return true;
  }
  if (target == "*") {
    // For a whole server: OPTIONS, and methods that we do not know (M-SEARCH).
    form = target_form::asterisk;
    return verb == method::options || verb == method::other;
  }
  form = target_form::absolute;
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos || colon == 0) return false;
  const char first = static_cast<char>(target.front() | 0x20);
  if (first < 'a' || first > 'z') return false;
  for (const char c : target.substr(0, colon)) {
    const char letter = static_cast<char>(c | 0x20);
    const bool is_mark = c == '+' || c == '-' || c == '.';
    if (!is_mark && !is(c, digit_char) && (letter < 'a' || letter > 'z')) return false;
  }
  // A user in front of '@' is no host: RFC 9110 section 4.2.4 asks to treat it as an error. So is
  // an empty host, with or without a port (section 4.2.1).
  const std::string_view host = authority_of(target, form);
  return !host.empty() && host.front() != ':' && is_host(host);
}

std::string_view authority_of(std::string_view target, target_form form) noexcept {
  if (form != target_form::absolute) return target;
  target.remove_prefix(target.find("://") + 3);
  return target.substr(0, target.find_first_of("/?"));
}

}  // namespace detail
}  // namespace parley::http
