#include <algorithm>
#include <array>
#include <parley/codecs/resp/command_table.hpp>
#include <string>

namespace parley::resp {
namespace {

char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

bool same_word(std::string_view a, std::string_view b) noexcept {
  // Servers do not look at the case of a command; the table is in capitals.
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return upper(x) == y; });
}

struct refused {
  std::string_view word;
  std::string_view hint;
};

// Commands whose replies do not come one for one, or that change the state which
// the handshake has set up and a reconnect would lose.
constexpr std::string_view use_speaker = "use a speaker, or subscribe() of the machine";
constexpr std::string_view use_config = "set it in the configuration: a reconnect would lose it";
constexpr auto refusals = std::to_array<refused>({
    {"SUBSCRIBE", use_speaker},
    {"PSUBSCRIBE", use_speaker},
    {"SSUBSCRIBE", use_speaker},
    {"UNSUBSCRIBE", use_speaker},
    {"PUNSUBSCRIBE", use_speaker},
    {"SUNSUBSCRIBE", use_speaker},
    {"MONITOR", "its replies have no end; use redis-cli"},
    {"SYNC", "for replicas only"},
    {"PSYNC", "for replicas only"},
    {"HELLO", use_config},
    {"AUTH", use_config},
    {"SELECT", use_config},
    {"RESET", use_config},
    {"QUIT", "close the provider"},
});

// They end when something happens or by a timeout of their own: ours would cut them
// short, and their reply would come all the same.
constexpr std::array<std::string_view, 10> blocking_words{
    "BLPOP",    "BRPOP",    "BLMOVE", "BRPOPLPUSH", "BLMPOP",
    "BZPOPMIN", "BZPOPMAX", "BZMPOP", "WAIT",       "WAITAOF"};

// In small letters, as servers send them; so they are compared as they are.
constexpr auto push_words = std::to_array<push_word>({
    {"message", push_word::message, subscription::channel, true},
    {"pmessage", push_word::message, subscription::pattern, true},
    {"smessage", push_word::message, subscription::shard, true},
    {"subscribe", push_word::confirmation, subscription::channel, true},
    {"unsubscribe", push_word::confirmation, subscription::channel, false},
    {"psubscribe", push_word::confirmation, subscription::pattern, true},
    {"punsubscribe", push_word::confirmation, subscription::pattern, false},
    {"ssubscribe", push_word::confirmation, subscription::shard, true},
    {"sunsubscribe", push_word::confirmation, subscription::shard, false},
});

}  // namespace

result<void> check_command(std::span<const std::string_view> arguments) {
  if (arguments.empty() || arguments.front().empty()) {
    return fail(parley::errc::invalid_argument, "an empty command");
  }
  const std::string_view word = arguments.front();
  // Only few words are refused: their lengths and first letters sort most out.
  for (const refused& r : refusals) {
    if (upper(word.front()) != r.word.front() || !same_word(word, r.word)) continue;
    return std::unexpected(
        error(parley::errc::not_supported, std::string(r.word)).with_hint(std::string(r.hint)));
  }
  // CLIENT REPLY OFF ends replies: each later command would get its successor's.
  if (arguments.size() > 1 && same_word(word, "CLIENT") && same_word(arguments[1], "REPLY")) {
    return std::unexpected(
        error(parley::errc::not_supported, "CLIENT REPLY")
            .with_hint("replies pair with commands; drop the operation instead"));
  }
  return {};
}

bool is_blocking(std::span<const std::string_view> arguments) noexcept {
  if (arguments.empty()) return false;
  const std::string_view word = arguments.front();
  for (std::string_view b : blocking_words) {
    if (same_word(word, b)) return true;
  }
  // These block only with that option.
  if (!same_word(word, "XREAD") && !same_word(word, "XREADGROUP")) return false;
  // A stream named "block" counts as well: the cost of this mistake is a missing
  // timeout.
  return std::ranges::any_of(arguments, [](std::string_view a) { return same_word(a, "BLOCK"); });
}

std::string_view subscribe_verb(subscription kind, bool on) noexcept {
  switch (kind) {
    case subscription::channel:
      return on ? "SUBSCRIBE" : "UNSUBSCRIBE";
    case subscription::pattern:
      return on ? "PSUBSCRIBE" : "PUNSUBSCRIBE";
    case subscription::shard:
      break;
  }
  return on ? "SSUBSCRIBE" : "SUNSUBSCRIBE";
}

const push_word* find_push_word(std::string_view word) noexcept {
  const auto* found = std::ranges::find(push_words, word, &push_word::word);
  return found == push_words.end() ? nullptr : found;
}

}  // namespace parley::resp
