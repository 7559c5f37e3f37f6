// What a command of the embedded server is: a function over the words of a request, a
// place for the reply, and the keys of the selected database. Families of commands are
// tables of entries, one per file; `engine` puts them together.
#pragma once

#include <cstdint>
#include <parley/codecs/resp/server/reply_writer.hpp>
#include <parley/core/time.hpp>
#include <span>
#include <string_view>

namespace parley::resp {

class keyspace;

// One request to a command that only needs data. Lives during the call.
struct command_context {
  // The words; arguments[0] is the command as the client spelled it. Views of the
  // input: copy what is kept.
  std::span<const std::string_view> arguments;
  reply_writer& reply;
  keyspace& keys;
  // Expiry is kept in steady time, so that it does not jump with the clock on the wall;
  // that one is for what speaks of dates (EXAT, PXAT, TIME).
  time_point now;
  wall_time wall;
};

// What COMMAND reports, and what ACL rules and the dispatcher look at.
enum class command_flag : std::uint16_t {
  none = 0,
  write = 1,
  readonly = 2,
  fast = 4,
  blocking = 8,
  pubsub = 16,
  no_auth = 32,                // allowed before AUTH
  in_resp2_subscription = 64,  // allowed while a RESP2 client is subscribed
  admin = 128,
};
constexpr command_flag operator|(command_flag a, command_flag b) noexcept {
  return static_cast<command_flag>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b));
}
constexpr bool has(command_flag set, command_flag one) noexcept {
  return (static_cast<std::uint16_t>(set) & static_cast<std::uint16_t>(one)) != 0;
}

// A row of a family's table. The number of words was checked before `run` is called;
// `run` writes exactly one reply.
struct data_command {
  std::string_view name;  // in small letters
  // How many words, the command's own among them; negative: at least so many.
  int arity;
  command_flag flags;
  // Which words are keys: the first, the last (negative: from the end), and the step.
  int first_key;
  int last_key;
  int key_step;
  void (*run)(command_context&);
};

// The families, each in its own file.
std::span<const data_command> string_commands() noexcept;
std::span<const data_command> counter_commands() noexcept;
std::span<const data_command> key_commands() noexcept;
std::span<const data_command> hash_commands() noexcept;
std::span<const data_command> list_commands() noexcept;
std::span<const data_command> set_commands() noexcept;
std::span<const data_command> sorted_set_commands() noexcept;

}  // namespace parley::resp
