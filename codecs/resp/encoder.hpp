// The RESP encoder: functions that write at a pointer and return the place
// behind what they wrote. They allocate nothing and check no room; the *_bound
// function beside each says how many bytes must be there. `encoder` at the end
// is the same with checks.
//
//   std::array<std::string_view, 3> set{"SET", "key", "value"};
//   std::byte* to = room_for(resp::command_bound(set));
//   std::byte* end = resp::put_command(to, set);
//
// A large argument that is chained instead of copied:
//
//   to = resp::put_command_header(to, 3);
//   to = resp::put_bulk(to, "SET");
//   to = resp::put_bulk(to, key);
//   to = resp::put_bulk_header(to, payload.size());    // chain the payload here
//   to2 = resp::put_line_end(to2);                     // in the piece behind it
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <parley/codecs/resp/node.hpp>
#include <parley/core/bytes.hpp>

namespace parley::resp {

// The protocol version that a connection speaks, as HELLO numbers it.
enum class version : std::uint8_t { resp2 = 2, resp3 = 3 };

// Room for a type byte, 20 characters of a 64-bit number, and CR LF.
inline constexpr std::size_t header_bound = 23;
inline constexpr std::size_t line_end_size = 2;
// Room for a double: 17 digits, point, signs, exponent.
inline constexpr std::size_t double_bound = 32;

// Room for a string of `size` bytes with its framing, also as an error or a
// verbatim string.
constexpr std::size_t bulk_bound(std::size_t size) noexcept {
  return size + header_bound + line_end_size + 4;
}
// Room for put_command().
std::size_t command_bound(std::span<const std::string_view> arguments) noexcept;

// A whole command: an array of bulk strings, as servers of all versions expect.
std::byte* put_command(std::byte* to, std::span<const std::string_view> arguments) noexcept;

// The parts of a command: the number of arguments, then each argument. Integers
// travel as text.
std::byte* put_command_header(std::byte* to, std::size_t arguments) noexcept;  // header_bound
std::byte* put_bulk(std::byte* to, std::string_view) noexcept;                 // bulk_bound(size)
std::byte* put_bulk_integer(std::byte* to, std::int64_t) noexcept;             // bulk_bound(20)
std::byte* put_bulk_header(std::byte* to, std::size_t size) noexcept;          // header_bound
std::byte* put_line_end(std::byte* to) noexcept;                               // line_end_size

// Replies. A simple string or error must not contain CR or LF: the first one
// ends what is written, so that a message can never forge a second reply.
std::byte* put_simple(std::byte* to, std::string_view) noexcept;      // bulk_bound(size)
std::byte* put_error(std::byte* to, std::string_view) noexcept;       // bulk_bound(size)
std::byte* put_blob_error(std::byte* to, std::string_view) noexcept;  // bulk_bound(size)
std::byte* put_verbatim(std::byte* to, std::string_view format,
                        std::string_view) noexcept;                   // bulk_bound(size)
std::byte* put_integer(std::byte* to, std::int64_t) noexcept;         // header_bound
std::byte* put_big_number(std::byte* to, std::string_view) noexcept;  // bulk_bound(size)
std::byte* put_number(std::byte* to, double, version = version::resp3) noexcept;  // see below
std::byte* put_boolean(std::byte* to, bool, version = version::resp3) noexcept;   // header_bound
std::byte* put_null(std::byte* to, version = version::resp3) noexcept;            // header_bound
// Room for put_number(): a bulk string in RESP2.
inline constexpr std::size_t number_bound = bulk_bound(double_bound);

// The head of an aggregate; `count` values must follow (two per pair). In RESP2
// everything is an array; an attribute cannot be sent there and writes nothing.
std::byte* put_aggregate(std::byte* to, kind, std::size_t count,
                         version = version::resp3) noexcept;  // header_bound

// The same functions over a span with checks: what does not fit is not written,
// and is_full() then says so for good. For servers, tests and short commands.
class encoder {
 public:
  explicit encoder(std::span<std::byte> out, version v = version::resp3) noexcept
      : out_(out), version_(v) {}

  encoder& command(std::span<const std::string_view> arguments) noexcept;
  encoder& simple(std::string_view) noexcept;
  encoder& error(std::string_view) noexcept;
  encoder& blob(std::string_view) noexcept;
  encoder& blob_error(std::string_view) noexcept;
  encoder& verbatim(std::string_view format, std::string_view) noexcept;
  encoder& integer(std::int64_t) noexcept;
  encoder& big_number(std::string_view) noexcept;
  encoder& number(double) noexcept;
  encoder& boolean(bool) noexcept;
  encoder& null() noexcept;
  encoder& aggregate(kind, std::size_t count) noexcept;

  bool is_full() const noexcept { return full_; }
  std::size_t size() const noexcept { return size_; }
  byte_view written() const noexcept { return out_.first(size_); }

 private:
  std::byte* room(std::size_t bound) noexcept;
  encoder& done(const std::byte* end) noexcept;

  std::span<std::byte> out_;
  std::size_t size_ = 0;
  version version_;
  bool full_ = false;
};

}  // namespace parley::resp
