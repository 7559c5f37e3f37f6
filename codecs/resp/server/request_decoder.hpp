// Requests of Redis clients: bytes to words. Multi-bulk requests, as programs send
// them, and inline ones, as people type them into telnet.
//
//   request_decoder decoder(limits);
//   auto r = decoder.decode(input, words);    // input: from the request's first byte
//   if (r.status == request_status::complete) {
//     serve(words.first(r.words));            // views of the input
//     input = input.subspan(r.consumed);
//   }
//
// What is refused, and in which words, is what Redis 7.0 does; so is what is let
// through (the two bytes behind a string are not looked at).
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/core/bytes.hpp>
#include <span>
#include <string>
#include <string_view>

namespace parley::resp {

// What a server accepts from a client. Every declared length is checked against
// these before a byte is kept for it.
struct request_limits {
  // Words of one request: 16 bytes each in memory, 6 or more on the wire. 1 Mi is
  // what Redis accepted until 7.0; no command line is longer in practice.
  std::uint32_t max_arguments = std::uint32_t{1} << 20;

  // Bytes of one word; Redis' own default (proto-max-bulk-len).
  std::size_t max_bulk = std::size_t{512} << 20;

  // Bytes of a line without its end: inline commands, and the heads of multi-bulk
  // requests and strings. A line has no declared length.
  std::size_t max_inline = std::size_t{64} << 10;

  // Bytes of one request, which must be in memory as a whole: the largest string
  // and some words beside it. Grown by what arrived, never by what was declared.
  std::size_t request_budget = (std::size_t{512} << 20) + (std::size_t{1} << 20);

  // The same before the client has said who it is: enough for HELLO and AUTH.
  std::uint32_t unauthenticated_arguments = 10;
  std::size_t unauthenticated_bulk = std::size_t{16} << 10;
};

enum class request_status : std::uint8_t {
  need_data,  // call again with more bytes behind the same ones
  complete,   // a request; without words it is an empty line, to be skipped
  no_room,    // call again with more room behind the same words
  failed,     // for good: see fault_text()
};

// What came of one call of decode().
struct request_decode {
  request_status status = request_status::need_data;
  std::size_t consumed = 0;  // of a complete request; else 0
  std::size_t words = 0;
};

// Keeps where it stopped, so that nothing is scanned twice. No heap. The limits are
// borrowed.
class request_decoder {
 public:
  explicit request_decoder(const request_limits& limits) noexcept : limits_(&limits) {}

  // Decodes one request. `in` begins with its first byte and holds everything that
  // came since; between calls the bytes may have moved, which is noticed, and the
  // words so far are turned to the new place. Words are views of `in`; those of inline
  // commands are unquoted there, in place.
  request_decode decode(std::span<std::byte> in, std::span<std::string_view> words) noexcept;

  // False: the smaller limits hold. True at first.
  void set_authenticated(bool on) noexcept { authenticated_ = on; }
  // True between requests.
  bool is_idle() const noexcept { return pos_ == 0 && scanned_ == 0; }

  // After `failed`: "Protocol error: invalid bulk length". Without CR and LF.
  std::string fault_text() const;

 private:
  enum class fault : std::uint8_t {
    none,
    multibulk_length,
    unauthenticated_multibulk,
    multibulk_line,
    expected_dollar,
    bulk_length,
    unauthenticated_bulk,
    bulk_line,
    inline_line,
    quotes,
  };
  enum class shape : std::uint8_t { unknown, multibulk, line };
  enum class line_status : std::uint8_t { ok, not_a_number, need_data, too_long };

  line_status read_number(std::string_view in, std::int64_t& number) noexcept;
  line_status read_number_slowly(std::string_view in, std::int64_t& number) noexcept;
  request_decode begin_multibulk(std::string_view in) noexcept;
  request_decode decode_strings(std::string_view in, std::span<std::string_view> words) noexcept;
  bool read_length(std::string_view in, request_decode& stopped) noexcept;
  request_decode decode_line(std::span<std::byte> in, std::span<std::string_view> words) noexcept;
  bool find_line(std::string_view in, request_decode& stopped) noexcept;
  request_decode fail(fault why) noexcept;
  request_decode finish(std::size_t consumed) noexcept;

  const request_limits* limits_;
  const char* base_ = nullptr;  // where the words so far lie
  std::size_t pos_ = 0;         // behind what was decoded
  std::size_t scanned_ = 0;     // up to here there is no line end
  std::size_t line_end_ = 0;    // of an inline command: its LF
  std::int64_t bulk_ = -1;      // the length of the string at pos_, once known
  std::uint32_t count_ = 0;     // words so far
  std::uint32_t left_ = 0;      // strings that are missing
  shape shape_ = shape::unknown;
  fault fault_ = fault::none;
  char got_ = 0;  // instead of '$'
  bool authenticated_ = true;
};

}  // namespace parley::resp
