#include <algorithm>
#include <limits>

#include <parley/codecs/resp/detail/decoder_quick.hpp>
#include <parley/codecs/resp/detail/decoder_thorough.hpp>

namespace parley::resp {

decoder::decoder(const limits& l) noexcept
    : limits_(l),
      whole_bulk_(l.parts_above == 0 ? l.max_bulk : std::min(l.max_bulk, l.parts_above)) {
  // The short cuts for "OK" and the like do not look at the limit.
  limits_.max_line = std::max(limits_.max_line, smallest_max_line);
  limits_.max_depth = std::min(limits_.max_depth, depth_capacity);
}

// The last node so far completes a reply.
bool decoder::has_reply(const run& r, std::span<node> out) noexcept {
  return r.out != out.data() && r.out[-1].is_last();
}

template <bool one_reply>
decode_result decoder::decode_as(byte_view in, std::span<node> out) noexcept {
  using outcome = thorough::outcome;
  // For ever: after a fault nothing says where the next value begins.
  if (state_ == state::failed) return {decode_status::failed, 0, 0, 0};
  const char* begin = as_text(in).data();
  run r{begin,
        begin,
        reinterpret_cast<std::uintptr_t>(begin) - used_,
        out.data(),
        out.data() + out.size(),
        left_,
        depth_,
        begin + in.size()};
  r.set_end(*this);
  auto ended = outcome::again;
  for (;;) {
    // A line that was scanned before goes to the one who knows how far.
    if (state_ == state::value && scanned_ == 0) quick::values<one_reply>(*this, r);
    if (r.out == r.out_end || (one_reply && has_reply(r, out))) break;
    // A copy, so that `r` itself never leaves the registers.
    run copy = r;
    ended = thorough::step(*this, copy);
    r = copy;
    if (ended != outcome::again || (one_reply && has_reply(r, out))) break;
  }
  // Offsets, not pointers: the next call may bring the same bytes at another
  // address.
  used_ = r.offset(r.p);
  left_ = r.left;
  depth_ = static_cast<std::uint8_t>(r.depth);
  decode_result result{decode_status::ok, static_cast<std::size_t>(r.p - begin),
                       static_cast<std::size_t>(r.out - out.data()), 0};
  if (ended == outcome::failed) result.status = decode_status::failed;
  if (ended == outcome::need_data) {
    result.status = decode_status::need_data;
    result.need = need_;
  }
  return result;
}

decode_result decoder::decode(byte_view in, std::span<node> out) noexcept {
  return decode_as<false>(in, out);
}

decode_result decoder::decode_reply(byte_view in, std::span<node> out) noexcept {
  return decode_as<true>(in, out);
}

}  // namespace parley::resp
