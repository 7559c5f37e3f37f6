// What a RESP decoder accepts from its peer. Every length that the peer declares
// is checked against these before a single byte is kept for it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::resp {

// The deepest nesting that any setting of `limits::max_depth` can allow: the
// decoder's state is an array of this many counters, so that it needs no heap.
inline constexpr std::uint32_t depth_capacity = 64;

// Lines up to this length are never refused: "OK" and the like are short cuts.
inline constexpr std::size_t smallest_max_line = 16;

struct limits {
  // Bytes of one top-level reply, framing and attributes included. 64 MiB holds
  // every sane answer (a SCAN page, a hash of a million short fields) and keeps
  // one bad peer from filling the memory of a process with many connections.
  // Strings delivered in parts do not count, only their framing does.
  std::size_t reply_budget = std::size_t{64} << 20;

  // Bytes of one bulk string. The server's own limit (proto-max-bulk-len) is
  // 512 MiB by default. It matters only above the budget, that is with parts.
  std::size_t max_bulk = std::size_t{512} << 20;

  // Bytes of one simple string, error, double or big number, without its CR LF:
  // lines have no declared length. 64 KiB is what the server accepts in one line.
  // Less than smallest_max_line counts as that.
  std::size_t max_line = std::size_t{64} << 10;

  // Aggregates that may be open inside each other. Real replies stay below 8
  // (XINFO STREAM FULL); COMMAND DOCS and user functions need some more.
  std::uint32_t max_depth = 32;

  // Bulk strings longer than this are delivered in parts as they arrive and need
  // never be in memory as a whole. 0: never, each string is one node. A useful
  // value is 1 MiB: below it, copying costs less than handling parts.
  std::size_t parts_above = 0;
};

}  // namespace parley::resp
