// zlib behind functions that know neither its header nor its numbers. In a build
// without it everything here fails, and is never reached.
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/codecs/http/content_coding.hpp>
#include <parley/core/bytes.hpp>
#include <span>

namespace parley::http::detail {

// What surrounds the deflate data: RFC 1952, RFC 1950, nothing.
enum class wrapper : std::uint8_t { gzip, zlib, none };

enum class zlib_state : std::uint8_t { going_on, ended, corrupt, out_of_memory };

// What one call of zlib did. It takes less than it is given where that exceeds the
// numbers of zlib.
struct zlib_step {
  zlib_state state = zlib_state::going_on;
  std::size_t consumed = 0;
  std::size_t produced = 0;
};

bool has_zlib() noexcept;

// The largest window, 32 KiB, as its logarithm; and zlib's own choice for what else it keeps.
inline constexpr int full_window = 15;
inline constexpr int usual_memory = 8;

// How a deflater is made: zlib's level, window and memory level.
struct deflate_shape {
  int level = 6;
  int window_bits = full_window;    // 9 to 15
  int memory_level = usual_memory;  // 1 to 9
};

// Null: no memory. A window of 8 to 15 bits.
inflate_stream* make_inflate(wrapper, int window_bits = full_window) noexcept;
deflate_stream* make_deflate(wrapper, const deflate_shape&) noexcept;

// Forgets all but the memory, for the next member or body. With the window of before no memory is
// freed.
void restart(inflate_stream&, wrapper, int window_bits = full_window) noexcept;
void restart(deflate_stream&) noexcept;

// Behind `ended`: what follows is deflate data again, and may look back at what came before.
void go_on(inflate_stream&) noexcept;

// All input is used up and the last of it ended a block and a byte: no output is held back.
bool is_between_blocks(const inflate_stream&) noexcept;

zlib_step advance(inflate_stream&, byte_view in, std::span<std::byte> out) noexcept;
zlib_step advance(deflate_stream&, byte_view in, std::span<std::byte> out, flush) noexcept;

// Output of a sync flush that found no room; goes out before everything else.
struct spill {
  std::byte bytes[32];
  std::uint8_t begin = 0;
  std::uint8_t end = 0;

  byte_view left() const noexcept { return {bytes + begin, bytes + end}; }
};
spill& spill_of(deflate_stream&) noexcept;

}  // namespace parley::http::detail
