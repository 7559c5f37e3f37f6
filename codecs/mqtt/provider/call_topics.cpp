#include <charconv>
#include <parley/codecs/mqtt/provider/call_topics.hpp>

namespace parley::detail {
namespace {

bool is_plain(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

std::string mqtt_level_of(std::string_view client_id) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string level;
  for (const char c : client_id) {
    if (is_plain(c)) {
      level += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    level += '%';
    level += digits[byte >> 4];
    level += digits[byte & 15];
  }
  return level;
}

std::string mqtt_reply_prefix(std::string_view client_id) {
  return "parley/reply/" + mqtt_level_of(client_id) + "/";
}

std::string mqtt_request_topic(std::string_view name, std::string_view client_id, std::uint64_t n) {
  return std::string(name) + "/call/" + mqtt_level_of(client_id) + "/" + std::to_string(n);
}

std::optional<std::string> mqtt_reply_topic(std::string_view name, std::string_view request) {
  constexpr std::string_view call = "/call/";
  if (!request.starts_with(name)) return std::nullopt;
  request.remove_prefix(name.size());
  if (!request.starts_with(call)) return std::nullopt;
  return "parley/reply/" + std::string(request.substr(call.size()));
}

std::optional<mqtt_answer_of> read_mqtt_answer(std::string_view rest) noexcept {
  mqtt_answer_of read;
  const char* const end = rest.data() + rest.size();
  const auto [at, fault] = std::from_chars(rest.data(), end, read.number);
  if (fault != std::errc()) return std::nullopt;
  const std::string_view behind(at, static_cast<std::size_t>(end - at));
  read.is_error = behind == "/error";
  if (!behind.empty() && !read.is_error) return std::nullopt;
  return read;
}

}  // namespace parley::detail
