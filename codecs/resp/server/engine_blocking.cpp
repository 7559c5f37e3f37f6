// BLPOP and BRPOP.
#include <array>
#include <charconv>
#include <cmath>
#include <parley/codecs/resp/server/engine.hpp>

namespace parley::resp {
namespace {

// Seconds, with a fraction; zero waits for ever. False: the error is written.
bool read_timeout(engine_call& c, std::optional<time_point>& deadline) {
  const std::string_view word = c.arguments.back();
  double seconds = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), seconds);
  if (read.ec != std::errc() || read.ptr != word.data() + word.size() || std::isnan(seconds)) {
    c.reply.error("ERR timeout is not a float or out of range");
    return false;
  }
  // Steady time counts nanoseconds in 64 bits; beyond 200 years nobody waits.
  constexpr double longest = 6.3e9;
  if (seconds > longest) {
    c.reply.error("ERR timeout is out of range");
    return false;
  }
  if (seconds < 0) {
    c.reply.error("ERR timeout is negative");
    return false;
  }
  if (seconds > 0) {
    const auto whole =
        std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
    deadline = c.now + whole;
  }
  return true;
}

void pop(engine_call& c, bool front) {
  std::optional<time_point> deadline;
  if (!read_timeout(c, deadline)) return;
  const auto keys = c.arguments.subspan(1, c.arguments.size() - 2);
  keyspace& data = c.home.databases()[c.from.database];
  for (const std::string_view key : keys) {
    std::string element;
    switch (data.pop_list(key, front, c.now, element)) {
      case keyspace::pop_status::popped:
        c.reply.array(2);
        c.reply.blob(key);
        return c.reply.blob(element);
      case keyspace::pop_status::wrong_type:
        return c.reply.error("WRONGTYPE Operation against a key holding the wrong kind of value");
      case keyspace::pop_status::missing:
        break;
    }
  }
  auto w = std::make_unique<waiter>();
  w->who = &c.from;
  w->database = c.from.database;
  w->front = front;
  w->keys.assign(keys.begin(), keys.end());
  w->deadline = deadline;
  c.home.wait_for_list(c.from, std::move(w));
}

void blpop(engine_call& c) { pop(c, true); }
void brpop(engine_call& c) { pop(c, false); }

constexpr command_flag flags = command_flag::write | command_flag::blocking;
constexpr auto commands = std::to_array<engine_command>({
    {{"blpop", -3, flags, 1, -2, 1, nullptr}, blpop},
    {{"brpop", -3, flags, 1, -2, 1, nullptr}, brpop},
});

}  // namespace

std::span<const engine_command> blocking_commands() noexcept { return commands; }

}  // namespace parley::resp
