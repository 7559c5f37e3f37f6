// SADD and its family. The algebra of several sets stands in commands_set_algebra.cpp.
#include <algorithm>
#include <parley/codecs/resp/server/detail/command_support.hpp>
#include <parley/codecs/resp/server/detail/set_algebra.hpp>

namespace parley::resp {
namespace {

using set = held<set_object>;
using open_set = opened_key<set_object>;

void sadd(command_context& c) {
  open_set to;
  if (!open(c, c.arguments[1], to)) return;
  std::int64_t added = 0;
  for (const std::string_view member : c.arguments.subspan(2)) {
    added += to.value->insert(member) ? 1 : 0;
  }
  to.keep(c, c.arguments[1]);
  c.reply.integer(added);
}

void sismember(command_context& c) {
  set found;
  if (!find(c, c.arguments[1], found)) return;
  c.reply.integer(found && found.value->contains(c.arguments[2]) ? 1 : 0);
}

void smismember(command_context& c) {
  set found;
  if (!find(c, c.arguments[1], found)) return;
  c.reply.array(c.arguments.size() - 2);
  for (const std::string_view member : c.arguments.subspan(2)) {
    c.reply.integer(found && found.value->contains(member) ? 1 : 0);
  }
}

void smembers(command_context& c) {
  set found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return c.reply.set(0);
  c.reply.set(found.value->size());
  for (const std::string& member : *found.value) c.reply.blob(member);
}

void smove(command_context& c) {
  set from;
  open_set to;
  // The source alone decides whether anything happens, and even whether the type of the
  // other one matters.
  if (c.keys.find(c.arguments[1], c.now) == nullptr) return c.reply.integer(0);
  if (!find(c, c.arguments[1], from) || !open(c, c.arguments[2], to)) return;
  const std::string_view member = c.arguments[3];
  if (c.arguments[1] == c.arguments[2])
    return c.reply.integer(from.value->contains(member) ? 1 : 0);
  if (!from.value->contains(member)) return c.reply.integer(0);
  // In before out: should memory end in between, nothing is lost.
  to.value->insert(member);
  to.keep(c, c.arguments[2]);
  from.value->erase(member);
  // The other key has moved the entry.
  if (from.value->size() == 0) c.keys.erase(c.arguments[1], c.now);
  c.reply.integer(1);
}

// ---- at random

// Answered before it goes: should memory end in between, nothing is lost.
void pop_one(command_context& c, set_object& from) {
  const std::size_t position = c.keys.shared().random.below(from.size());
  c.reply.blob(from[position]);
  (void)from.take(position);
}

void pop_some(command_context& c, const set& found, std::size_t count) {
  c.reply.set(count);
  for (; count != 0; --count) pop_one(c, *found.value);
  drop_if_empty(c, found);
}

void spop(command_context& c) {
  if (c.arguments.size() > 3) return c.reply.error(text::syntax);
  const bool counted = c.arguments.size() == 3;
  std::int64_t count = 1;
  if (counted && !read_count(c, c.arguments[2], count)) return;
  set found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return counted ? c.reply.set(0) : c.reply.null();
  const std::size_t size = found.value->size();
  if (counted) return pop_some(c, found, std::min(static_cast<std::size_t>(count), size));
  pop_one(c, *found.value);
  drop_if_empty(c, found);
}

void srandmember(command_context& c) {
  if (c.arguments.size() > 3) return c.reply.error(text::syntax);
  const bool counted = c.arguments.size() == 3;
  std::int64_t count = 1;
  if (counted && !read_random_count(c, c.arguments[2], count)) return;
  set found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return counted ? c.reply.array(0) : c.reply.null();
  const set_object& members = *found.value;
  if (!counted) return c.reply.blob(members[c.keys.shared().random.below(members.size())]);
  random_draw draw;
  if (!draw.plan(c, count, members.size())) return;
  c.reply.array(draw.count);
  draw.run(c, members.size(), [&](std::size_t position) { c.reply.blob(members[position]); });
}

void sscan(command_context& c) {
  scan_options options;
  if (!read_cursor(c, 2, options)) return;
  set found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return reply_scan_head(c, 0, 0);
  if (!read_scan_options(c, 3, false, options)) return;
  reply_scan(
      c, *found.value, options, [](const std::string& one) -> std::string_view { return one; },
      [&](const std::string& one) { c.reply.blob(one); }, 1);
}

using enum command_flag;
constexpr auto table = std::to_array<data_command>({
    {"sadd", -3, write | fast, 1, 1, 1, growing<sadd>},
    {"scard", 2, readonly | fast, 1, 1, 1, reply_size<set_object>},
    {"sdiff", -2, readonly, 1, -1, 1, detail::sdiff},
    {"sdiffstore", -3, write, 1, -1, 1, growing<detail::sdiffstore>},
    {"sinter", -2, readonly, 1, -1, 1, detail::sinter},
    {"sintercard", -3, readonly, 0, 0, 0, detail::sintercard},
    {"sinterstore", -3, write, 1, -1, 1, growing<detail::sinterstore>},
    {"sismember", 3, readonly | fast, 1, 1, 1, sismember},
    {"smembers", 2, readonly, 1, 1, 1, smembers},
    {"smismember", -3, readonly | fast, 1, 1, 1, smismember},
    {"smove", 4, write | fast, 1, 2, 1, smove},
    {"spop", -2, write | fast, 1, 1, 1, spop},
    {"srandmember", -2, readonly, 1, 1, 1, srandmember},
    {"srem", -3, write | fast, 1, 1, 1, remove_members<set_object>},
    {"sscan", -3, readonly, 1, 1, 1, sscan},
    {"sunion", -2, readonly, 1, -1, 1, detail::sunion},
    {"sunionstore", -3, write, 1, -1, 1, growing<detail::sunionstore>},
});

}  // namespace

std::span<const data_command> set_commands() noexcept { return table; }

}  // namespace parley::resp
