#include <algorithm>
#include <charconv>
#include <cstring>
#include <parley/codecs/http/event_stream.hpp>
#include <parley/core/text/scan.hpp>

namespace parley::http {
namespace {

// NUL belongs to the text.
constexpr std::string_view forbidden{"\r\n\0", 3};

char* chars(std::byte* p) noexcept { return reinterpret_cast<char*>(p); }
std::byte* bytes(char* p) noexcept { return reinterpret_cast<std::byte*>(p); }

char* put_text(char* to, std::string_view text) noexcept {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// The space is for the receiver to remove: without it a value's own first one would be.
char* put_line(char* to, std::string_view name, std::string_view value) noexcept {
  to = put_text(put_text(to, name), ": ");
  to = put_text(to, value);
  *to = '\n';
  return to + 1;
}

// A line of the format for each line of the text.
char* put_lines(char* to, std::string_view name, std::string_view text) noexcept {
  for (;;) {
    const std::size_t end = text::find_either(as_bytes(text), '\r', '\n');
    to = put_line(to, name, text.substr(0, end));
    if (end == text.size()) return to;
    const bool is_pair = text[end] == '\r' && text.substr(end + 1).starts_with('\n');
    text.remove_prefix(end + (is_pair ? 2 : 1));
  }
}

// Name, colon, space and LF.
constexpr std::size_t line_bound(std::string_view name) noexcept { return name.size() + 3; }

std::size_t lines_bound(std::string_view name, std::string_view text) noexcept {
  std::size_t lines = 1;
  for (std::size_t at = 0;; ++at) {
    at += text::find_either(as_bytes(text.substr(at)), '\r', '\n');
    if (at == text.size()) break;
    ++lines;
  }
  return text.size() + lines * line_bound(name);
}

char* put_number(char* to, std::chrono::milliseconds time) noexcept {
  char digits[20];
  const auto value = std::max<std::chrono::milliseconds::rep>(time.count(), 0);
  const char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return put_line(to, "retry", {digits, static_cast<std::size_t>(end - digits)});
}

}  // namespace

result<void> check_event(const server_event& event) {
  if (event.type.find_first_of(forbidden) != std::string_view::npos) {
    return fail(errc::invalid_argument, "the type of an event has a line end or NUL in it");
  }
  if (event.id.find_first_of(forbidden) != std::string_view::npos) {
    return fail(errc::invalid_argument, "the id of an event has a line end or NUL in it");
  }
  if (event.retry && event.retry->count() < 0) {
    return fail(errc::invalid_argument, "the retry time of an event is negative");
  }
  return {};
}

std::size_t event_bound(const server_event& event) noexcept {
  return line_bound("event") + event.type.size() + line_bound("id") + event.id.size() +
         retry_bound + lines_bound("data", event.data) + 1;
}

std::byte* put_event(std::byte* to, const server_event& event) noexcept {
  char* at = chars(to);
  const std::string_view type = event.type.substr(0, event.type.find_first_of(forbidden));
  const std::string_view id = event.id.substr(0, event.id.find_first_of(forbidden));
  if (!type.empty()) at = put_line(at, "event", type);
  if (!id.empty()) at = put_line(at, "id", id);
  if (event.retry) at = put_number(at, *event.retry);
  at = put_lines(at, "data", event.data);
  *at = '\n';
  return bytes(at + 1);
}

std::size_t comment_bound(std::string_view text) noexcept { return lines_bound("", text); }

std::byte* put_comment(std::byte* to, std::string_view text) noexcept {
  return bytes(put_lines(chars(to), "", text));
}

std::byte* put_retry(std::byte* to, std::chrono::milliseconds time) noexcept {
  char* at = put_number(chars(to), time);
  *at = '\n';
  return bytes(at + 1);
}

}  // namespace parley::http
