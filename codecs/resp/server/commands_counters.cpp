// INCR and its family: strings that are numbers.
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <parley/codecs/resp/server/detail/command_support.hpp>

namespace parley::resp {
namespace {

void store(command_context& c, entry* found, std::string_view digits) {
  if (found == nullptr) {
    c.keys.set(c.arguments[1], digits, c.now);
  } else {
    // The expiry stays: this changes a value and does not set it anew.
    c.keys.assign(*found, digits);
  }
}

void add(command_context& c, std::int64_t by) {
  entry* found = nullptr;
  if (!find_string(c, c.arguments[1], found)) return;
  std::int64_t number = 0;
  if (found != nullptr && !read_integer(c, found->value().text(), number)) return;
  if (__builtin_add_overflow(number, by, &number)) return c.reply.error(text::overflow);
  std::array<char, 20> room;
  const char* const end = std::to_chars(room.data(), room.data() + room.size(), number).ptr;
  store(c, found, {room.data(), static_cast<std::size_t>(end - room.data())});
  c.reply.integer(number);
}

void incr(command_context& c) { add(c, 1); }
void decr(command_context& c) { add(c, -1); }

void incrby(command_context& c) {
  std::int64_t by = 0;
  if (read_integer(c, c.arguments[2], by)) add(c, by);
}

void decrby(command_context& c) {
  std::int64_t by = 0;
  if (!read_integer(c, c.arguments[2], by)) return;
  if (by == std::numeric_limits<std::int64_t>::min()) {
    return c.reply.error("ERR decrement would overflow");
  }
  add(c, -by);
}

void incrbyfloat(command_context& c) {
  entry* found = nullptr;
  if (!find_string(c, c.arguments[1], found)) return;
  std::optional<long double> number = 0;
  if (found != nullptr) number = parse_long_double(found->value().text());
  const std::optional<long double> by = parse_long_double(c.arguments[2]);
  if (!number || !by) return c.reply.error(text::no_float);
  const long double sum = *number + *by;
  if (!std::isfinite(sum)) return c.reply.error(text::no_finite);
  long_double_text room;
  const std::string_view digits = print_long_double(sum, room);
  store(c, found, digits);
  c.reply.blob(digits);
}

using enum command_flag;
constexpr auto table = std::to_array<data_command>({
    {"decr", 2, write | fast, 1, 1, 1, growing<decr>},
    {"decrby", 3, write | fast, 1, 1, 1, growing<decrby>},
    {"incr", 2, write | fast, 1, 1, 1, growing<incr>},
    {"incrby", 3, write | fast, 1, 1, 1, growing<incrby>},
    {"incrbyfloat", 3, write | fast, 1, 1, 1, growing<incrbyfloat>},
});

}  // namespace

std::span<const data_command> counter_commands() noexcept { return table; }

}  // namespace parley::resp
