// Finds the lines of a head and the end of each line's name, 64 bytes at a time. Internal.
//
// Per block four bit masks are computed: token characters, CR, LF, and forbidden controls. Adding
// the line starts to the token mask carries each line's start to its first byte that is no token:
// one addition finds the ends of all names in a block, without a loop. Positions are collected in
// an array, and a second loop makes fields of them, so that no branch depends on the text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace parley::http {
enum class scan_level : std::uint8_t;
}

namespace parley::http::detail {

struct line_scan {
  std::uint32_t lines = 0;  // complete ones, without the empty line that ends the head
  std::uint32_t end = 0;    // offset behind the last of them, or behind the empty line
  bool head_done = false;   // the empty line is there
  bool bad = false;         // a fault somewhere; the careful decoder says where, or finds none
  bool more = false;        // stopped early: call again at `end`
};

// Of each line two positions, relative to the text: the end of its name and its CR.
inline constexpr std::size_t scan_capacity = 256;
struct position_array {
  std::array<std::uint16_t, scan_capacity + 128> at;
};

// The most that one scan looks at, since positions have 16 bits.
inline constexpr std::size_t scan_reach = 65'536 - 64;

// A head of less than 64 bytes: the same as bits, which are walked where they are. Bits behind the
// head are not set.
struct short_scan {
  std::uint64_t marks = 0;  // the end of each name, and each CR: two for each line
  std::uint64_t lines = 0;  // each LF of a complete line
  std::uint32_t end = 0;
  bool head_done = false;
  bool bad = false;
};

// Reads no byte outside of [text, text + size). `text` begins a line; size > 0.
// The result goes through memory on purpose: a struct of small members that is returned in
// registers is put together from bytes that were just stored, which stalls.
using line_scanner = void (*)(const char* text, std::size_t size, position_array& positions,
                              line_scan& out) noexcept;

// The same for less than 64 bytes.
using short_scanner = short_scan (*)(const char* text, std::size_t size) noexcept;

// One level's scanners. Static; null for none.
struct scanners {
  line_scanner lines;
  short_scanner few;
};

// The best of this processor that is not above `most`; null: there is none, and the careful
// decoder does all.
const scanners* find_scanners(scan_level most) noexcept;

}  // namespace parley::http::detail
