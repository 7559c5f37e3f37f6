// Keys whatever they hold: DEL, EXISTS, TYPE, RENAME, COPY, KEYS, SCAN and the whole
// database.
#include <limits>
#include <parley/codecs/resp/server/detail/command_support.hpp>
#include <parley/codecs/resp/server/detail/key_commands.hpp>
#include <string>
#include <vector>

namespace parley::resp {
namespace {

void del(command_context& c) {
  std::int64_t removed = 0;
  for (const std::string_view key : c.arguments.subspan(1)) {
    removed += c.keys.erase(key, c.now) ? 1 : 0;
  }
  c.reply.integer(removed);
}

// Each mention counts, also of the same key.
void exists(command_context& c) {
  std::int64_t present = 0;
  for (const std::string_view key : c.arguments.subspan(1)) {
    present += c.keys.contains(key, c.now) ? 1 : 0;
  }
  c.reply.integer(present);
}

void type(command_context& c) {
  const entry* const found = c.keys.find(c.arguments[1], c.now);
  c.reply.simple(found == nullptr ? "none" : type_name(found->value().type()));
}

// ---- finding

void keys(command_context& c) {
  scan_options pattern;
  pattern.match = c.arguments[1];
  std::vector<std::string_view> matched;
  c.keys.walk(0, std::numeric_limits<std::size_t>::max(), c.now, [&](const entry& one) {
    if (pattern.matches(one.key())) matched.push_back(one.key());
  });
  c.reply.array(matched.size());
  for (const std::string_view key : matched) c.reply.blob(key);
}

void scan(command_context& c) {
  scan_options options;
  if (!read_cursor(c, 1, options) || !read_scan_options(c, 2, true, options)) return;
  const auto wanted = [&](const entry& one) {
    return options.matches(one.key()) &&
           (!options.type || is_word(*options.type, type_name(one.value().type())));
  };
  std::size_t matched = 0;
  const std::size_t cursor = c.keys.walk(options.cursor, options.count, c.now,
                                         [&](const entry& one) { matched += wanted(one) ? 1 : 0; });
  reply_scan_head(c, cursor, matched);
  c.keys.walk(options.cursor, options.count, c.now, [&](const entry& one) {
    if (wanted(one)) c.reply.blob(one.key());
  });
}

void randomkey(command_context& c) {
  const entry* const found = c.keys.random(c.now);
  if (found == nullptr) return c.reply.null();
  c.reply.blob(found->key());
}

void dbsize(command_context& c) { c.reply.integer(static_cast<std::int64_t>(c.keys.size())); }

// SYNC and ASYNC do the same: there is no other thread that could do it.
void flushdb(command_context& c) {
  const bool fits = c.arguments.size() == 1 ||
                    (c.arguments.size() == 2 &&
                     (is_word(c.arguments[1], "sync") || is_word(c.arguments[1], "async")));
  if (!fits) return c.reply.error(text::syntax);
  c.keys.clear();
  c.reply.ok();
}

// ---- moving and copying

void arrive(keyspace& where, std::string_view key, object&& value,
            std::optional<milliseconds_at> expiry) {
  const bool is_list = value.type() == object_type::list;
  entry& made = where.put(key, std::move(value));
  if (expiry) where.set_expiry(made, *expiry);
  if (is_list) where.list_grew(key);
}

// The value of the first key, which is there, with its expiry.
void move_value(command_context& c, keyspace& to, std::string_view key) {
  // The place for it first: should memory end there, nothing is lost.
  to.put(key, object());
  entry& from = *c.keys.find(c.arguments[1], c.now);
  const auto expiry = c.keys.expiry(from);
  arrive(to, key, c.keys.take(from), expiry);
}

// False after the error was answered: there is no such key.
bool rename(command_context& c, bool only_if_missing, bool& renamed) {
  entry* const from = c.keys.find(c.arguments[1], c.now);
  if (from == nullptr) {
    c.reply.error(text::no_key);
    return false;
  }
  const bool same = c.arguments[1] == c.arguments[2];
  renamed = !same && !(only_if_missing && c.keys.contains(c.arguments[2], c.now));
  if (!renamed) return true;
  move_value(c, c.keys, c.arguments[2]);
  return true;
}

void rename(command_context& c) {
  bool renamed = false;
  if (rename(c, false, renamed)) c.reply.ok();
}

void renamenx(command_context& c) {
  bool renamed = false;
  if (rename(c, true, renamed)) c.reply.integer(renamed ? 1 : 0);
}

// The database of that number; null after the error was answered.
keyspace* database(command_context& c, std::string_view word) {
  std::int64_t number = 0;
  if (!read_integer(c, word, number)) return nullptr;
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  if (number > most || number < -most - 1) {
    c.reply.error("ERR value is out of range, value must between -2147483648 and 2147483647");
    return nullptr;
  }
  const auto all = c.keys.shared().databases;
  if (all.empty() && number == 0) return &c.keys;
  if (number >= 0 && static_cast<std::size_t>(number) < all.size()) {
    return &all[static_cast<std::size_t>(number)];
  }
  c.reply.error("ERR DB index is out of range");
  return nullptr;
}

constexpr std::string_view same_object = "ERR source and destination objects are the same";

void copy(command_context& c) {
  bool replace = false;
  keyspace* to = &c.keys;
  for (std::size_t i = 3; i < c.arguments.size(); ++i) {
    if (is_word(c.arguments[i], "replace")) {
      replace = true;
    } else if (is_word(c.arguments[i], "db") && i + 1 < c.arguments.size()) {
      to = database(c, c.arguments[++i]);
      if (to == nullptr) return;
    } else {
      return c.reply.error(text::syntax);
    }
  }
  const std::string_view key = c.arguments[1];
  const std::string_view other = c.arguments[2];
  if (to == &c.keys && key == other) return c.reply.error(same_object);
  if (!c.keys.contains(key, c.now)) return c.reply.integer(0);
  if (to->contains(other, c.now) && !replace) return c.reply.integer(0);
  const entry& from = *c.keys.find(key, c.now);
  arrive(*to, other, from.value().copy(c.keys.shared()), c.keys.expiry(from));
  c.reply.integer(1);
}

void move(command_context& c) {
  keyspace* const to = database(c, c.arguments[2]);
  if (to == nullptr) return;
  if (to == &c.keys) return c.reply.error(same_object);
  if (!c.keys.contains(c.arguments[1], c.now) || to->contains(c.arguments[1], c.now)) {
    return c.reply.integer(0);
  }
  move_value(c, *to, c.arguments[1]);
  c.reply.integer(1);
}

using enum command_flag;
constexpr auto table = std::to_array<data_command>({
    {"copy", -3, write, 1, 2, 1, growing<copy>},
    {"dbsize", 1, readonly | fast, 0, 0, 0, dbsize},
    {"del", -2, write, 1, -1, 1, del},
    {"exists", -2, readonly | fast, 1, -1, 1, exists},
    {"expire", -3, write | fast, 1, 1, 1, detail::expire},
    {"expireat", -3, write | fast, 1, 1, 1, detail::expireat},
    {"expiretime", 2, readonly | fast, 1, 1, 1, detail::expiretime},
    {"flushdb", -1, write, 0, 0, 0, flushdb},
    {"keys", 2, readonly, 0, 0, 0, keys},
    {"move", 3, write | fast, 1, 1, 1, move},
    {"object", -2, readonly, 2, 2, 1, detail::object_command},
    {"persist", 2, write | fast, 1, 1, 1, detail::persist},
    {"pexpire", -3, write | fast, 1, 1, 1, detail::pexpire},
    {"pexpireat", -3, write | fast, 1, 1, 1, detail::pexpireat},
    {"pexpiretime", 2, readonly | fast, 1, 1, 1, detail::pexpiretime},
    {"pttl", 2, readonly | fast, 1, 1, 1, detail::pttl},
    {"randomkey", 1, readonly, 0, 0, 0, randomkey},
    {"rename", 3, write, 1, 2, 1, rename},
    {"renamenx", 3, write | fast, 1, 2, 1, renamenx},
    {"scan", -2, readonly, 0, 0, 0, scan},
    {"touch", -2, readonly | fast, 1, -1, 1, exists},
    {"ttl", 2, readonly | fast, 1, 1, 1, detail::ttl},
    {"type", 2, readonly | fast, 1, 1, 1, type},
    {"unlink", -2, write | fast, 1, -1, 1, del},
});

}  // namespace

std::span<const data_command> key_commands() noexcept { return table; }

}  // namespace parley::resp
