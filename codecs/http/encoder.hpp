// The encoder of HTTP/1.1: functions that write at a pointer and return the place behind what they
// wrote. They allocate nothing and check no room; the *_bound beside each says how many bytes must
// be there. What comes from elsewhere goes through the checks first: a line break in a value would
// split the message (RFC 9112 section 11.1).
//
//   to = http::put_status_line(to, 200, http::reason_of(200));
//   to = http::put_header(to, {"Content-Type", "text/plain"});
//   to = http::put_content_length(to, body.size());
//   to = http::put_line_end(to);                        // and the head is complete
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/codecs/http/field.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <span>
#include <string_view>

namespace parley::http {

// errc::invalid_argument, with the name of the field, unless the name is a token and the value has
// no control character. Fields that frame (Content-Length, Transfer-Encoding, Connection, ...) are
// not refused here, but by the machines, which write them.
result<void> check_header(const header&);
result<void> check_headers(std::span<const header>);
// A method is a token, a target visible text; of a form that a decoder accepts.
result<void> check_request_line(std::string_view method, std::string_view target);
// May be empty; no control characters.
result<void> check_reason(std::string_view reason);

constexpr std::size_t request_line_bound(std::string_view method,
                                         std::string_view target) noexcept {
  return method.size() + target.size() + 12;
}
constexpr std::size_t status_line_bound(std::string_view reason) noexcept {
  return reason.size() + 15;
}
constexpr std::size_t header_bound(const header& h) noexcept {
  return h.name.size() + h.value.size() + 4;
}
// Of all of them.
std::size_t headers_bound(std::span<const header>) noexcept;
inline constexpr std::size_t content_length_bound = 16 + 20 + 2;
inline constexpr std::size_t chunk_head_bound = 16 + 2;
inline constexpr std::size_t line_end_size = 2;

// METHOD SP target SP HTTP/1.1 CRLF
std::byte* put_request_line(std::byte* to, std::string_view method,
                            std::string_view target) noexcept;
// HTTP/1.1 SP status SP reason CRLF; `status` has three digits.
std::byte* put_status_line(std::byte* to, std::uint16_t status, std::string_view reason) noexcept;
// Name: value CRLF
std::byte* put_header(std::byte* to, const header&) noexcept;
std::byte* put_headers(std::byte* to, std::span<const header>) noexcept;
// Content-Length: size CRLF
std::byte* put_content_length(std::byte* to, std::uint64_t size) noexcept;
std::byte* put_line_end(std::byte* to) noexcept;
// The size of a chunk and CRLF. The data follows, and put_line_end(). Never 0: that is the end,
// "0" CRLF, trailers, CRLF (RFC 9112 section 7.1).
std::byte* put_chunk_head(std::byte* to, std::uint64_t size) noexcept;
// Any text, as it is.
std::byte* put_text(std::byte* to, std::string_view) noexcept;

}  // namespace parley::http
