// What the client must know of single commands: which of them would put replies
// out of step, and the words by which subscriptions speak.
#pragma once

#include <cstdint>
#include <parley/codecs/resp/client.hpp>
#include <parley/core/error.hpp>
#include <span>
#include <string_view>

namespace parley::resp {

// Refuses an empty command, and those that change how replies are paired.
result<void> check_command(std::span<const std::string_view> arguments);

// True for commands that hold the connection until something happens elsewhere
// (BLPOP, XREAD BLOCK): they belong on a connection of their own (P38).
bool is_blocking(std::span<const std::string_view> arguments) noexcept;

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
