#include <algorithm>
#include <limits>

#include <parley/codecs/resp/detail/decoder_quick.hpp>
#include <parley/codecs/resp/detail/decoder_thorough.hpp>

namespace parley::resp {

decoder::decoder(const limits& l) noexcept
    : limits_(l),
      whole_bulk_(l.parts_above == 0 ? l.max_bulk : std::min(l.max_bulk, l.parts_above)) {
  limits_.max_depth = std::min(limits_.max_depth, depth_capacity);
}

template <bool one_reply>
decode_result decoder::decode_as(byte_view in, std::span<node> out) noexcept {
  using outcome = thorough::outcome;
  if (state_ == state::failed) return {decode_status::failed, 0, 0, 0};
  const char* begin = as_text(in).data();
  run r{begin,
        begin,
        begin + in.size(),
        begin,
        limits_.reply_budget - used_,
        out.data(),
        out.data() + out.size(),
        left_,
        depth_};
  r.set_end();
  auto ended = outcome::again;
  while (r.out != r.out_end) {
    if (r.available(r.p) < quick::reach || state_ != state::value || !quick::value(*this, r)) {
      // A copy, so that `r` itself never leaves the registers.
      run copy = r;
      ended = thorough::step(*this, copy);
      r = copy;
      if (ended != outcome::again) break;
    }
    if (one_reply && r.out != out.data() && r.out[-1].is_last()) break;
  }
  used_ = r.offset(*this);
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
