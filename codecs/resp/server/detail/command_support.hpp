// What the families of commands share: finding a key of one type, reading the words of a
// request, and the errors, spelled as Redis spells them. Private to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/resp/server/command.hpp>
#include <parley/codecs/resp/server/detail/numbers.hpp>
#include <parley/codecs/resp/server/detail/sample.hpp>
#include <parley/codecs/resp/server/detail/words.hpp>
#include <parley/codecs/resp/server/keyspace.hpp>
#include <string_view>

namespace parley::resp {

namespace text {
inline constexpr std::string_view wrong_type =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view out_of_memory =
    "OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr std::string_view syntax = "ERR syntax error";
inline constexpr std::string_view no_integer = "ERR value is not an integer or out of range";
inline constexpr std::string_view no_float = "ERR value is not a valid float";
inline constexpr std::string_view no_key = "ERR no such key";
inline constexpr std::string_view out_of_range = "ERR value is out of range";
inline constexpr std::string_view not_positive = "ERR value is out of range, must be positive";
inline constexpr std::string_view overflow = "ERR increment or decrement would overflow";
inline constexpr std::string_view no_finite = "ERR increment would produce NaN or Infinity";
}  // namespace text

// For rows of commands that may make the data grow: refused while memory is full.
template <void (*run)(command_context&)>
void growing(command_context& c) {
  if (c.keys.shared().is_full()) return c.reply.error(text::out_of_memory);
  run(c);
}

// ---- words

// False after the error was answered.
bool read_integer(command_context& c, std::string_view word, std::int64_t& number,
                  std::string_view error = text::no_integer);
// From 0 up.
bool read_count(command_context& c, std::string_view word, std::int64_t& number,
                std::string_view error = text::not_positive);
// The count of HRANDFIELD and its like: all integers but the smallest, which has no
// counterpart.
bool read_random_count(command_context& c, std::string_view word, std::int64_t& number);
bool read_score(command_context& c, std::string_view word, double& number);

// "ERR wrong number of arguments for 'NAME' command", for what the arity does not say.
void wrong_arguments(command_context& c, std::string_view name);
// "ERR invalid expire time in 'NAME' command"
void wrong_expiry(command_context& c, std::string_view name);

// An error that quotes what the client sent, of which only so much.
void reply_error(command_context& c, std::string_view before, std::string_view quoted,
                 std::string_view after);

// ---- keys

// An object of one type and the entry that holds it; both null if there is none.
template <class Object>
struct held {
  entry* key = nullptr;
  Object* value = nullptr;

  explicit operator bool() const noexcept { return value != nullptr; }
};

// False after WRONGTYPE was answered.
template <class Object>
bool find(command_context& c, std::string_view key, held<Object>& found) {
  found = {c.keys.find(key, c.now), nullptr};
  if (found.key == nullptr) return true;
  found.value = found.key->value().template as<Object>();
  if (found.value == nullptr) c.reply.error(text::wrong_type);
  return found.value != nullptr;
}

// An object to be filled: the one that the key holds, or a new one, which becomes the
// key's with `keep`. Until then it is nowhere, so that memory that ends in between leaves
// no empty object behind.
template <class Object>
struct opened_key {
  Object* value = nullptr;
  std::unique_ptr<Object> fresh;

  // Other entries may move.
  void keep(command_context& c, std::string_view key) {
    if (fresh) c.keys.put(key, object(std::move(fresh)));
  }
};

// False after WRONGTYPE was answered.
template <class Object>
bool open(command_context& c, std::string_view key, opened_key<Object>& to) {
  held<Object> found;
  if (!find(c, key, found)) return false;
  if (!found) to.fresh = std::make_unique<Object>(c.keys.shared());
  to.value = found ? found.value : to.fresh.get();
  return true;
}

// Redis keeps no empty object.
template <class Object>
void drop_if_empty(command_context& c, const held<Object>& found) {
  if (found.value->size() == 0) c.keys.erase(*found.key);
}

// HDEL, SREM, ZREM: takes the members away that are named after the key, and answers how
// many there were.
template <class Object>
void remove_members(command_context& c) {
  held<Object> found;
  if (!find(c, c.arguments[1], found)) return;
  std::int64_t removed = 0;
  if (found) {
    for (const std::string_view member : c.arguments.subspan(2)) {
      removed += found.value->erase(member) ? 1 : 0;
    }
    drop_if_empty(c, found);
  }
  c.reply.integer(removed);
}

// HLEN, LLEN, SCARD, ZCARD.
template <class Object>
void reply_size(command_context& c) {
  held<Object> found;
  if (!find(c, c.arguments[1], found)) return;
  c.reply.integer(found ? static_cast<std::int64_t>(found.value->size()) : 0);
}

// Null if there is no such key; false after WRONGTYPE was answered.
bool find_string(command_context& c, std::string_view key, entry*& found);
// The text as a reply; large ones are not copied.
void reply_text(command_context& c, entry& found);

// ---- time

// What turns steady milliseconds into those of the wall. Rounded in such a way that it is
// the same for all commands as long as nobody sets the clock.
milliseconds_at wall_offset(const command_context& c) noexcept;
inline milliseconds_at wall_now(const command_context& c) noexcept {
  return in_milliseconds(c.now) + wall_offset(c);
}

// ---- ranges and replies

// The elements from `first` to `last`, both included and from the end if negative, of
// `size` many; empty ranges have count 0.
struct range {
  std::size_t first = 0;
  std::size_t count = 0;
};
range clip(std::int64_t first, std::int64_t last, std::size_t size) noexcept;

void reply_score(reply_writer& reply, double score);

// The cursor of SCAN, HSCAN, SSCAN, ZSCAN and what follows it.
struct scan_options {
  std::size_t cursor = 0;
  std::size_t count = 10;
  std::optional<std::string_view> match;
  std::optional<std::string_view> type;

  bool matches(std::string_view key) const noexcept;
};
// The cursor stands in word `at`. Both are false after the error was answered; the first
// part comes before the key is looked up, the second behind it.
bool read_cursor(command_context& c, std::size_t at, scan_options& options);
bool read_scan_options(command_context& c, std::size_t from, bool with_type, scan_options& options);

// The head of a reply of SCAN: the cursor to go on with, and how many elements follow.
void reply_scan_head(command_context& c, std::size_t cursor, std::size_t elements);

// Walks a hash, a set or a sorted set and answers with what matches. `key_of(item)` is
// compared with the pattern, `reply_item(item)` writes `values` replies.
template <class Object, class Key, class Reply>
void reply_scan(command_context& c, const Object& walked, const scan_options& options, Key key_of,
                Reply reply_item, std::size_t values) {
  // Redis returns small objects at once, whatever the count, and some clients rely on it.
  constexpr std::size_t at_once = 128;
  const std::size_t count = walked.size() <= at_once ? at_once : options.count;
  std::size_t matched = 0;
  // Twice: the head says how many follow.
  const std::size_t cursor = walked.walk(options.cursor, count, [&](const auto& item) {
    matched += options.matches(key_of(item)) ? 1 : 0;
  });
  reply_scan_head(c, cursor, matched * values);
  walked.walk(options.cursor, count, [&](const auto& item) {
    if (options.matches(key_of(item))) reply_item(item);
  });
}

// ---- random elements

// What SRANDMEMBER, HRANDFIELD and ZRANDMEMBER do with their count: so many different
// elements, or if it is negative so many that may repeat.
struct random_draw {
  std::size_t count = 0;
  bool repeats = false;

  // False after the error was answered: replies without end are refused.
  bool plan(command_context& c, std::int64_t wanted, std::size_t size);
  template <class Visit>
  void run(command_context& c, std::size_t size, Visit visit) const {
    random_bits& random = c.keys.shared().random;
    if (!repeats) return sample(random, size, count, visit);
    for (std::size_t i = 0; i < count; ++i) visit(random.below(size));
  }
};

}  // namespace parley::resp
