#include <algorithm>
#include <array>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/rest/cache_control.hpp>

namespace parley::http {
namespace {

using std::chrono::seconds;

struct flag {
  std::string_view name;
  bool cache_control::* at;
};
constexpr auto flags = std::to_array<flag>({
    {"no-store", &cache_control::no_store},
    {"no-cache", &cache_control::no_cache},
    {"no-transform", &cache_control::no_transform},
    {"must-revalidate", &cache_control::must_revalidate},
    {"proxy-revalidate", &cache_control::proxy_revalidate},
    {"must-understand", &cache_control::must_understand},
    {"public", &cache_control::is_public},
    {"private", &cache_control::is_private},
    {"immutable", &cache_control::immutable},
    {"only-if-cached", &cache_control::only_if_cached},
});

struct time {
  std::string_view name;
  std::optional<seconds> cache_control::* at;
  bool longer_is_stricter;
};
constexpr auto times = std::to_array<time>({
    {"max-age", &cache_control::max_age, false},
    {"s-maxage", &cache_control::s_maxage, false},
    {"stale-while-revalidate", &cache_control::stale_while_revalidate, false},
    {"stale-if-error", &cache_control::stale_if_error, false},
    {"min-fresh", &cache_control::min_fresh, true},
    {"max-stale", &cache_control::max_stale, false},
});

// RFC 9111 section 1.2.2.
constexpr std::int64_t most = std::int64_t{1} << 31;

seconds parse_seconds(std::string_view text) noexcept {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);  // recipients should read both forms
  }
  if (text.empty() || !detail::are_all(text, detail::digit_char)) return seconds(0);
  std::int64_t sum = 0;
  for (const char c : text) sum = std::min(sum * 10 + (c - '0'), most);
  return seconds(sum);
}

void take(cache_control& out, std::string_view item) noexcept {
  const std::size_t equals = item.find('=');
  const std::string_view name = detail::trimmed(item.substr(0, equals));
  for (const flag& f : flags) {
    if (equals_ignoring_case(f.name, name)) out.*f.at = true;
  }
  for (const time& t : times) {
    if (!equals_ignoring_case(t.name, name)) continue;
    auto& kept = out.*t.at;
    const bool any = equals == item.npos && t.at == &cache_control::max_stale;
    const seconds value = any ? seconds::max()
                          : equals == item.npos
                              ? seconds(0)
                              : parse_seconds(detail::trimmed(item.substr(equals + 1)));
    if (!kept) {
      kept = value;
    } else {
      kept = t.longer_is_stricter ? std::max(*kept, value) : std::min(*kept, value);
    }
  }
}

}  // namespace

cache_control parse_cache_control(std::string_view value) noexcept {
  cache_control out;
  while (const auto item = next_quoted_element(value)) take(out, *item);
  return out;
}

cache_control parse_cache_control(fields_view fields) noexcept {
  cache_control out;
  list_reader all(fields, field::cache_control);
  while (const auto item = all.next()) take(out, *item);
  return out;
}

std::string to_string(const cache_control& c) {
  std::string text;
  const auto add = [&](std::string_view name) {
    if (!text.empty()) text += ", ";
    text += name;
  };
  for (const flag& f : flags) {
    if (c.*f.at) add(f.name);
  }
  for (const time& t : times) {
    const auto& value = c.*t.at;
    if (!value) continue;
    add(t.name);
    if (*value == seconds::max() && t.at == &cache_control::max_stale) continue;
    text += '=';
    text += std::to_string(std::clamp<std::int64_t>(value->count(), 0, most));
  }
  return text;
}

}  // namespace parley::http
