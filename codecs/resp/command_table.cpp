#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
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

// For each length of a word, the first letters of refused commands: a bit each.
constexpr auto refused_letters = [] {
  std::array<std::uint32_t, 16> letters{};
  const auto add = [&](std::string_view word) {
    letters[word.size()] |= std::uint32_t{1} << (word.front() - 'A');
  };
  for (const refused& r : refusals) add(r.word);
  add("CLIENT");  // with REPLY
  return letters;
}();

// They end when something happens or by a timeout of their own: ours would cut them
// short, and their reply would come all the same.
struct blocking_word {
  std::string_view word;
  // Where the command says how long: seconds in the last or the first argument,
  // milliseconds in the last.
  enum where : std::uint8_t { last_seconds, first_seconds, last_milliseconds } timeout;
  bool own_connection;
};
constexpr auto blocking_words = std::to_array<blocking_word>({
    {"BLPOP", blocking_word::last_seconds, true},
    {"BRPOP", blocking_word::last_seconds, true},
    {"BLMOVE", blocking_word::last_seconds, true},
    {"BRPOPLPUSH", blocking_word::last_seconds, true},
    {"BZPOPMIN", blocking_word::last_seconds, true},
    {"BZPOPMAX", blocking_word::last_seconds, true},
    {"BLMPOP", blocking_word::first_seconds, true},
    {"BZMPOP", blocking_word::first_seconds, true},
    {"WAIT", blocking_word::last_milliseconds, false},
    {"WAITAOF", blocking_word::last_milliseconds, false},
});

const blocking_word* find_blocking(std::string_view word) noexcept {
  // Most commands leave here: only these letters begin one.
  if (word.empty() || (upper(word.front()) != 'B' && upper(word.front()) != 'W')) return nullptr;
  const auto* found = std::ranges::find_if(
      blocking_words, [&](const blocking_word& b) { return same_word(word, b.word); });
  return found == blocking_words.end() ? nullptr : found;
}

// Where XREAD and XREADGROUP say BLOCK, or null. A stream named "block" counts as well:
// the cost of this mistake is a connection.
const std::string_view* find_block(std::span<const std::string_view> arguments) noexcept {
  const std::string_view word = arguments.front();
  if (word.empty() || upper(word.front()) != 'X') return nullptr;
  if (!same_word(word, "XREAD") && !same_word(word, "XREADGROUP")) return nullptr;
  for (const std::string_view& a : arguments.subspan(1)) {
    if (same_word(a, "BLOCK")) return &a;
  }
  return nullptr;
}

// Zero for what is no number, is not positive, or is longer than anybody waits.
duration read_wait(std::string_view text, std::int64_t unit) noexcept {
  double number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size()) return {};
  const double wait = number * static_cast<double>(unit);
  constexpr double most = 1e18;
  if (!(wait > 0) || wait > most) return {};
  return duration(static_cast<duration::rep>(wait));
}

struct stateful_word {
  std::string_view word;
  connection_state leaves;
};
constexpr auto stateful_words = std::to_array<stateful_word>({
    {"MULTI", connection_state::in_transaction},
    {"WATCH", connection_state::in_transaction},
    {"EXEC", connection_state::clean},
    {"DISCARD", connection_state::clean},
    {"CLIENT", connection_state::changed},
    {"READONLY", connection_state::changed},
    {"READWRITE", connection_state::changed},
    {"ASKING", connection_state::changed},
});

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

bool may_be_refused(std::span<const std::string_view> arguments) noexcept {
  if (arguments.empty() || arguments.front().empty()) return true;
  const std::string_view word = arguments.front();
  if (word.size() >= refused_letters.size()) return false;
  // Without the bit for small letters; what is no letter has no bit, or one too many.
  const unsigned letter = (static_cast<unsigned char>(word.front()) & 0x1Fu) - 1u;
  return (refused_letters[word.size()] >> (letter & 0x1Fu) & 1u) != 0;
}

bool is_blocking(std::span<const std::string_view> arguments) noexcept {
  if (arguments.empty()) return false;
  return find_blocking(arguments.front()) || find_block(arguments);
}

bool wants_own_connection(std::span<const std::string_view> arguments) noexcept {
  if (arguments.empty()) return false;
  if (const blocking_word* b = find_blocking(arguments.front())) return b->own_connection;
  return find_block(arguments) != nullptr;
}

duration server_wait(std::span<const std::string_view> arguments) noexcept {
  constexpr std::int64_t millisecond = 1'000'000, second = 1'000 * millisecond;
  if (arguments.size() < 2) return {};
  if (const std::string_view* block = find_block(arguments)) {
    return block == &arguments.back() ? duration() : read_wait(block[1], millisecond);
  }
  const blocking_word* b = find_blocking(arguments.front());
  if (!b) return {};
  if (b->timeout == blocking_word::last_milliseconds)
    return read_wait(arguments.back(), millisecond);
  return read_wait(b->timeout == blocking_word::first_seconds ? arguments[1] : arguments.back(),
                   second);
}

connection_state state_after(std::span<const std::string_view> arguments) noexcept {
  for (const stateful_word& s : stateful_words) {
    if (!arguments.empty() && same_word(arguments.front(), s.word)) return s.leaves;
  }
  return connection_state::unchanged;
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
