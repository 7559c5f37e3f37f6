// ZRANGE in all its forms, ZCOUNT and ZREMRANGEBY*.
#include <algorithm>
#include <parley/codecs/resp/server/detail/command_support.hpp>
#include <parley/codecs/resp/server/detail/sorted_range.hpp>
#include <parley/codecs/resp/server/detail/sorted_set_commands.hpp>

namespace parley::resp::detail {
namespace {

using sorted = held<sorted_set>;

constexpr std::string_view no_score_range = "ERR min or max is not a float";
constexpr std::string_view no_member_range = "ERR min or max not valid string range item";

// What the words of a range are.
enum class by : std::uint8_t { rank, score, member };

// The two ends, parsed as `by` says.
struct ends {
  by kind = by::rank;
  std::int64_t first = 0;
  std::int64_t last = 0;
  score_range scores;
  member_range members;
};

bool read_ends(command_context& c, by kind, std::string_view low, std::string_view high, ends& to) {
  to.kind = kind;
  if (kind == by::rank) return read_integer(c, low, to.first) && read_integer(c, high, to.last);
  if (kind == by::score) {
    const auto range = parse_score_range(low, high);
    if (!range) c.reply.error(no_score_range);
    if (range) to.scores = *range;
    return range.has_value();
  }
  const auto range = parse_member_range(low, high);
  if (!range) c.reply.error(no_member_range);
  if (range) to.members = *range;
  return range.has_value();
}

// Ranks count from the other end if `reverse`.
sorted_span select(const sorted_set& from, const ends& range, bool reverse) noexcept {
  if (range.kind == by::score) return resp::select(from, range.scores);
  if (range.kind == by::member) return resp::select(from, range.members);
  const resp::range part = clip(range.first, range.last, from.size());
  if (part.count == 0) return {};
  const std::size_t rank = reverse ? from.size() - part.first - part.count : part.first;
  return {from.at(rank), rank, part.count};
}

// ---- ZRANGE

struct request {
  std::optional<by> kind;
  std::optional<bool> reverse;
  bool with_scores = false;
  std::int64_t offset = 0;
  std::int64_t limit = -1;  // none
};

bool read_request(command_context& c, request& to) {
  for (std::size_t i = 4; i < c.arguments.size(); ++i) {
    const std::string_view word = c.arguments[i];
    if (is_word(word, "withscores")) {
      to.with_scores = true;
    } else if (is_word(word, "limit") && i + 2 < c.arguments.size()) {
      if (!read_integer(c, c.arguments[i + 1], to.offset)) return false;
      if (!read_integer(c, c.arguments[i + 2], to.limit)) return false;
      i += 2;
    } else if (!to.reverse && is_word(word, "rev")) {
      to.reverse = true;
    } else if (!to.kind && is_word(word, "bylex")) {
      to.kind = by::member;
    } else if (!to.kind && is_word(word, "byscore")) {
      to.kind = by::score;
    } else {
      c.reply.error(text::syntax);
      return false;
    }
  }
  return true;
}

std::string_view fault_of(const request& given) noexcept {
  const by kind = given.kind.value_or(by::rank);
  if (given.limit != -1 && kind == by::rank) {
    return "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX";
  }
  if (given.with_scores && kind == by::member) {
    return "ERR syntax error, WITHSCORES not supported in combination with BYLEX";
  }
  return {};
}

// How many of `count` are skipped and how many are left by LIMIT.
range apply_limit(const request& given, std::size_t count) noexcept {
  // With ranks only "no limit" got so far, and its offset means nothing.
  if (given.kind.value_or(by::rank) == by::rank) return {0, count};
  const auto all = static_cast<std::int64_t>(count);
  // A negative offset leads past the end, a negative limit is none.
  if (given.offset < 0 || given.offset >= all) return {};
  const std::int64_t left = all - given.offset;
  const std::int64_t taken = given.limit < 0 ? left : std::min(given.limit, left);
  return {static_cast<std::size_t>(given.offset), static_cast<std::size_t>(taken)};
}

void reply_span(command_context& c, const sorted_set& from, const sorted_span& all,
                const request& how) {
  const bool reverse = how.reverse.value_or(false);
  const range part = apply_limit(how, all.count);
  const bool nested = how.with_scores && c.reply.protocol() == version::resp3;
  c.reply.array(how.with_scores && !nested ? 2 * part.count : part.count);
  if (part.count == 0) return;
  const sorted_set::node* node = all.first;
  if (reverse) {
    node = from.at(all.rank + all.count - 1 - part.first);
  } else if (part.first != 0) {
    node = from.at(all.rank + part.first);
  }
  for (std::size_t left = part.count; left != 0; --left) {
    if (nested) c.reply.array(2);
    c.reply.blob(node->member());
    if (how.with_scores) reply_score(c.reply, node->score());
    node = reverse ? node->previous() : node->next();
  }
}

void answer(command_context& c, request how) {
  if (!read_request(c, how)) return;
  const std::string_view fault = fault_of(how);
  if (!fault.empty()) return c.reply.error(fault);
  const by kind = how.kind.value_or(by::rank);
  const bool reverse = how.reverse.value_or(false);
  // Backwards, the upper end comes first; ranks are counted from there anyway.
  const bool swapped = reverse && kind != by::rank;
  ends range;
  if (!read_ends(c, kind, c.arguments[swapped ? 3 : 2], c.arguments[swapped ? 2 : 3], range)) {
    return;
  }
  sorted found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return c.reply.array(0);
  reply_span(c, *found.value, select(*found.value, range, reverse), how);
}

void count(command_context& c, by kind) {
  ends range;
  if (!read_ends(c, kind, c.arguments[2], c.arguments[3], range)) return;
  sorted found;
  if (!find(c, c.arguments[1], found)) return;
  const std::size_t inside = found ? select(*found.value, range, false).count : 0;
  c.reply.integer(static_cast<std::int64_t>(inside));
}

void remove(command_context& c, by kind) {
  ends range;
  if (!read_ends(c, kind, c.arguments[2], c.arguments[3], range)) return;
  sorted found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return c.reply.integer(0);
  const sorted_span span = select(*found.value, range, false);
  const sorted_set::node* node = span.first;
  for (std::size_t left = span.count; left != 0; --left) {
    const sorted_set::node* const next = node->next();
    found.value->erase(*node);
    node = next;
  }
  drop_if_empty(c, found);
  c.reply.integer(static_cast<std::int64_t>(span.count));
}

}  // namespace

void zrange(command_context& c) { answer(c, {}); }
void zrevrange(command_context& c) { answer(c, {.kind = by::rank, .reverse = true}); }
void zrangebyscore(command_context& c) { answer(c, {.kind = by::score, .reverse = false}); }
void zrevrangebyscore(command_context& c) { answer(c, {.kind = by::score, .reverse = true}); }
void zrangebylex(command_context& c) { answer(c, {.kind = by::member, .reverse = false}); }
void zrevrangebylex(command_context& c) { answer(c, {.kind = by::member, .reverse = true}); }

void zcount(command_context& c) { count(c, by::score); }
void zlexcount(command_context& c) { count(c, by::member); }

void zremrangebyrank(command_context& c) { remove(c, by::rank); }
void zremrangebyscore(command_context& c) { remove(c, by::score); }
void zremrangebylex(command_context& c) { remove(c, by::member); }

}  // namespace parley::resp::detail
