#include <algorithm>
#include <cstring>
#include <parley/codecs/http/content_coding.hpp>
#include <parley/codecs/http/detail/zlib.hpp>

namespace parley::http {
namespace {

// The most that zlib writes before the ratio is judged again: a large room must not
// hide a bomb.
constexpr std::size_t judged_output = ratio_free_output;

constexpr std::byte gzip_first{0x1F};  // RFC 1952 section 2.3.1

// RFC 1950 section 2.2: the method is 8, the window at most 32 KiB, and the two bytes
// are a multiple of 31. Bare data would have to begin with a stored block whose
// padding is not zero.
bool is_zlib_header(std::byte first, std::byte second) noexcept {
  const auto method = std::to_integer<unsigned>(first);
  return (method & 0x0F) == 8 && method >> 4 <= 7 &&
         (method * 256 + std::to_integer<unsigned>(second)) % 31 == 0;
}

}  // namespace

// One call of decode().
struct inflater::run {
  byte_view in;
  std::span<std::byte> out;
  inflate_result result;

  void took(std::size_t n) noexcept {
    in = in.subspan(n);
    result.consumed += n;
  }
  void wrote(std::size_t n) noexcept {
    out = out.subspan(n);
    result.produced += n;
  }
};

inflater::inflater(coding how, const inflate_limits& bounds) noexcept
    : limits_(bounds), coding_(how) {
  if (!coding_is_available(how)) fail(coding_fault::unavailable);
}

bool inflater::fail(coding_fault why) noexcept {
  phase_ = phase::failed;
  fault_ = why;
  return false;
}

void inflater::reset() noexcept {
  total_in_ = 0;
  total_out_ = 0;
  phase_ = phase::start;
  if (!coding_is_available(coding_)) fail(coding_fault::unavailable);
}

std::size_t inflater::room_left() const noexcept {
  return static_cast<std::size_t>(limits_.max_output - total_out_);
}

bool inflater::is_bomb() const noexcept {
  if (limits_.max_ratio == 0 || total_out_ <= ratio_free_output) return false;
  return total_out_ / limits_.max_ratio > total_in_;
}

inflate_result inflater::decode(byte_view in, std::span<std::byte> out) noexcept {
  run r{in, out, {}};
  bool goes_on = phase_ != phase::failed;
  while (goes_on) {
    if (coding_ == coding::identity) {
      goes_on = copy(r);
    } else {
      goes_on = phase_ == phase::inside ? advance(r) : begin(r);
    }
  }
  if (phase_ == phase::failed) r.result.status = inflate_status::failed;
  return r.result;
}

bool inflater::copy(run& r) noexcept {
  const std::size_t n = std::min({r.in.size(), r.out.size(), room_left()});
  if (n != 0) std::memcpy(r.out.data(), r.in.data(), n);
  total_in_ += n;
  total_out_ += n;
  r.took(n);
  r.wrote(n);
  if (!r.in.empty() && room_left() == 0) return fail(coding_fault::too_large);
  r.result.status = r.in.empty() ? inflate_status::done : inflate_status::out_full;
  return false;
}

// Makes zlib ready for a member that begins with `in`. For deflate that begins one
// byte before, in first_.
bool inflater::open(byte_view in) noexcept {
  detail::wrapper around = detail::wrapper::gzip;
  if (coding_ == coding::deflate) {
    around = is_zlib_header(first_, in[0]) ? detail::wrapper::zlib : detail::wrapper::none;
  }
  if (stream_) {
    detail::restart(*stream_, around);
  } else {
    stream_.reset(detail::make_inflate(around));
    if (!stream_) return fail(coding_fault::out_of_memory);
  }
  if (coding_ == coding::deflate) {
    // Half a header, or fewer bits than a symbol has: it is used up, and there is no
    // output. A fault is reported again by the next call.
    detail::advance(*stream_, {&first_, 1}, {});
  }
  phase_ = phase::inside;
  return true;
}

// Between members.
bool inflater::begin(run& r) noexcept {
  if (phase_ == phase::whole) r.result.status = inflate_status::done;
  if (r.in.empty()) return false;
  if (coding_ == coding::deflate && phase_ != phase::sniff) {
    // It has no second member.
    if (phase_ == phase::whole) return fail(coding_fault::corrupt);
    first_ = r.in[0];
    phase_ = phase::sniff;
    ++total_in_;
    r.took(1);
    return true;
  }
  // zlib looks at two bytes: one alone would pass for a body that was cut short.
  if (coding_ == coding::gzip && r.in[0] != gzip_first) return fail(coding_fault::corrupt);
  return open(r.in);
}

// One call of zlib.
bool inflater::advance(run& r) noexcept {
  const std::size_t left = room_left();
  // At the limit one byte shows whether there is more.
  std::byte beyond{};
  const auto room = left == 0 ? std::span(&beyond, 1)
                              : r.out.first(std::min({r.out.size(), left, judged_output}));
  const detail::zlib_step did = detail::advance(*stream_, r.in, room);
  total_in_ += did.consumed;
  r.took(did.consumed);
  if (left == 0 && did.produced != 0) return fail(coding_fault::too_large);
  total_out_ += did.produced;
  r.wrote(did.produced);
  if (did.state == detail::zlib_state::corrupt) return fail(coding_fault::corrupt);
  if (did.state == detail::zlib_state::out_of_memory) return fail(coding_fault::out_of_memory);
  if (is_bomb()) return fail(coding_fault::bomb);
  if (did.state == detail::zlib_state::ended) {
    phase_ = phase::whole;
    return true;
  }
  const bool is_full = did.produced == room.size();
  r.result.status = is_full ? inflate_status::out_full : inflate_status::need_data;
  // Not at the end of the room, only of what is done at once; or so of the input.
  return is_full ? !r.out.empty() : !r.in.empty() && did.consumed != 0;
}

bool inflater::finish() noexcept {
  if (phase_ == phase::failed) return false;
  if (coding_ == coding::identity || phase_ == phase::start || phase_ == phase::whole) return true;
  return fail(coding_fault::truncated);
}

}  // namespace parley::http
