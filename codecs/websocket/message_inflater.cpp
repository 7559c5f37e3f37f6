#include <algorithm>
#include <array>
#include <cstring>
#include <parley/codecs/http/detail/zlib.hpp>
#include <parley/codecs/websocket/deflate.hpp>

namespace parley::websocket {

namespace zlib = http::detail;

namespace {

// What the sender has left out at the end of a message (RFC 7692 section 7.2.2).
constexpr auto tail =
    std::to_array<std::byte>({std::byte{0}, std::byte{0}, std::byte{0xFF}, std::byte{0xFF}});

// Payloads up to this size are copied together with the tail: a call of zlib costs more.
constexpr std::size_t joined_size = 256;

// The most that zlib writes before the ratio is judged again: a large room must not hide a bomb.
constexpr std::size_t judged_output = std::size_t{64} << 10;

}  // namespace

// One call of decode().
struct message_inflater::run {
  byte_view in;
  std::span<std::byte> out;
  inflate_result& result;  // of the caller: a copy at the end would wait for what was just stored
};

// Peers that write with a window of 8 bits are read with one of 9: old versions of zlib wrote with
// that instead, and said nothing.
message_inflater::message_inflater(role own, const deflate_agreement& agreed,
                                   const deflate_settings& ours, std::uint64_t max_size) noexcept
    : max_size_(max_size),
      max_ratio_(ours.max_ratio),
      window_bits_(9),
      takes_over_(agreed.takes_over(own == role::client ? role::server : role::client)) {
  const std::uint8_t bits = agreed.window_bits(own == role::client ? role::server : role::client);
  window_bits_ = std::clamp(bits, window_bits_, std::uint8_t{zlib::full_window});
}

std::optional<error> message_inflater::fault() const noexcept {
  if (phase_ != phase::failed) return std::nullopt;
  switch (reason_) {
    case reason::too_large:
      return error(errc::message_too_large);
    case reason::too_far:
      return error(errc::inflates_too_far);
    case reason::no_memory:
      return error(parley::errc::out_of_memory);
    default:
      return error(errc::bad_deflate);
  }
}

bool message_inflater::fail(reason why) noexcept {
  phase_ = phase::failed;
  reason_ = why;
  return false;
}

std::size_t message_inflater::room_left() const noexcept {
  return static_cast<std::size_t>(std::min<std::uint64_t>(max_size_ - total_out_, judged_output));
}

bool message_inflater::is_bomb() const noexcept {
  if (max_ratio_ == 0 || total_out_ <= deflate_free_output) return false;
  return total_out_ / max_ratio_ > total_in_;
}

bool message_inflater::release() noexcept {
  if (phase_ == phase::between && !takes_over_) stream_.reset();
  return stream_ == nullptr;
}

inflate_result message_inflater::decode(byte_view in, std::span<std::byte> out,
                                        bool last) noexcept {
  inflate_result result;
  run r{in, out, result};
  if (phase_ != phase::between || begin()) {
    while (phase_ == phase::inside && step(r, last)) continue;
  }
  if (phase_ == phase::failed) result.status = inflate_status::failed;
  return result;
}

// Makes all ready for a message.
bool message_inflater::begin() noexcept {
  if (!stream_) {
    stream_.reset(zlib::make_inflate(zlib::wrapper::none, window_bits_));
    if (!stream_) return fail(reason::no_memory);
  } else if (!takes_over_) {
    zlib::restart(*stream_, zlib::wrapper::none, window_bits_);
  }
  total_in_ = 0;
  total_out_ = 0;
  tail_ = 0;
  fresh_ = true;
  pending_ = false;
  phase_ = phase::inside;
  return true;
}

// One call of zlib at most. False at the end of the call.
bool message_inflater::step(run& r, bool last) noexcept {
  if (last && tail_ == 0 && !r.in.empty() && r.in.size() <= joined_size) return step_joined(r);
  if (!r.in.empty()) return advance(r, r.in, r.in.size());
  if (!last) return pending_ && advance(r, {}, 0);
  // Where nothing was begun there is nothing to be ended: in a message of no bytes, and behind a
  // final block that is the end of the message.
  if (fresh_ && tail_ == 0) return end_message(r);
  return advance(r, byte_view(tail).subspan(tail_), 0);
}

bool message_inflater::step_joined(run& r) noexcept {
  std::array<std::byte, joined_size + tail.size()> all;
  std::memcpy(all.data(), r.in.data(), r.in.size());
  std::memcpy(all.data() + r.in.size(), tail.data(), tail.size());
  return advance(r, byte_view(all).first(r.in.size() + tail.size()), r.in.size());
}

// Of the bytes in `from` the first are those of the input, the others the tail.
bool message_inflater::advance(run& r, byte_view from, std::size_t of_input) noexcept {
  // At the limit one byte shows whether there is more.
  std::byte beyond{};
  const std::size_t left = room_left();
  const auto room = left == 0 ? std::span(&beyond, 1) : r.out.first(std::min(r.out.size(), left));
  const zlib::zlib_step did = zlib::advance(*stream_, from, room);
  took(r, did.consumed, of_input);
  if (left == 0 && did.produced != 0) return fail(reason::too_large);
  total_out_ += did.produced;
  r.result.produced += did.produced;
  if (left != 0) r.out = r.out.subspan(did.produced);
  if (did.state == zlib::zlib_state::corrupt) return fail(reason::corrupt);
  if (did.state == zlib::zlib_state::out_of_memory) return fail(reason::no_memory);
  if (is_bomb()) return fail(reason::too_far);
  pending_ = did.produced == room.size();
  if (did.state == zlib::zlib_state::ended) {
    // The format goes on behind a final block, and may look back at what came before.
    zlib::go_on(*stream_);
    fresh_ = true;
    pending_ = false;
    return tail_ < tail.size() || end_message(r);
  }
  if (tail_ == tail.size() && zlib::is_between_blocks(*stream_)) return end_message(r);
  r.result.status = pending_ ? inflate_status::out_full : inflate_status::need_data;
  // Not at the end of the room, only of what is done at once.
  if (pending_) return !r.out.empty();
  // All was read, and a block has not ended.
  if (tail_ == tail.size()) return fail(reason::corrupt);
  return did.consumed != 0;
}

void message_inflater::took(run& r, std::size_t consumed, std::size_t of_input) noexcept {
  const std::size_t n = std::min(consumed, of_input);
  tail_ = static_cast<std::uint8_t>(tail_ + consumed - n);
  total_in_ += n;
  r.result.consumed += n;
  r.in = r.in.subspan(n);
  if (consumed != 0) fresh_ = false;
}

bool message_inflater::end_message(run& r) noexcept {
  phase_ = phase::between;
  r.result.status = inflate_status::done;
  return false;
}

}  // namespace parley::websocket
