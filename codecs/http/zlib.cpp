#include <algorithm>
#include <new>
#include <parley/codecs/http/detail/zlib.hpp>

#if !defined(PARLEY_NO_ZLIB)
// Without it, zlib's input is not const.
#define ZLIB_CONST
#include <zlib.h>

namespace parley::http::detail {
namespace {

// From where the rest of the program has its memory, so that a limit on that one holds here too.
void* allocate(void*, unsigned items, unsigned size) {
  return ::operator new(std::size_t{items} * size, std::nothrow);
}
void release(void*, void* block) { ::operator delete(block); }

z_stream empty_stream() noexcept {
  z_stream z{};
  z.zalloc = allocate;
  z.zfree = release;
  return z;
}

// zlib's parameter windowBits: the window, and the wrapper in the same number.
int window_of(wrapper around, int bits) noexcept {
  if (around == wrapper::gzip) return bits + 16;
  return around == wrapper::zlib ? bits : -bits;
}

int zlib_flush(flush how) noexcept {
  if (how == flush::finish) return Z_FINISH;
  return how == flush::sync ? Z_SYNC_FLUSH : Z_NO_FLUSH;
}

zlib_state state_of(int code) noexcept {
  switch (code) {
    case Z_OK:
    case Z_BUF_ERROR:  // no progress was possible, which is no error
      return zlib_state::going_on;
    case Z_STREAM_END:
      return zlib_state::ended;
    case Z_MEM_ERROR:
      return zlib_state::out_of_memory;
    default:  // also Z_NEED_DICT: HTTP has no dictionaries
      return zlib_state::corrupt;
  }
}

template <class Call>
zlib_step call(z_stream& z, byte_view in, std::span<std::byte> out, Call run) noexcept {
  constexpr std::size_t most = std::size_t{1} << 30;
  // zlib refuses null even where there is no room.
  Bytef nowhere = 0;
  z.next_in = reinterpret_cast<const Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(std::min(in.size(), most));
  z.next_out = out.empty() ? &nowhere : reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(std::min(out.size(), most));
  const uInt had_in = z.avail_in;
  const uInt had_out = z.avail_out;
  const int code = run(z);
  const zlib_step done{state_of(code), had_in - z.avail_in, had_out - z.avail_out};
  z.next_in = nullptr;
  z.next_out = nullptr;
  return done;
}

}  // namespace

// zlib's state points back at its stream, which therefore never moves.
struct inflate_stream {
  z_stream z = empty_stream();
};
struct deflate_stream {
  z_stream z = empty_stream();
  spill rest;
};

bool has_zlib() noexcept { return true; }

void free_stream::operator()(inflate_stream* stream) const noexcept {
  inflateEnd(&stream->z);
  delete stream;
}
void free_stream::operator()(deflate_stream* stream) const noexcept {
  deflateEnd(&stream->z);
  delete stream;
}

inflate_stream* make_inflate(wrapper around, int window_bits) noexcept {
  auto* made = new (std::nothrow) inflate_stream;
  if (made && inflateInit2(&made->z, window_of(around, window_bits)) != Z_OK) {
    delete made;
    return nullptr;
  }
  return made;
}

deflate_stream* make_deflate(wrapper around, const deflate_shape& how) noexcept {
  auto* made = new (std::nothrow) deflate_stream;
  if (made && deflateInit2(&made->z, how.level, Z_DEFLATED, window_of(around, how.window_bits),
                           how.memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
    delete made;
    return nullptr;
  }
  return made;
}

void restart(inflate_stream& stream, wrapper around, int window_bits) noexcept {
  inflateReset2(&stream.z, window_of(around, window_bits));
}

// inflateReset() but for the window.
void go_on(inflate_stream& stream) noexcept { inflateResetKeep(&stream.z); }

bool is_between_blocks(const inflate_stream& stream) noexcept {
  // zlib's manual on inflate(): 128 is added behind the end of a block, 64 inside the last one, and
  // the rest counts bits that were read and not used.
  return (stream.z.data_type & 0xFF) == 128;
}

void restart(deflate_stream& stream) noexcept {
  deflateReset(&stream.z);
  stream.rest = {};
}

zlib_step advance(inflate_stream& stream, byte_view in, std::span<std::byte> out) noexcept {
  return call(stream.z, in, out, [](z_stream& z) { return inflate(&z, Z_NO_FLUSH); });
}

zlib_step advance(deflate_stream& stream, byte_view in, std::span<std::byte> out,
                  flush how) noexcept {
  return call(stream.z, in, out, [&](z_stream& z) {
    // A piece that was cut to zlib's numbers is not the last one.
    return deflate(&z, z.avail_in < in.size() ? Z_NO_FLUSH : zlib_flush(how));
  });
}

spill& spill_of(deflate_stream& stream) noexcept { return stream.rest; }

}  // namespace parley::http::detail

#else

namespace parley::http::detail {

struct inflate_stream {};
struct deflate_stream {
  spill rest;
};

bool has_zlib() noexcept { return false; }

void free_stream::operator()(inflate_stream* stream) const noexcept { delete stream; }
void free_stream::operator()(deflate_stream* stream) const noexcept { delete stream; }

inflate_stream* make_inflate(wrapper, int) noexcept { return nullptr; }
deflate_stream* make_deflate(wrapper, const deflate_shape&) noexcept { return nullptr; }
void restart(inflate_stream&, wrapper, int) noexcept {}
void restart(deflate_stream&) noexcept {}
void go_on(inflate_stream&) noexcept {}
bool is_between_blocks(const inflate_stream&) noexcept { return false; }
zlib_step advance(inflate_stream&, byte_view, std::span<std::byte>) noexcept {
  return {.state = zlib_state::corrupt};
}
zlib_step advance(deflate_stream&, byte_view, std::span<std::byte>, flush) noexcept {
  return {.state = zlib_state::corrupt};
}
spill& spill_of(deflate_stream& stream) noexcept { return stream.rest; }

}  // namespace parley::http::detail

#endif
