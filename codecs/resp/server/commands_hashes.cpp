// HSET and its family.
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <parley/codecs/resp/server/detail/command_support.hpp>

namespace parley::resp {
namespace {

using hash = held<hash_object>;
using open_hash = opened_key<hash_object>;

// ---- writing

// Returns the number of new fields, or nothing after an error was answered.
std::optional<std::int64_t> set_fields(command_context& c, std::string_view name) {
  if (c.arguments.size() % 2 != 0) {
    wrong_arguments(c, name);
    return std::nullopt;
  }
  open_hash to;
  if (!open(c, c.arguments[1], to)) return std::nullopt;
  std::int64_t added = 0;
  for (std::size_t i = 2; i < c.arguments.size(); i += 2) {
    added += to.value->set(c.arguments[i], c.arguments[i + 1]) ? 1 : 0;
  }
  to.keep(c, c.arguments[1]);
  return added;
}

void hset(command_context& c) {
  if (const auto added = set_fields(c, "hset")) c.reply.integer(*added);
}

void hmset(command_context& c) {
  if (set_fields(c, "hmset")) c.reply.ok();
}

void hsetnx(command_context& c) {
  open_hash to;
  if (!open(c, c.arguments[1], to)) return;
  if (to.value->find(c.arguments[2]) != nullptr) return c.reply.integer(0);
  to.value->set(c.arguments[2], c.arguments[3]);
  to.keep(c, c.arguments[1]);
  c.reply.integer(1);
}

void hincrby(command_context& c) {
  std::int64_t by = 0;
  if (!read_integer(c, c.arguments[3], by)) return;
  open_hash to;
  if (!open(c, c.arguments[1], to)) return;
  std::int64_t number = 0;
  const hash_field* const field = to.value->find(c.arguments[2]);
  if (field != nullptr &&
      !read_integer(c, field->value, number, "ERR hash value is not an integer")) {
    return;
  }
  if (__builtin_add_overflow(number, by, &number)) return c.reply.error(text::overflow);
  std::array<char, 20> room;
  const char* const end = std::to_chars(room.data(), room.data() + room.size(), number).ptr;
  to.value->set(c.arguments[2], {room.data(), static_cast<std::size_t>(end - room.data())});
  to.keep(c, c.arguments[1]);
  c.reply.integer(number);
}

void hincrbyfloat(command_context& c) {
  const std::optional<long double> by = parse_long_double(c.arguments[3]);
  if (!by) return c.reply.error(text::no_float);
  if (!std::isfinite(*by)) return c.reply.error("ERR value is NaN or Infinity");
  open_hash to;
  if (!open(c, c.arguments[1], to)) return;
  std::optional<long double> number = 0;
  if (const auto* const field = to.value->find(c.arguments[2])) {
    number = parse_long_double(field->value);
  }
  if (!number) return c.reply.error("ERR hash value is not a float");
  const long double sum = *number + *by;
  if (!std::isfinite(sum)) return c.reply.error(text::no_finite);
  long_double_text room;
  const std::string_view digits = print_long_double(sum, room);
  to.value->set(c.arguments[2], digits);
  to.keep(c, c.arguments[1]);
  c.reply.blob(digits);
}

// ---- reading

void reply_field(command_context& c, const hash& found, std::string_view name) {
  const hash_field* const field = found ? found.value->find(name) : nullptr;
  if (field == nullptr) return c.reply.null();
  c.reply.blob(field->value);
}

void hget(command_context& c) {
  hash found;
  if (find(c, c.arguments[1], found)) reply_field(c, found, c.arguments[2]);
}

void hmget(command_context& c) {
  hash found;
  if (!find(c, c.arguments[1], found)) return;
  c.reply.array(c.arguments.size() - 2);
  for (const std::string_view name : c.arguments.subspan(2)) reply_field(c, found, name);
}

void hexists(command_context& c) {
  hash found;
  if (!find(c, c.arguments[1], found)) return;
  c.reply.integer(found && found.value->find(c.arguments[2]) != nullptr ? 1 : 0);
}

void hstrlen(command_context& c) {
  hash found;
  if (!find(c, c.arguments[1], found)) return;
  const hash_field* const field = found ? found.value->find(c.arguments[2]) : nullptr;
  c.reply.integer(field == nullptr ? 0 : static_cast<std::int64_t>(field->value.size()));
}

void hgetall(command_context& c) {
  hash found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return c.reply.map(0);
  c.reply.map(found.value->size());
  for (const hash_field& field : *found.value) {
    c.reply.blob(field.name);
    c.reply.blob(field.value);
  }
}

void hkeys(command_context& c) {
  hash found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return c.reply.array(0);
  c.reply.array(found.value->size());
  for (const hash_field& field : *found.value) c.reply.blob(field.name);
}

void hvals(command_context& c) {
  hash found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return c.reply.array(0);
  c.reply.array(found.value->size());
  for (const hash_field& field : *found.value) c.reply.blob(field.value);
}

void hscan(command_context& c) {
  scan_options options;
  if (!read_cursor(c, 2, options)) return;
  hash found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found) return reply_scan_head(c, 0, 0);
  if (!read_scan_options(c, 3, false, options)) return;
  reply_scan(
      c, *found.value, options, hash_field::key,
      [&](const hash_field& one) {
        c.reply.blob(one.name);
        c.reply.blob(one.value);
      },
      2);
}

// With its value, if that is wanted: a pair of its own in RESP3.
void reply_random(command_context& c, const hash_field& field, bool with_values) {
  if (with_values && c.reply.protocol() == version::resp3) c.reply.array(2);
  c.reply.blob(field.name);
  if (with_values) c.reply.blob(field.value);
}

void random_fields(command_context& c, std::int64_t wanted, bool with_values) {
  hash found;
  if (!find(c, c.arguments[1], found)) return;
  if (!found || wanted == 0) return c.reply.array(0);
  const hash_object& fields = *found.value;
  random_draw draw;
  if (!draw.plan(c, wanted, fields.size())) return;
  const bool flat = with_values && c.reply.protocol() == version::resp2;
  c.reply.array(flat ? 2 * draw.count : draw.count);
  draw.run(c, fields.size(),
           [&](std::size_t position) { reply_random(c, fields[position], with_values); });
}

void hrandfield(command_context& c) {
  if (c.arguments.size() == 2) {
    hash found;
    if (!find(c, c.arguments[1], found)) return;
    if (!found) return c.reply.null();
    const std::size_t position = c.keys.shared().random.below(found.value->size());
    return c.reply.blob((*found.value)[position].name);
  }
  std::int64_t count = 0;
  if (!read_random_count(c, c.arguments[2], count)) return;
  const bool with_values = c.arguments.size() == 4;
  if (c.arguments.size() > 4 || (with_values && !is_word(c.arguments[3], "withvalues"))) {
    return c.reply.error(text::syntax);
  }
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 2;
  if (with_values && (count < -most || count > most)) return c.reply.error(text::out_of_range);
  random_fields(c, count, with_values);
}

using enum command_flag;
constexpr auto table = std::to_array<data_command>({
    {"hdel", -3, write | fast, 1, 1, 1, remove_members<hash_object>},
    {"hexists", 3, readonly | fast, 1, 1, 1, hexists},
    {"hget", 3, readonly | fast, 1, 1, 1, hget},
    {"hgetall", 2, readonly, 1, 1, 1, hgetall},
    {"hincrby", 4, write | fast, 1, 1, 1, growing<hincrby>},
    {"hincrbyfloat", 4, write | fast, 1, 1, 1, growing<hincrbyfloat>},
    {"hkeys", 2, readonly, 1, 1, 1, hkeys},
    {"hlen", 2, readonly | fast, 1, 1, 1, reply_size<hash_object>},
    {"hmget", -3, readonly | fast, 1, 1, 1, hmget},
    {"hmset", -4, write | fast, 1, 1, 1, growing<hmset>},
    {"hrandfield", -2, readonly, 1, 1, 1, hrandfield},
    {"hscan", -3, readonly, 1, 1, 1, hscan},
    {"hset", -4, write | fast, 1, 1, 1, growing<hset>},
    {"hsetnx", 4, write | fast, 1, 1, 1, growing<hsetnx>},
    {"hstrlen", 3, readonly | fast, 1, 1, 1, hstrlen},
    {"hvals", 2, readonly, 1, 1, 1, hvals},
});

}  // namespace

std::span<const data_command> hash_commands() noexcept { return table; }

}  // namespace parley::resp
