#include <algorithm>
#include <charconv>
#include <parley/codecs/http/date.hpp>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/rest/range.hpp>

namespace parley::http {
namespace {

constexpr std::string_view unit = "bytes";

// Digits only; what does not fit is as far as can be.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  if (text.empty() || !detail::are_all(text, detail::digit_char)) return std::nullopt;
  std::uint64_t number = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), number);
  return r.ec == std::errc() ? number : ~std::uint64_t{0};
}

enum class spec : std::uint8_t { good, beyond, malformed };

// first-last, first- or -length (RFC 9110 section 14.1.1).
spec parse_spec(std::string_view text, std::uint64_t size, byte_range& out) noexcept {
  const std::size_t dash = text.find('-');
  if (dash == text.npos) return spec::malformed;
  const std::string_view before = detail::trimmed(text.substr(0, dash));
  const std::string_view after = detail::trimmed(text.substr(dash + 1));
  const auto first = parse_number(before);
  const auto last = parse_number(after);
  if (before.empty()) {
    if (!last) return spec::malformed;
    if (*last == 0 || size == 0) return spec::beyond;
    out = {size - std::min(*last, size), size - 1};
    return spec::good;
  }
  if (!first || (!after.empty() && (!last || *last < *first))) return spec::malformed;
  if (*first >= size) return spec::beyond;
  out = {*first, last ? std::min(*last, size - 1) : size - 1};
  return spec::good;
}

// Joins those that overlap or nearly touch; in ascending order.
void join(range_set& set) noexcept {
  const auto all = std::span(set.items).first(set.count);
  std::ranges::sort(all, {}, &byte_range::first);
  std::size_t kept = 0;
  for (std::size_t i = 1; i < set.count; ++i) {
    byte_range& before = set.items[kept];
    const byte_range& next = set.items[i];
    // No sum: the last byte may be the last there can be.
    if (next.first <= before.last || next.first - before.last - 1 <= range_gap) {
      before.last = std::max(before.last, next.last);
    } else {
      set.items[++kept] = next;
    }
  }
  set.count = kept + 1;
}

// "bytes" SP ..., without it.
std::optional<std::string_view> behind_unit(std::string_view value, char separator) noexcept {
  value = detail::trimmed(value);
  if (!equals_ignoring_case(value.substr(0, unit.size()), unit)) return std::nullopt;
  value.remove_prefix(unit.size());
  if (!value.starts_with(separator)) return std::nullopt;
  return detail::trimmed(value.substr(1));
}

}  // namespace

range_set parse_range(std::string_view value, std::uint64_t size) noexcept {
  range_set set;
  auto rest = behind_unit(value, '=');
  if (!rest) return set;
  std::size_t asked = 0;
  while (const auto item = next_element(*rest)) {
    byte_range r;
    const spec s = parse_spec(*item, size, r);
    if (s == spec::malformed) return {};
    if (++asked > max_byte_ranges) return {.how = range_outcome::unsatisfiable};
    if (s == spec::good) set.items[set.count++] = r;
  }
  if (asked == 0) return {};
  if (set.count == 0) return {.how = range_outcome::unsatisfiable};
  join(set);
  set.how = range_outcome::partial;
  return set;
}

bool range_applies(method verb, fields_view request, const validators& current,
                   wall_time now) noexcept {
  if (verb != method::get || !current.exists || !request.single(field::range)) return false;
  if (!request.find(field::if_range)) return true;
  const auto value = request.single(field::if_range);
  if (!value) return false;
  if (const auto tag = parse_entity_tag(*value)) {
    return current.etag && matches_strongly(*tag, *current.etag);
  }
  const auto date = parse_date(detail::trimmed(*value), now);
  if (!date || !current.last_modified) return false;
  // A date tells two versions apart only if the second in which the current one was made is long
  // over: one that was changed twice in it has one date (RFC 9110 section 8.8.2.2).
  const auto modified = std::chrono::floor<std::chrono::seconds>(*current.last_modified);
  return modified == *date && now - modified >= std::chrono::seconds(1);
}

std::string content_range(const byte_range& r, std::uint64_t size) {
  std::string text(unit);
  text.append(" ").append(std::to_string(r.first)).append("-").append(std::to_string(r.last));
  return text.append("/").append(std::to_string(size));
}

std::string unsatisfied_content_range(std::uint64_t size) {
  return std::string(unit).append(" */").append(std::to_string(size));
}

std::optional<content_range_info> parse_content_range(std::string_view value) noexcept {
  const auto rest = behind_unit(value, ' ');
  const std::size_t slash = rest ? rest->find('/') : std::string_view::npos;
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view span = rest->substr(0, slash);
  const std::string_view total = rest->substr(slash + 1);
  content_range_info info;
  if (total != "*") {
    info.size = parse_number(total);
    if (!info.size) return std::nullopt;
  }
  if (span == "*") return info.size ? std::optional(info) : std::nullopt;
  const std::size_t dash = span.find('-');
  if (dash == span.npos) return std::nullopt;
  const auto first = parse_number(span.substr(0, dash));
  const auto last = parse_number(span.substr(dash + 1));
  if (!first || !last || *last < *first || (info.size && *last >= *info.size)) return std::nullopt;
  info.range = byte_range{*first, *last};
  return info;
}

std::string range_from(std::uint64_t first, std::optional<std::uint64_t> last) {
  std::string text = std::string(unit).append("=").append(std::to_string(first)).append("-");
  return last ? text.append(std::to_string(*last)) : text;
}

}  // namespace parley::http
