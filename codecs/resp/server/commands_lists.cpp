// LPUSH and its family.
#include <algorithm>
#include <limits>
#include <parley/codecs/resp/server/detail/command_support.hpp>
#include <vector>

namespace parley::resp {
namespace {

using list = held<list_object>;

std::int64_t length(const list& found) noexcept {
  return found ? static_cast<std::int64_t>(found.value->size()) : 0;
}

// ---- the ends

void push_one(list_object& to, bool front, std::string_view item) {
  if (front) {
    to.push_front(item);
  } else {
    to.push_back(item);
  }
}

void push(command_context& c, bool front, bool only_if_present) {
  const std::string_view key = c.arguments[1];
  opened_key<list_object> to;
  if (!open(c, key, to)) return;
  if (only_if_present && to.fresh) return c.reply.integer(0);
  for (const std::string_view item : c.arguments.subspan(2)) push_one(*to.value, front, item);
  to.keep(c, key);
  c.reply.integer(static_cast<std::int64_t>(to.value->size()));
  c.keys.list_grew(key);
}
void lpush(command_context& c) { push(c, true, false); }
void rpush(command_context& c) { push(c, false, false); }
void lpushx(command_context& c) { push(c, true, true); }
void rpushx(command_context& c) { push(c, false, true); }

void drop_one(list_object& from, bool front) { from.trim(front ? 1 : 0, front ? 0 : 1); }

// Answered before it goes: should memory end in between, nothing is lost.
void pop_one(command_context& c, list_object& from, bool front) {
  c.reply.blob(from[front ? 0 : from.size() - 1]);
  drop_one(from, front);
}

void pop_some(command_context& c, list& found, bool front, std::size_t count) {
  c.reply.array(count);
  for (; count != 0; --count) pop_one(c, *found.value, front);
  drop_if_empty(c, found);
}

void pop(command_context& c, std::string_view name, bool front) {
  if (c.arguments.size() > 3) return wrong_arguments(c, name);
  const bool counted = c.arguments.size() == 3;
  std::int64_t count = 1;
  if (counted && !read_count(c, c.arguments[2], count)) return;
  list found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return counted ? c.reply.null_array() : c.reply.null();
  if (counted) {
    return pop_some(c, found, front, static_cast<std::size_t>(std::min(count, length(found))));
  }
  pop_one(c, *found.value, front);
  drop_if_empty(c, found);
}
void lpop(command_context& c) { pop(c, "lpop", true); }
void rpop(command_context& c) { pop(c, "rpop", false); }

void move(command_context& c, bool from_front, bool to_front) {
  list from;
  opened_key<list_object> to;
  if (!find(c, c.arguments[1], from)) return;
  if (!from) return c.reply.null();
  if (!open(c, c.arguments[2], to)) return;
  const std::size_t position = from_front ? 0 : from.value->size() - 1;
  c.reply.blob((*from.value)[position]);
  if (c.arguments[1] == c.arguments[2]) {
    // In place, so that a list of one keeps its expiry. Which of two equal ones goes at the
    // end does not matter.
    const std::string item = (*from.value)[position];
    push_one(*to.value, to_front, item);
    drop_one(*from.value, from_front);
  } else {
    // In before out: should memory end in between, nothing is lost.
    push_one(*to.value, to_front, (*from.value)[position]);
    to.keep(c, c.arguments[2]);
    drop_one(*from.value, from_front);
    // The other key has moved the entry.
    if (from.value->size() == 0) c.keys.erase(c.arguments[1], c.now);
  }
  c.keys.list_grew(c.arguments[2]);
}

void rpoplpush(command_context& c) { move(c, false, true); }

void lmove(command_context& c) {
  bool front[2];
  for (std::size_t i = 0; i < 2; ++i) {
    front[i] = is_word(c.arguments[3 + i], "left");
    if (!front[i] && !is_word(c.arguments[3 + i], "right")) return c.reply.error(text::syntax);
  }
  move(c, front[0], front[1]);
}

// ---- ranges

bool read_range(command_context& c, std::int64_t& first, std::int64_t& last) {
  return read_integer(c, c.arguments[2], first) && read_integer(c, c.arguments[3], last);
}

void lrange(command_context& c) {
  std::int64_t first = 0;
  std::int64_t last = 0;
  list found;
  if (!read_range(c, first, last) || !find(c, c.arguments[1], found)) return;
  if (!found) return c.reply.array(0);
  const range part = clip(first, last, found.value->size());
  c.reply.array(part.count);
  auto item = found.value->begin() + static_cast<std::ptrdiff_t>(part.first);
  for (std::size_t i = 0; i < part.count; ++i, ++item) c.reply.blob(*item);
}

void ltrim(command_context& c) {
  std::int64_t first = 0;
  std::int64_t last = 0;
  list found;
  if (!read_range(c, first, last) || !find(c, c.arguments[1], found)) return;
  if (found) {
    const range kept = clip(first, last, found.value->size());
    const std::size_t size = found.value->size();
    const std::size_t front = kept.count == 0 ? size : kept.first;
    found.value->trim(front, size - front - kept.count);
    drop_if_empty(c, found);
  }
  c.reply.ok();
}

// ---- elements

// From the end if negative; false if there is no such element.
bool locate(const list& found, std::int64_t index, std::size_t& position) noexcept {
  if (index < 0) index += length(found);
  position = static_cast<std::size_t>(index);
  return index >= 0 && index < length(found);
}

void lindex(command_context& c) {
  list found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return c.reply.null();
  std::int64_t index = 0;
  std::size_t position = 0;
  if (!read_integer(c, c.arguments[2], index)) return;
  if (!locate(found, index, position)) return c.reply.null();
  c.reply.blob((*found.value)[position]);
}

void lset(command_context& c) {
  list found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return c.reply.error(text::no_key);
  std::int64_t index = 0;
  std::size_t position = 0;
  if (!read_integer(c, c.arguments[2], index)) return;
  if (!locate(found, index, position)) return c.reply.error("ERR index out of range");
  found.value->assign(position, c.arguments[3]);
  c.reply.ok();
}

void lrem(command_context& c) {
  std::int64_t count = 0;
  if (!read_integer(c, c.arguments[2], count)) return;
  list found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return c.reply.integer(0);
  // As unsigned: the smallest integer has no counterpart. 0 means all.
  auto most = static_cast<std::size_t>(count);
  if (count < 0) most = 0 - most;
  if (count == 0) most = std::numeric_limits<std::size_t>::max();
  const std::size_t removed = found.value->remove(c.arguments[3], most, count < 0);
  drop_if_empty(c, found);
  c.reply.integer(static_cast<std::int64_t>(removed));
}

void linsert(command_context& c) {
  const bool after = is_word(c.arguments[2], "after");
  if (!after && !is_word(c.arguments[2], "before")) return c.reply.error(text::syntax);
  list found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return c.reply.integer(0);
  const auto pivot = std::find(found.value->begin(), found.value->end(), c.arguments[3]);
  if (pivot == found.value->end()) return c.reply.integer(-1);
  const auto position = static_cast<std::size_t>(pivot - found.value->begin());
  found.value->insert(position + (after ? 1 : 0), c.arguments[4]);
  c.reply.integer(length(found));
}

// ---- LPOS

struct search_options {
  std::int64_t rank = 1;  // the match to begin with; from the end if negative
  std::optional<std::int64_t> count;
  std::int64_t most = 0;  // elements to look at; 0: all
};

bool read_rank(command_context& c, std::string_view word, std::int64_t& rank) {
  if (!read_integer(c, word, rank)) return false;
  if (rank == 0) {
    c.reply.error(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or "
        "use negative to start from the end of the list");
    return false;
  }
  // It has no counterpart, and no list is so long.
  rank = std::max(rank, -std::numeric_limits<std::int64_t>::max());
  return true;
}

bool read_search(command_context& c, search_options& to) {
  for (std::size_t i = 3; i < c.arguments.size(); i += 2) {
    const std::string_view word = c.arguments[i];
    const bool more = i + 1 < c.arguments.size();
    if (more && is_word(word, "rank")) {
      if (!read_rank(c, c.arguments[i + 1], to.rank)) return false;
    } else if (more && is_word(word, "count")) {
      to.count = 0;
      if (!read_count(c, c.arguments[i + 1], *to.count, "ERR COUNT can't be negative")) {
        return false;
      }
    } else if (more && is_word(word, "maxlen")) {
      if (!read_count(c, c.arguments[i + 1], to.most, "ERR MAXLEN can't be negative")) {
        return false;
      }
    } else {
      c.reply.error(text::syntax);
      return false;
    }
  }
  return true;
}

std::vector<std::int64_t> search(const list_object& items, std::string_view wanted,
                                 const search_options& how) {
  std::vector<std::int64_t> found;
  const auto size = static_cast<std::int64_t>(items.size());
  const std::int64_t looked_at = how.most == 0 ? size : std::min(how.most, size);
  const bool backwards = how.rank < 0;
  const std::int64_t most = how.count.value_or(1);
  std::int64_t to_skip = (backwards ? -how.rank : how.rank) - 1;
  for (std::int64_t i = 0; i < looked_at; ++i) {
    const std::int64_t position = backwards ? size - 1 - i : i;
    if (items[static_cast<std::size_t>(position)] != wanted || to_skip-- > 0) continue;
    found.push_back(position);
    if (static_cast<std::int64_t>(found.size()) == most) break;
  }
  return found;
}

void lpos(command_context& c) {
  search_options how;
  list items;
  if (!read_search(c, how) || !find(c, c.arguments[1], items)) return;
  std::vector<std::int64_t> found;
  if (items) found = search(*items.value, c.arguments[2], how);
  if (!how.count) {
    if (found.empty()) return c.reply.null();
    return c.reply.integer(found[0]);
  }
  c.reply.array(found.size());
  for (const std::int64_t position : found) c.reply.integer(position);
}

using enum command_flag;
constexpr auto table = std::to_array<data_command>({
    {"lindex", 3, readonly, 1, 1, 1, lindex},
    {"linsert", 5, write, 1, 1, 1, growing<linsert>},
    {"llen", 2, readonly | fast, 1, 1, 1, reply_size<list_object>},
    {"lmove", 5, write, 1, 2, 1, growing<lmove>},
    {"lpop", -2, write | fast, 1, 1, 1, lpop},
    {"lpos", -3, readonly, 1, 1, 1, lpos},
    {"lpush", -3, write | fast, 1, 1, 1, growing<lpush>},
    {"lpushx", -3, write | fast, 1, 1, 1, growing<lpushx>},
    {"lrange", 4, readonly, 1, 1, 1, lrange},
    {"lrem", 4, write, 1, 1, 1, lrem},
    {"lset", 4, write, 1, 1, 1, growing<lset>},
    {"ltrim", 4, write, 1, 1, 1, ltrim},
    {"rpop", -2, write | fast, 1, 1, 1, rpop},
    {"rpoplpush", 3, write, 1, 2, 1, growing<rpoplpush>},
    {"rpush", -3, write | fast, 1, 1, 1, growing<rpush>},
    {"rpushx", -3, write | fast, 1, 1, 1, growing<rpushx>},
});

}  // namespace

std::span<const data_command> list_commands() noexcept { return table; }

}  // namespace parley::resp
