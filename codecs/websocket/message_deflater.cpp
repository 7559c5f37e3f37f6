#include <algorithm>
#include <cstring>
#include <parley/codecs/http/detail/zlib.hpp>
#include <parley/codecs/websocket/deflate.hpp>

namespace parley::websocket {

namespace zlib = http::detail;

namespace {

// What ends a sync flush, and is left out of a message (RFC 7692 section 7.2.1).
constexpr std::size_t marker_size = 4;

// In less room a flush is written to the spill: one that ends where its room ends looks to zlib
// like one that lacks room, and begins anew.
constexpr std::size_t direct_room = 16;

}  // namespace

// One call of encode().
struct message_deflater::run {
  byte_view in;
  std::span<std::byte> out;
  deflate_result result;

  void took(std::size_t n) noexcept {
    in = in.subspan(n);
    result.consumed += n;
  }
  void wrote(std::size_t n) noexcept {
    out = out.subspan(n);
    result.produced += n;
  }
};

message_deflater::message_deflater(role own, const deflate_agreement& agreed,
                                   const deflate_settings& ours) noexcept
    : threshold_(ours.threshold),
      max_ratio_(ours.max_ratio),
      window_bits_(std::min(agreed.window_bits(own), std::uint8_t{zlib::full_window})),
      level_(std::clamp(ours.level, std::uint8_t{1}, std::uint8_t{9})),
      memory_level_(std::clamp(ours.memory_level, std::uint8_t{1}, std::uint8_t{9})),
      takes_over_(agreed.takes_over(own)) {}

// Makes zlib ready for the first byte of a message.
bool message_deflater::open() noexcept {
  if (!stream_) {
    if (window_bits_ > 8) {
      stream_.reset(zlib::make_deflate(zlib::wrapper::none, {level_, window_bits_, memory_level_}));
    }
    failed_ = stream_ == nullptr;
  } else if (stale_) {
    zlib::restart(*stream_);
  }
  stale_ = false;
  return !failed_;
}

deflate_result message_deflater::encode(byte_view in, std::span<std::byte> out,
                                        bool last) noexcept {
  run r{in, out, {}};
  if (failed_) return r.result;
  if (!begun_ && in.empty()) {
    // Nothing to be compressed, and zlib would write nothing between two flushes.
    r.result.done = !last || !out.empty();
    if (last && !out.empty()) {
      out[0] = std::byte{0};
      r.wrote(1);
    }
    return r.result;
  }
  if (!begun_ && !open()) return r.result;
  begun_ = true;
  if (!last) {
    deflate_some(r);
  } else if (flush_all(r)) {
    r.result.done = true;
    begun_ = false;
    flushed_ = false;
    stale_ = !takes_over_;
  }
  return r.result;
}

void message_deflater::release() noexcept {
  stream_.reset();
  failed_ = false;
}

void message_deflater::deflate_some(run& r) noexcept {
  while (!r.in.empty() && !r.out.empty()) {
    const zlib::zlib_step did = zlib::advance(*stream_, r.in, r.out, http::flush::none);
    r.took(did.consumed);
    r.wrote(did.produced);
  }
  r.result.done = r.in.empty();
}

// False if the room was used up before the end.
bool message_deflater::flush_all(run& r) noexcept {
  while (!deliver(r)) {
    if (r.out.empty()) return false;
    if (r.out.size() >= direct_room) {
      flush_into_room(r);
    } else {
      flush_into_spill(r);
    }
  }
  return true;
}

// Hands on what waits in the spill, but for what may turn out to be the marker. True at the end of
// the message.
bool message_deflater::deliver(run& r) noexcept {
  zlib::spill& rest = zlib::spill_of(*stream_);
  const std::size_t kept = flushed_ ? 0 : marker_size;
  const std::size_t ready = rest.left().size() - std::min(kept, rest.left().size());
  const std::size_t n = std::min(ready, r.out.size());
  if (n != 0) std::memcpy(r.out.data(), rest.left().data(), n);
  rest.begin = static_cast<std::uint8_t>(rest.begin + n);
  r.wrote(n);
  return flushed_ && rest.left().empty();
}

void message_deflater::flush_into_room(run& r) noexcept {
  zlib::spill& rest = zlib::spill_of(*stream_);
  const std::size_t before = rest.left().size();
  if (before != 0) std::memcpy(r.out.data(), rest.left().data(), before);
  const std::span<std::byte> room = r.out.subspan(before);
  const zlib::zlib_step did = zlib::advance(*stream_, r.in, room, http::flush::sync);
  r.took(did.consumed);
  flushed_ = did.produced < room.size() && r.in.empty();
  const std::size_t all = before + did.produced;
  const std::size_t kept = std::min(marker_size, all);
  rest.begin = 0;
  rest.end = 0;
  if (!flushed_) {
    std::memcpy(rest.bytes, r.out.data() + all - kept, kept);
    rest.end = static_cast<std::uint8_t>(kept);
  }
  r.wrote(all - kept);
}

void message_deflater::flush_into_spill(run& r) noexcept {
  zlib::spill& rest = zlib::spill_of(*stream_);
  // At most a marker is left, which the next one may overlap.
  const std::size_t before = rest.left().size();
  std::memmove(rest.bytes, rest.left().data(), before);
  const std::span<std::byte> room = std::span(rest.bytes).subspan(before);
  const zlib::zlib_step did = zlib::advance(*stream_, r.in, room, http::flush::sync);
  r.took(did.consumed);
  flushed_ = did.produced < room.size() && r.in.empty();
  rest.begin = 0;
  rest.end = static_cast<std::uint8_t>(before + did.produced - (flushed_ ? marker_size : 0));
}

shared_deflater::shared_deflater(const deflate_settings& ours) noexcept
    : coder_(role::server,
             {.server_no_context_takeover = true,
              .server_max_window_bits =
                  std::clamp(ours.own_max_window_bits, std::uint8_t{9}, std::uint8_t{15})},
             ours),
      window_bits_(std::clamp(ours.own_max_window_bits, std::uint8_t{9}, std::uint8_t{15})) {}

std::optional<byte_view> shared_deflater::compress(byte_view message) {
  const std::size_t enough = deflate_bound(message.size());
  if (room_.size() < enough) room_.resize(enough);
  std::size_t size = 0;
  for (;;) {
    const deflate_result r = coder_.encode(message, std::span(room_).subspan(size), true);
    size += r.produced;
    message = message.subspan(r.consumed);
    if (r.done) return byte_view(room_).first(size);
    if (coder_.has_failed()) {
      coder_.release();  // the next message may find memory
      return std::nullopt;
    }
    room_.resize(room_.size() * 2);
  }
}

std::optional<shared_bytes> shared_deflater::compress_shared(byte_view message) {
  const auto made = compress(message);
  if (!made) return std::nullopt;
  return shared_bytes::copy(*made);
}

void shared_deflater::release() noexcept {
  coder_.release();
  room_ = {};
}

}  // namespace parley::websocket
