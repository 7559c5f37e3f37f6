#include <parley/codecs/resp/server/detail/numbers.hpp>
#include <parley/codecs/resp/server/detail/sorted_range.hpp>

namespace parley::resp {
namespace {

using node = sorted_set::node;

std::optional<score_bound> parse_score_bound(std::string_view text) noexcept {
  score_bound bound;
  bound.exclusive = text.starts_with('(');
  if (bound.exclusive) text.remove_prefix(1);
  const auto value = parse_bound(text);
  if (!value) return std::nullopt;
  bound.value = *value;
  return bound;
}

std::optional<member_bound> parse_member_bound(std::string_view text) noexcept {
  using place = member_bound::place;
  if (text == "-") return member_bound{place::lowest, {}, true};
  if (text == "+") return member_bound{place::highest, {}, true};
  if (!text.starts_with('(') && !text.starts_with('[')) return std::nullopt;
  return member_bound{place::at, text.substr(1), text[0] == '('};
}

bool is_above(double score, const score_bound& low) noexcept {
  return low.exclusive ? score > low.value : score >= low.value;
}
bool is_beyond(double score, const score_bound& high) noexcept {
  return high.exclusive ? score >= high.value : score > high.value;
}

bool is_above(std::string_view member, const member_bound& low) noexcept {
  if (low.where != member_bound::place::at) return low.where == member_bound::place::lowest;
  return low.exclusive ? member > low.member : member >= low.member;
}
bool is_beyond(std::string_view member, const member_bound& high) noexcept {
  if (high.where != member_bound::place::at) return high.where == member_bound::place::lowest;
  return high.exclusive ? member >= high.member : member > high.member;
}

sorted_span between(const sorted_set::place& from, const sorted_set::place& to) noexcept {
  // A range whose ends are the wrong way round is empty.
  if (from.rank >= to.rank) return {};
  return {from.at, from.rank, to.rank - from.rank};
}

}  // namespace

std::optional<score_range> parse_score_range(std::string_view low, std::string_view high) noexcept {
  const auto from = parse_score_bound(low);
  const auto to = parse_score_bound(high);
  if (!from || !to) return std::nullopt;
  return score_range{*from, *to};
}

std::optional<member_range> parse_member_range(std::string_view low,
                                               std::string_view high) noexcept {
  const auto from = parse_member_bound(low);
  const auto to = parse_member_bound(high);
  if (!from || !to) return std::nullopt;
  return member_range{*from, *to};
}

sorted_span select(const sorted_set& from, const score_range& which) noexcept {
  return between(
      from.partition([&](const node& one) { return is_above(one.score(), which.low); }),
      from.partition([&](const node& one) { return is_beyond(one.score(), which.high); }));
}

sorted_span select(const sorted_set& from, const member_range& which) noexcept {
  return between(
      from.partition([&](const node& one) { return is_above(one.member(), which.low); }),
      from.partition([&](const node& one) { return is_beyond(one.member(), which.high); }));
}

}  // namespace parley::resp
