#include <bit>
#include <parley/codecs/http/date.hpp>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/rest/conditional.hpp>
#include <parley/codecs/http/rest/detail/hash.hpp>

namespace parley::http {
namespace {

// etagc: visible characters without the quote, and obs-text.
bool is_etag_char(char c) noexcept {
  return c != '"' && c != ' ' && c != '\t' && detail::is(c, detail::value_char);
}

// One tag off the front of a list. A comma may be inside of its quotes.
std::optional<entity_tag> take_tag(std::string_view& rest) noexcept {
  while (!rest.empty() && (rest.front() == ',' || rest.front() == ' ' || rest.front() == '\t')) {
    rest.remove_prefix(1);
  }
  entity_tag tag;
  if (rest.starts_with("W/")) {
    tag.weak = true;
    rest.remove_prefix(2);
  }
  if (!rest.starts_with('"')) return std::nullopt;
  std::size_t end = 1;
  while (end < rest.size() && is_etag_char(rest[end])) ++end;
  if (end == rest.size() || rest[end] != '"') return std::nullopt;
  tag.opaque = rest.substr(1, end - 1);
  rest = detail::trimmed(rest.substr(end + 1));
  if (!rest.empty() && rest.front() != ',') return std::nullopt;
  return tag;
}

using comparison = bool (*)(const entity_tag&, const entity_tag&) noexcept;

// Whether a list of tags, over all its lines, names the current representation.
bool names_current(fields_view request, field which, const validators& current,
                   comparison same) noexcept {
  const std::string_view name = to_string(which);
  for (std::size_t i = 0; i < request.size(); ++i) {
    const header h = request[i];
    if (!equals_ignoring_case(h.name, name)) continue;
    std::string_view rest = detail::trimmed(h.value);
    if (rest == "*") {
      if (current.exists) return true;
      continue;
    }
    while (const auto tag = take_tag(rest)) {
      if (current.exists && current.etag && same(*tag, *current.etag)) return true;
    }
  }
  return false;
}

// The date of a field, where it counts: it is there once, is a date, and the representation has one
// too, in whole seconds.
struct two_dates {
  wall_time asked;
  wall_time current;
};
std::optional<two_dates> dates_of(fields_view request, field which, const validators& current,
                                  wall_time now) noexcept {
  const auto value = request.single(which);
  if (!value || !current.exists || !current.last_modified) return std::nullopt;
  const auto asked = parse_date(detail::trimmed(*value), now);
  if (!asked) return std::nullopt;
  return two_dates{*asked, std::chrono::floor<std::chrono::seconds>(*current.last_modified)};
}

bool has(fields_view request, field which) noexcept { return request.find(which).has_value(); }

// Steps 1 and 2.
bool may_change(fields_view request, const validators& current, wall_time now) noexcept {
  if (has(request, field::if_match)) {
    return names_current(request, field::if_match, current, matches_strongly);
  }
  const auto dates = dates_of(request, field::if_unmodified_since, current, now);
  return !dates || dates->current <= dates->asked;
}

}  // namespace

std::optional<entity_tag> parse_entity_tag(std::string_view text) noexcept {
  std::string_view rest = detail::trimmed(text);
  if (rest.starts_with(',')) return std::nullopt;
  const auto tag = take_tag(rest);
  return rest.empty() ? tag : std::nullopt;
}

bool matches_strongly(const entity_tag& a, const entity_tag& b) noexcept {
  return !a.weak && !b.weak && a.opaque == b.opaque;
}

bool matches_weakly(const entity_tag& a, const entity_tag& b) noexcept {
  return a.opaque == b.opaque;
}

precondition judge_preconditions(method verb, fields_view request, const validators& current,
                                 wall_time now) noexcept {
  if (!may_change(request, current, now)) return precondition::failed;
  const bool reads = verb == method::get || verb == method::head;
  if (has(request, field::if_none_match)) {  // step 3
    if (!names_current(request, field::if_none_match, current, matches_weakly)) {
      return precondition::proceed;
    }
    return reads ? precondition::not_modified : precondition::failed;
  }
  if (!reads) return precondition::proceed;
  const auto dates = dates_of(request, field::if_modified_since, current, now);  // step 4
  if (dates && dates->current <= dates->asked) return precondition::not_modified;
  return precondition::proceed;
}

void entity_tag_text::put_hex(std::uint64_t number, unsigned digits) noexcept {
  for (unsigned i = digits; i-- > 0;) put("0123456789abcdef"[number >> 4 * i & 15]);
}

entity_tag_text entity_tag_text::of(byte_view body, bool weak) noexcept {
  // Two seeds make two hashes that have nothing in common.
  const std::uint64_t high = detail::hash(body, 1);
  const std::uint64_t low = detail::hash(body, detail::hash_pi);
  entity_tag_text made;
  if (weak) made.put('W');
  if (weak) made.put('/');
  made.put('"');
  made.put_hex(high, 16);
  made.put_hex(low, 16);
  made.put('-');
  made.put_hex(body.size(), 16 - static_cast<unsigned>(std::countl_zero(body.size() | 1U)) / 4);
  made.put('"');
  return made;
}

entity_tag_text entity_tag_text::of(std::uint64_t version, std::uint64_t size, bool weak) noexcept {
  entity_tag_text made;
  if (weak) made.put('W');
  if (weak) made.put('/');
  made.put('"');
  made.put_hex(version, 16);
  made.put('-');
  made.put_hex(size, 16 - static_cast<unsigned>(std::countl_zero(size | 1U)) / 4);
  made.put('"');
  return made;
}

entity_tag entity_tag_text::tag() const noexcept {
  return parse_entity_tag(text()).value_or(entity_tag());
}

}  // namespace parley::http
