// What the client must know of single commands: which of them would put replies
// out of step, and the words by which subscriptions speak.
#pragma once

#include <cstdint>
#include <parley/codecs/resp/client.hpp>
#include <parley/core/error.hpp>
#include <parley/core/time.hpp>
#include <span>
#include <string_view>

namespace parley::resp {

// Refuses an empty command, and those that change how replies are paired.
result<void> check_command(std::span<const std::string_view> arguments);

// False for nearly every command that check_command() would let pass: what every
// command pays, in place of that search.
bool may_be_refused(std::span<const std::string_view> arguments) noexcept;

// True for commands that wait at the server until something happens elsewhere (BLPOP,
// XREAD BLOCK, WAIT).
bool is_blocking(std::span<const std::string_view> arguments) noexcept;

// True for those of them that belong on a connection of their own (P38). Not WAIT, which
// asks about the writes of the connection that it comes on.
bool wants_own_connection(std::span<const std::string_view> arguments) noexcept;

// How long the server waits for a blocking command before it answers; zero: for ever, or
// it cannot be told.
duration server_wait(std::span<const std::string_view> arguments) noexcept;

// What a command leaves on its connection.
enum class connection_state : std::uint8_t {
  unchanged,
  in_transaction,  // MULTI, WATCH: until EXEC or DISCARD
  clean,           // EXEC, DISCARD
  changed,         // CLIENT, READONLY ...: for good
};
connection_state state_after(std::span<const std::string_view> arguments) noexcept;

// SUBSCRIBE, PUNSUBSCRIBE, ....
std::string_view subscribe_verb(subscription kind, bool on) noexcept;

// The first word of a push.
struct push_word {
  enum meaning : std::uint8_t { message, confirmation };
  std::string_view word;
  meaning what;
  subscription kind;
  bool on;
};

// Null if the word is none of a subscription's.
const push_word* find_push_word(std::string_view word) noexcept;

}  // namespace parley::resp
