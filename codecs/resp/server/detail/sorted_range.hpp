// Ranges of a sorted set by score or by bytes, as ZRANGE, ZCOUNT and ZREMRANGEBY* name
// them. Private to this room.
#pragma once

#include <cstddef>
#include <optional>
#include <parley/codecs/resp/server/sorted_set.hpp>
#include <string_view>

namespace parley::resp {

// One end of a range of scores, as ZRANGE ... BYSCORE spells it.
struct score_bound {
  double value = 0;
  bool exclusive = false;  // "(1.5"
};
// From one score to another.
struct score_range {
  score_bound low;
  score_bound high;
};

// One end of a range of members, as ZRANGE ... BYLEX spells it.
struct member_bound {
  enum class place : unsigned char { lowest, at, highest };
  place where = place::at;  // "-", a member, "+"
  std::string_view member;
  bool exclusive = false;  // "(" and not "["
};
// From one member to another, by bytes.
struct member_range {
  member_bound low;
  member_bound high;
};

// Nothing if they are malformed.
std::optional<score_range> parse_score_range(std::string_view low, std::string_view high) noexcept;
std::optional<member_range> parse_member_range(std::string_view low,
                                               std::string_view high) noexcept;

// Nodes side by side; `first` is null if there are none.
struct sorted_span {
  const sorted_set::node* first = nullptr;
  std::size_t rank = 0;
  std::size_t count = 0;
};

sorted_span select(const sorted_set& from, const score_range& which) noexcept;
// Meant for sets whose scores are all the same, as in Redis.
sorted_span select(const sorted_set& from, const member_range& which) noexcept;

}  // namespace parley::resp
