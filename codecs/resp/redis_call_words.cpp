#include <algorithm>
#include <charconv>
#include <parley/codecs/resp/detail/redis_call_words.hpp>

namespace parley::detail {
namespace {

// Longer ones are no channels that a caller made for its answers.
constexpr std::size_t longest_channel = 512;

// The word up to the next space; the rest is left. A line without one is its last word.
std::string_view take_word(std::string_view& line) noexcept {
  const std::size_t end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == line.npos ? line.size() : end + 1);
  return word;
}

bool read_all(std::string_view word, std::uint64_t& number) noexcept {
  const char* const end = word.data() + word.size();
  const auto [at, fault] = std::from_chars(word.data(), end, number);
  return fault == std::errc() && at == end && !word.empty();
}

// The first line, and what stands behind it.
struct parts {
  std::string_view line;
  byte_view rest;
};
std::optional<parts> split(byte_view bytes) noexcept {
  const std::string_view all = as_text(bytes);
  const std::size_t end = all.find('\n');
  if (end == all.npos) return std::nullopt;
  return parts{all.substr(0, end), bytes.subspan(end + 1)};
}

}  // namespace

std::string redis_request_channel(std::string_view name) {
  return "parley:call:" + std::string(name);
}

std::string redis_reply_channel(byte_view random) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string channel = "parley:reply:";
  for (const std::byte b : random) {
    channel += digits[std::to_integer<std::size_t>(b >> 4)];
    channel += digits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return channel;
}

std::string to_bytes(const redis_request& r) {
  std::string bytes(r.reply_to);
  bytes.append(" ").append(std::to_string(r.number));
  bytes.append(" ").append(std::to_string(r.patience.count())).append("\n");
  return bytes.append(as_text(r.payload));
}

std::optional<redis_request> read_redis_request(byte_view bytes) noexcept {
  auto all = split(bytes);
  if (!all) return std::nullopt;
  redis_request r;
  std::uint64_t patience = 0;
  r.reply_to = take_word(all->line);
  if (r.reply_to.empty() || r.reply_to.size() > longest_channel) return std::nullopt;
  if (!read_all(take_word(all->line), r.number)) return std::nullopt;
  if (!read_all(take_word(all->line), patience) || !all->line.empty()) return std::nullopt;
  // A claim is no record: it goes after a day at the latest.
  constexpr std::uint64_t longest = std::chrono::milliseconds(std::chrono::hours(24)).count();
  r.patience = std::chrono::milliseconds(std::min(patience, longest));
  r.payload = all->rest;
  return r;
}

std::string redis_claim_key(const redis_request& r) {
  return "parley:claim:" + std::string(r.reply_to) + ":" + std::to_string(r.number);
}

std::string to_bytes(const redis_answer& a) {
  std::string bytes = std::to_string(a.number);
  if (a.error_name.empty()) {
    bytes += " ok\n";
  } else {
    bytes.append(" error ").append(a.error_name).append("\n");
  }
  return bytes.append(as_text(a.payload));
}

std::optional<redis_answer> read_redis_answer(byte_view bytes) noexcept {
  auto all = split(bytes);
  if (!all) return std::nullopt;
  redis_answer a;
  if (!read_all(take_word(all->line), a.number)) return std::nullopt;
  const std::string_view verdict = take_word(all->line);
  const bool is_error = verdict == "error";
  if (!is_error && verdict != "ok") return std::nullopt;
  if (all->line.empty() == is_error) return std::nullopt;
  a.error_name = all->line;
  a.payload = all->rest;
  return a;
}

}  // namespace parley::detail
