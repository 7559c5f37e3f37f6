// Commands about several databases: FLUSHALL, SWAPDB.
#include <array>
#include <parley/codecs/resp/server/detail/words.hpp>
#include <parley/codecs/resp/server/engine.hpp>

namespace parley::resp {
namespace {

void flushall(engine_call& c) {
  const bool has_mode = c.arguments.size() == 2;
  if (c.arguments.size() > 2 ||
      (has_mode && !is_word(c.arguments[1], "async") && !is_word(c.arguments[1], "sync"))) {
    return c.reply.error("ERR syntax error");
  }
  for (keyspace& database : c.home.databases()) database.clear();
  c.reply.ok();
}

// Nothing: the error is written.
std::optional<std::uint32_t> read_index(engine_call& c, std::string_view word,
                                        std::string_view fault) {
  const auto number = to_integer(word);
  if (!number || *number > INT32_MAX || *number < INT32_MIN) {
    c.reply.error(fault);
    return std::nullopt;
  }
  if (*number < 0 || static_cast<std::uint64_t>(*number) >= c.home.databases().size()) {
    c.reply.error("ERR DB index is out of range");
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*number);
}

void swapdb(engine_call& c) {
  const auto a = read_index(c, c.arguments[1], "ERR invalid first DB index");
  if (!a) return;
  const auto b = read_index(c, c.arguments[2], "ERR invalid second DB index");
  if (!b) return;
  if (*a != *b) {
    c.home.databases()[*a].swap(c.home.databases()[*b]);
    c.home.swapped(*a, *b);
  }
  c.reply.ok();
}

constexpr auto commands = std::to_array<engine_command>({
    {{"flushall", -1, command_flag::write, 0, 0, 0, nullptr}, flushall},
    {{"swapdb", 3, command_flag::write | command_flag::fast, 0, 0, 0, nullptr}, swapdb},
});

}  // namespace

std::span<const engine_command> database_commands() noexcept { return commands; }

}  // namespace parley::resp
