// The RESP2 and RESP3 decoder: bytes in, nodes out. No heap, no copy, no clock.
//
//   resp::decoder d;
//   std::array<resp::node, 64> nodes;
//   auto r = d.decode(input, nodes);
//   handle(std::span(nodes).first(r.count));     // views of `input`
//   input = input.subspan(r.consumed);           // keep the rest, append, call again
//   if (r.status == resp::decode_status::failed) give_up(*d.fault());
//
// It is strict: lines end with CR LF and nothing else; numbers are what the
// specification says they are. Where it differs from hiredis is written down in
// tests/vectors/resp/differences.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <parley/codecs/resp/errc.hpp>
#include <parley/codecs/resp/limits.hpp>
#include <parley/codecs/resp/node.hpp>
#include <parley/core/bytes.hpp>

namespace parley::resp {

enum class decode_status : std::uint8_t {
  ok,         // `out` is full, or decode_reply() has one whole reply: call again
  need_data,  // nothing more can be decoded from these bytes
  failed,     // the stream is broken for ever; decoder::fault() says why
};

// How far a call of decode() came.
struct decode_result {
  decode_status status = decode_status::need_data;
  std::size_t consumed = 0;  // bytes done with, never a part of a node
  std::size_t count = 0;     // nodes written; also valid nodes when failed
  std::size_t need = 0;      // with need_data: at least so many more bytes
};

// Decodes one stream of replies.
//
// Calls: decode() or decode_reply() with the bytes that are there; afterwards
// drop `consumed` bytes and call again, at once after `ok`, else when more bytes
// have been appended. The kept bytes may have moved in the meantime. Whatever
// the cuts between calls, the nodes are the same (strings in parts excepted:
// there only their concatenation is).
class decoder {
 public:
  decoder() noexcept : decoder(limits{}) {}
  explicit decoder(const limits&) noexcept;

  // Decodes until the input or the room in `out` is used up. Nodes that precede
  // a fault are delivered along with `failed`; every later call says `failed`
  // again and consumes nothing.
  decode_result decode(byte_view in, std::span<node> out) noexcept;

  // The same, but returns `ok` right behind a node with is_last(), so that the
  // caller can pair one reply with one command.
  decode_result decode_reply(byte_view in, std::span<node> out) noexcept;

  // True between two replies: nothing of a next one has been consumed. The
  // stream may end here if no bytes are left over either.
  bool is_idle() const noexcept { return depth_ == 0 && used_ == 0 && state_ == state::value; }

  // Why it failed, or nothing.
  std::optional<errc> fault() const noexcept {
    return state_ == state::failed ? std::optional(fault_) : std::nullopt;
  }

  // Forgets everything but the limits: for the next connection.
  void reset() noexcept { *this = decoder(limits_); }

 private:
  enum class state : std::uint8_t {
    value,  // at the first byte of a value
    chunk,  // inside a streamed string, at the ';' of its next chunk
    part,   // inside a string that is delivered in parts
    failed,
  };
  // What one call keeps in registers, and the two ways to read one value.
  struct run;
  struct quick;
  struct thorough;

  static bool has_reply(const run&, std::span<node> out) noexcept;
  template <bool one_reply>
  decode_result decode_as(byte_view in, std::span<node> out) noexcept;

  limits limits_;
  std::size_t whole_bulk_;           // strings up to this length are one node
  std::uint64_t used_ = 0;           // bytes of the current reply that were consumed
  std::uint64_t part_left_ = 0;      // bytes of a string in parts still to come
  std::uint64_t attribute_end_ = 0;  // where in the reply the latest attribute ended
  // Bit d is about the aggregate that is open at depth d.
  std::uint64_t attributes_ = 0;     // it is an attribute
  std::uint64_t streamed_ = 0;       // its length was not declared
  std::uint64_t streamed_maps_ = 0;  // so, and the number of its elements must be even
  std::size_t scanned_ = 0;          // bytes of an unfinished line known to hold no line end
  std::size_t need_ = 0;             // the hint for the caller
  std::uint32_t left_ = 0;           // values to come in the innermost open aggregate
  std::uint8_t depth_ = 0;           // open aggregates
  state state_ = state::value;
  errc fault_{};
  std::array<std::uint32_t, depth_capacity> outer_;  // left_ of the aggregates around it
};

}  // namespace parley::resp
