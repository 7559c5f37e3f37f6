// ZADD and its family. Ranges stand in commands_sorted_ranges.cpp.
#include <algorithm>
#include <cmath>
#include <limits>
#include <parley/codecs/resp/server/detail/command_support.hpp>
#include <parley/codecs/resp/server/detail/sorted_set_commands.hpp>

namespace parley::resp {
namespace {

using sorted = held<sorted_set>;

// ---- ZADD

struct add_options {
  bool if_missing = false;  // NX
  bool if_present = false;  // XX
  bool if_greater = false;  // GT
  bool if_less = false;     // LT
  bool changed = false;     // CH
  bool increment = false;   // INCR
};

// The place of the first score.
std::size_t read_add_options(command_context& c, add_options& to) noexcept {
  std::size_t i = 2;
  for (; i < c.arguments.size(); ++i) {
    const std::string_view word = c.arguments[i];
    if (is_word(word, "nx")) {
      to.if_missing = true;
    } else if (is_word(word, "xx")) {
      to.if_present = true;
    } else if (is_word(word, "gt")) {
      to.if_greater = true;
    } else if (is_word(word, "lt")) {
      to.if_less = true;
    } else if (is_word(word, "ch")) {
      to.changed = true;
    } else if (is_word(word, "incr")) {
      to.increment = true;
    } else {
      break;
    }
  }
  return i;
}

// What is wrong with them; empty if nothing is.
std::string_view fault_of(const add_options& given, std::size_t words) noexcept {
  if (words == 0 || words % 2 != 0) return text::syntax;
  if (given.if_missing && given.if_present) {
    return "ERR XX and NX options at the same time are not compatible";
  }
  if ((given.if_missing && (given.if_greater || given.if_less)) ||
      (given.if_greater && given.if_less)) {
    return "ERR GT, LT, and/or NX options at the same time are not compatible";
  }
  if (given.increment && words > 2) {
    return "ERR INCR option supports a single increment-element pair";
  }
  return {};
}

enum class added : std::uint8_t { nothing, as_it_was, changed, made, not_a_number };

added add_one(sorted_set& to, const add_options& how, std::string_view member, double& score) {
  const sorted_set::node* const found = to.find(member);
  if (found == nullptr) {
    if (how.if_present) return added::nothing;
    to.set(member, score);
    return added::made;
  }
  if (how.if_missing) return added::nothing;
  const double current = found->score();
  if (how.increment) score += current;
  if (std::isnan(score)) return added::not_a_number;
  if ((how.if_less && score >= current) || (how.if_greater && score <= current)) {
    return added::nothing;
  }
  if (score == current) return added::as_it_was;
  to.set(member, score);
  return added::changed;
}

void increment_one(command_context& c, const add_options& how, sorted_set& to, double score,
                   std::string_view member) {
  const added result = add_one(to, how, member, score);
  if (result == added::not_a_number) {
    return c.reply.error("ERR resulting score is not a number (NaN)");
  }
  if (result == added::nothing) return c.reply.null();
  reply_score(c.reply, score);
}

void add(command_context& c, const add_options& how, std::size_t first) {
  const auto pairs = c.arguments.subspan(first);
  double score = 0;
  // All of them before the first change. Two readings cost less than keeping them.
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (!read_score(c, pairs[i], score)) return;
  }
  opened_key<sorted_set> to;
  if (!open(c, c.arguments[1], to)) return;
  if (how.if_present && to.fresh) return how.increment ? c.reply.null() : c.reply.integer(0);
  if (how.increment) {
    increment_one(c, how, *to.value, score, pairs[1]);
    return to.keep(c, c.arguments[1]);
  }
  std::int64_t count = 0;
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (pairs.size() > 2) score = *parse_score(pairs[i]);
    const added result = add_one(*to.value, how, pairs[i + 1], score);
    if (result == added::made || (how.changed && result == added::changed)) ++count;
  }
  to.keep(c, c.arguments[1]);
  c.reply.integer(count);
}

void zadd(command_context& c) {
  add_options how;
  const std::size_t first = read_add_options(c, how);
  const std::string_view fault = fault_of(how, c.arguments.size() - first);
  if (!fault.empty()) return c.reply.error(fault);
  add(c, how, first);
}

void zincrby(command_context& c) {
  add_options how;
  how.increment = true;
  add(c, how, 2);
}

// ---- members

void reply_member_score(command_context& c, const sorted& found, std::string_view member) {
  const auto* const node = found ? found.value->find(member) : nullptr;
  if (node == nullptr) return c.reply.null();
  reply_score(c.reply, node->score());
}

void zscore(command_context& c) {
  sorted found;
  if (find(c, c.arguments[1], found)) reply_member_score(c, found, c.arguments[2]);
}

void zmscore(command_context& c) {
  sorted found;
  if (!find(c, c.arguments[1], found)) return;
  c.reply.array(c.arguments.size() - 2);
  for (const std::string_view member : c.arguments.subspan(2)) {
    reply_member_score(c, found, member);
  }
}

void rank(command_context& c, bool reverse) {
  sorted found;
  if (!find(c, c.arguments[1], found)) return;
  const auto* const node = found ? found.value->find(c.arguments[2]) : nullptr;
  if (node == nullptr) return c.reply.null();
  const std::size_t before = found.value->rank_of(*node);
  c.reply.integer(static_cast<std::int64_t>(reverse ? found.value->size() - 1 - before : before));
}
void zrank(command_context& c) { rank(c, false); }
void zrevrank(command_context& c) { rank(c, true); }

// ---- at the ends and at random

void pop(command_context& c, bool highest) {
  if (c.arguments.size() > 3) return c.reply.error(text::syntax);
  const bool counted = c.arguments.size() == 3;
  std::int64_t wanted = 1;
  if (counted && !read_count(c, c.arguments[2], wanted)) return;
  sorted found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found || wanted == 0) return c.reply.array(0);
  // One pair without a count; with one, pairs of their own in RESP3.
  const bool nested = counted && c.reply.protocol() == version::resp3;
  std::size_t count = std::min(static_cast<std::size_t>(wanted), found.value->size());
  c.reply.array(nested ? count : 2 * count);
  for (; count != 0; --count) {
    const sorted_set::node& node = highest ? *found.value->back() : *found.value->front();
    if (nested) c.reply.array(2);
    c.reply.blob(node.member());
    reply_score(c.reply, node.score());
    found.value->erase(node);
  }
  drop_if_empty(c, found);
}
void zpopmin(command_context& c) { pop(c, false); }
void zpopmax(command_context& c) { pop(c, true); }

void random_members(command_context& c, std::int64_t wanted, bool with_scores) {
  sorted found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found || wanted == 0) return c.reply.array(0);
  random_draw draw;
  if (!draw.plan(c, wanted, found.value->size())) return;
  const bool nested = with_scores && c.reply.protocol() == version::resp3;
  c.reply.array(with_scores && !nested ? 2 * draw.count : draw.count);
  draw.run(c, found.value->size(), [&](std::size_t position) {
    const sorted_set::node& node = *found.value->by_position(position);
    if (nested) c.reply.array(2);
    c.reply.blob(node.member());
    if (with_scores) reply_score(c.reply, node.score());
  });
}

void zrandmember(command_context& c) {
  if (c.arguments.size() == 2) {
    sorted found;
    if (!find(c, c.arguments[1], found)) return;
    if (!found) return c.reply.null();
    const std::size_t position = c.keys.shared().random.below(found.value->size());
    return c.reply.blob(found.value->by_position(position)->member());
  }
  std::int64_t count = 0;
  if (!read_random_count(c, c.arguments[2], count)) return;
  const bool with_scores = c.arguments.size() == 4;
  if (c.arguments.size() > 4 || (with_scores && !is_word(c.arguments[3], "withscores"))) {
    return c.reply.error(text::syntax);
  }
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 2;
  if (with_scores && (count < -most || count > most)) return c.reply.error(text::out_of_range);
  random_members(c, count, with_scores);
}

void zscan(command_context& c) {
  scan_options options;
  if (!read_cursor(c, 2, options)) return;
  sorted found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return reply_scan_head(c, 0, 0);
  if (!read_scan_options(c, 3, false, options)) return;
  reply_scan(
      c, *found.value, options, [](const sorted_set::node& one) { return one.member(); },
      [&](const sorted_set::node& one) {
        double_text room;
        c.reply.blob(one.member());
        c.reply.blob(print_score(one.score(), room));
      },
      2);
}

using enum command_flag;
constexpr auto table = std::to_array<data_command>({
    {"zadd", -4, write | fast, 1, 1, 1, growing<zadd>},
    {"zcard", 2, readonly | fast, 1, 1, 1, reply_size<sorted_set>},
    {"zcount", 4, readonly | fast, 1, 1, 1, detail::zcount},
    {"zincrby", 4, write | fast, 1, 1, 1, growing<zincrby>},
    {"zlexcount", 4, readonly | fast, 1, 1, 1, detail::zlexcount},
    {"zmscore", -3, readonly | fast, 1, 1, 1, zmscore},
    {"zpopmax", -2, write | fast, 1, 1, 1, zpopmax},
    {"zpopmin", -2, write | fast, 1, 1, 1, zpopmin},
    {"zrandmember", -2, readonly, 1, 1, 1, zrandmember},
    {"zrange", -4, readonly, 1, 1, 1, detail::zrange},
    {"zrangebylex", -4, readonly, 1, 1, 1, detail::zrangebylex},
    {"zrangebyscore", -4, readonly, 1, 1, 1, detail::zrangebyscore},
    {"zrank", 3, readonly | fast, 1, 1, 1, zrank},
    {"zrem", -3, write | fast, 1, 1, 1, remove_members<sorted_set>},
    {"zremrangebylex", 4, write, 1, 1, 1, detail::zremrangebylex},
    {"zremrangebyrank", 4, write, 1, 1, 1, detail::zremrangebyrank},
    {"zremrangebyscore", 4, write, 1, 1, 1, detail::zremrangebyscore},
    {"zrevrange", -4, readonly, 1, 1, 1, detail::zrevrange},
    {"zrevrangebylex", -4, readonly, 1, 1, 1, detail::zrevrangebylex},
    {"zrevrangebyscore", -4, readonly, 1, 1, 1, detail::zrevrangebyscore},
    {"zrevrank", 3, readonly | fast, 1, 1, 1, zrevrank},
    {"zscan", -3, readonly, 1, 1, 1, zscan},
    {"zscore", 3, readonly | fast, 1, 1, 1, zscore},
});

}  // namespace

std::span<const data_command> sorted_set_commands() noexcept { return table; }

}  // namespace parley::resp
