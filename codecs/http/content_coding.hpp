// Content codings: gzip and deflate, streaming, in both directions (RFC 9110
// section 8.4.1, RFC 1950 to 1952). No byte of a body is kept here but what the
// format itself looks back at.
//
//   http::inflater body(http::coding::gzip, {.max_output = 1 << 20});
//   for (;;) {
//     const auto r = body.decode(in, room);
//     use(room.first(r.produced));
//     in = in.subspan(r.consumed);
//     if (r.status == http::inflate_status::failed) return refuse(*body.fault());
//     if (r.status != http::inflate_status::out_full) break;   // wait for more
//   }
//   ...
//   if (!body.finish()) return refuse(*body.fault());          // at the end of the body
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <parley/core/buffer/shared_bytes.hpp>
#include <parley/core/bytes.hpp>
#include <span>
#include <string_view>

namespace parley::http {

// The codings that we speak. Identity is a body as it is.
enum class coding : std::uint8_t { identity, gzip, deflate };

// "identity", "gzip", "deflate": as it stands in Content-Encoding.
std::string_view to_string(coding) noexcept;

// The coding of that name in any case; "x-gzip" is gzip (RFC 9110 section
// 8.4.1.3). Nothing for every other name, a list of several ones included.
std::optional<coding> parse_coding(std::string_view name) noexcept;

// False for gzip and deflate in a build without zlib. Making an inflater or a
// deflater of such a coding gives one that has failed: coding_fault::unavailable.
bool coding_is_available(coding) noexcept;

// What to send to a client with this Accept-Encoding (RFC 9110 section 12.5.3):
// the available coding of the highest weight; of equal ones gzip before deflate
// before identity. Identity if nothing else is acceptable, the field is empty or
// malformed: a body without a coding is what every client understands. Of a
// coding that is named twice the lower weight counts.
coding choose_coding(std::string_view accept_encoding) noexcept;

// Why a body cannot be decoded, or encoded.
enum class coding_fault : std::uint8_t {
  corrupt,        // not the format, a wrong checksum, or bytes behind the end
  too_large,      // inflate_limits::max_output
  bomb,           // inflate_limits::max_ratio
  truncated,      // the body ended before its format did: only from finish()
  out_of_memory,  // no memory for the state of zlib
  unavailable,    // built without zlib
};

// What is accepted of one body, however short it is on the wire.
struct inflate_limits {
  // Bytes of one body, decoded. Without a limit the caller has to count what it
  // keeps; decoding itself needs the same memory for every body.
  std::size_t max_output = std::numeric_limits<std::size_t>::max();

  // How many bytes one byte of input may become, over the whole body so far. The
  // format reaches 1032, text and JSON 3 to 20, tables of zeros 100. 0: no limit.
  unsigned max_ratio = 200;
};

// The ratio is judged beyond this much output: short bodies of equal bytes exceed
// every ratio and harm nobody.
inline constexpr std::size_t ratio_free_output = std::size_t{64} << 10;

enum class inflate_status : std::uint8_t {
  need_data,  // all input is used up: come again with more, or finish()
  out_full,   // there is more output, perhaps: call again with the rest and new room
  done,       // all input is used up and the body may end here
  failed,     // for ever; fault() says why. No checksum vouches for what was produced.
};

// How far a call of decode() came.
struct inflate_result {
  inflate_status status = inflate_status::need_data;
  std::size_t consumed = 0;
  std::size_t produced = 0;
};

namespace detail {
struct inflate_stream;
struct deflate_stream;
struct free_stream {
  void operator()(inflate_stream* stream) const noexcept;
  void operator()(deflate_stream* stream) const noexcept;
};
}  // namespace detail

// Decodes one body. The output does not depend on where the input is cut.
//
// gzip: one or more members, whose data is joined (RFC 1952 section 2.2). deflate:
// the format of zlib, and as some servers send it, bare deflate data (the note of
// RFC 9110 section 8.4.1.2); the first two bytes tell. All checksums are verified.
// Identity is a copy, bounded by max_output.
//
// The state of zlib, at most 40 KiB, is on the heap from the first byte of a body.
// After a move the source may only be assigned to or destroyed.
class inflater {
 public:
  explicit inflater(coding how, const inflate_limits& bounds = {}) noexcept;

  // Decodes until the input or the room is used up. Afterwards drop `consumed`
  // bytes of the input. Bytes that precede a fault are delivered along with
  // `failed`; every later call says `failed` again and consumes nothing.
  inflate_result decode(byte_view in, std::span<std::byte> out) noexcept;

  // The body has ended: true if it was whole. Otherwise the fault is `truncated`,
  // or what it was before. To call once decode() has used up all input. A body of
  // no bytes at all is whole: servers send such with every coding.
  [[nodiscard]] bool finish() noexcept;

  // Why it failed, or nothing.
  std::optional<coding_fault> fault() const noexcept {
    return phase_ == phase::failed ? std::optional(fault_) : std::nullopt;
  }

  // For the next body of the same coding: forgets all but the limits, and keeps
  // the memory.
  void reset() noexcept;

  // Bytes of this body so far.
  std::uint64_t total_in() const noexcept { return total_in_; }
  std::uint64_t total_out() const noexcept { return total_out_; }

 private:
  enum class phase : std::uint8_t {
    start,   // no byte yet
    sniff,   // the first of the two bytes that tell is in first_
    inside,  // in a member
    whole,   // behind a member
    failed,
  };
  struct run;

  // Each returns false at the end of the call.
  bool copy(run& r) noexcept;
  bool begin(run& r) noexcept;
  bool advance(run& r) noexcept;
  bool open(byte_view in) noexcept;
  bool fail(coding_fault why) noexcept;
  std::size_t room_left() const noexcept;
  bool is_bomb() const noexcept;

  std::unique_ptr<detail::inflate_stream, detail::free_stream> stream_;
  inflate_limits limits_;
  std::uint64_t total_in_ = 0;
  std::uint64_t total_out_ = 0;
  coding coding_;
  phase phase_ = phase::start;
  coding_fault fault_{};
  std::byte first_{};
};

enum class flush : std::uint8_t {
  none,    // zlib chooses when to write: for all but the last piece of a body
  sync,    // everything so far can be decoded: for streams, at the end of a message
  finish,  // the end of the body
};

// How far a call of encode() came.
struct deflate_result {
  std::size_t consumed = 0;
  std::size_t produced = 0;
  // All input is taken and what `flush` promises has been written. False: call
  // again with the rest of the input, new room and the same `flush`, or it failed.
  bool done = false;
};

// A balance of time and size; from 7 on it takes much longer for very little.
inline constexpr int default_level = 6;

// Encodes one body: gzip with an empty header, deflate in the format of zlib, or a
// copy. The memory is bounded whatever the body: 270 KiB, on the heap from the
// first call. After a move the source may only be assigned to or destroyed.
class deflater {
 public:
  // `level`: 1 (fast) to 9 (small), other values count as the nearest of these.
  explicit deflater(coding how, int level = default_level) noexcept;

  // Encodes until the input or the room is used up. Behind the end of the body
  // nothing is taken nor written. Any room will do, but a sync flush is shortest
  // where it fits with 7 bytes to spare.
  deflate_result encode(byte_view in, std::span<std::byte> out, flush how) noexcept;

  // out_of_memory or unavailable, or nothing.
  std::optional<coding_fault> fault() const noexcept { return fault_; }

  // For the next body, with the same coding and level; keeps the memory.
  void reset() noexcept;

 private:
  struct run;

  bool open() noexcept;
  void copy(run& r) noexcept;
  void advance(run& r, flush how) noexcept;
  bool drain(run& r) noexcept;
  bool is_flushed() noexcept;

  std::unique_ptr<detail::deflate_stream, detail::free_stream> stream_;
  std::optional<coding_fault> fault_;
  coding coding_;
  std::int8_t level_;
  bool over_ = false;
};

// A whole body, encoded: for a request or response that is not streamed. Nothing if the coding is
// unavailable or memory ends.
std::optional<shared_bytes> compressed(coding how, byte_view body, int level = default_level);

}  // namespace parley::http
