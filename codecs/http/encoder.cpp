#include <charconv>
#include <cstring>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/detail/target.hpp>
#include <parley/codecs/http/encoder.hpp>
#include <parley/codecs/http/method.hpp>
#include <string>

namespace parley::http {
namespace {

std::byte* put_number(std::byte* to, std::uint64_t number, int base) noexcept {
  char* const at = reinterpret_cast<char*>(to);
  // 20 characters are enough for any, so this cannot fail.
  return reinterpret_cast<std::byte*>(std::to_chars(at, at + 20, number, base).ptr);
}

}  // namespace

result<void> check_header(const header& h) {
  if (!detail::is_token(h.name)) {
    return fail(parley::errc::invalid_argument,
                "the header name \"" + std::string(h.name) + "\" is no token");
  }
  // White space around a value would not arrive; inside it is the value's own.
  if (!detail::are_all(h.value, detail::value_char)) {
    return fail(parley::errc::invalid_argument,
                "the value of the header " + std::string(h.name) + " has a control character");
  }
  return {};
}

result<void> check_headers(std::span<const header> headers) {
  for (const header& h : headers) {
    if (auto ok = check_header(h); !ok) return ok;
  }
  return {};
}

result<void> check_request_line(std::string_view method, std::string_view target) {
  if (!detail::is_token(method)) {
    return fail(parley::errc::invalid_argument, "the method is no token");
  }
  target_form form{};
  if (!detail::is_target_text(target.data(), target.size()) ||
      !detail::find_target_form(parse_method(method), target, form)) {
    return fail(parley::errc::invalid_argument, "the target \"" + std::string(target) +
                                                    "\" is not one that " + std::string(method) +
                                                    " can have: a path begins with /, and "
                                                    "spaces and the like are %20");
  }
  return {};
}

result<void> check_reason(std::string_view reason) {
  if (detail::are_all(reason, detail::value_char)) return {};
  return fail(parley::errc::invalid_argument, "the reason has a control character");
}

std::size_t headers_bound(std::span<const header> headers) noexcept {
  std::size_t sum = 0;
  for (const header& h : headers) sum += header_bound(h);
  return sum;
}

std::byte* put_text(std::byte* to, std::string_view text) noexcept {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

std::byte* put_line_end(std::byte* to) noexcept {
  std::memcpy(to, "\r\n", 2);
  return to + 2;
}

std::byte* put_request_line(std::byte* to, std::string_view method,
                            std::string_view target) noexcept {
  to = put_text(to, method);
  *to++ = std::byte(' ');
  to = put_text(to, target);
  return put_text(to, " HTTP/1.1\r\n");
}

std::byte* put_status_line(std::byte* to, std::uint16_t status, std::string_view reason) noexcept {
  std::memcpy(to, "HTTP/1.1 ", 9);
  to[9] = static_cast<std::byte>('0' + status / 100 % 10);
  to[10] = static_cast<std::byte>('0' + status / 10 % 10);
  to[11] = static_cast<std::byte>('0' + status % 10);
  to[12] = std::byte(' ');
  return put_line_end(put_text(to + 13, reason));
}

std::byte* put_header(std::byte* to, const header& h) noexcept {
  to = put_text(to, h.name);
  std::memcpy(to, ": ", 2);
  return put_line_end(put_text(to + 2, h.value));
}

std::byte* put_headers(std::byte* to, std::span<const header> headers) noexcept {
  for (const header& h : headers) to = put_header(to, h);
  return to;
}

std::byte* put_content_length(std::byte* to, std::uint64_t size) noexcept {
  return put_line_end(put_number(put_text(to, "Content-Length: "), size, 10));
}

std::byte* put_chunk_head(std::byte* to, std::uint64_t size) noexcept {
  return put_line_end(put_number(to, size, 16));
}

}  // namespace parley::http
