#include <algorithm>
#include <parley/codecs/websocket/decoder.hpp>
#include <parley/core/text/unmask.hpp>

namespace parley::websocket {
namespace {

constexpr unsigned fin_bit = 0x80;
constexpr unsigned mask_flag = 0x80;
constexpr unsigned rsv_bits = 0x70;
constexpr unsigned rsv1_bit = 0x40;
constexpr unsigned whole_text = fin_bit | static_cast<unsigned>(opcode::text);
constexpr unsigned whole_binary = fin_bit | static_cast<unsigned>(opcode::binary);

// Text is unmasked and validated in blocks that stay in the first cache meanwhile.
constexpr std::size_t block_size = 8192;

unsigned byte_at(byte_view bytes, std::size_t i) noexcept {
  return std::to_integer<unsigned>(bytes[i]);
}

// Where the key stands if there is one: behind the length.
constexpr std::size_t key_size(unsigned mask_bit) noexcept { return mask_bit >> 5; }
static_assert(key_size(mask_flag) == 4 && key_size(0) == 0);

mask_key key_at(const std::byte* at) noexcept { return {at[0], at[1], at[2], at[3]}; }

// How many bytes of `text` stand before the first that cannot follow. The validator was fed what
// precedes them. For text that is known to be bad: it is read a second time.
std::size_t count_good(byte_view text, const text::utf8_validator& before) noexcept {
  text::utf8_validator good = before;
  std::size_t count = 0;
  for (std::size_t step : {block_size, std::size_t{1}}) {
    while (count < text.size()) {
      text::utf8_validator ahead = good;
      if (!ahead.feed(text.subspan(count, std::min(step, text.size() - count)))) break;
      good = ahead;
      count = std::min(count + step, text.size());
    }
  }
  return count;
}

}  // namespace

close_info close_info_of(byte_view payload) noexcept {
  if (payload.size() < 2) return {};
  const unsigned code = byte_at(payload, 0) << 8 | byte_at(payload, 1);
  return {static_cast<close_code>(code), as_text(payload.subspan(2))};
}

decoder::decoder(role own, const limits& bounds, bool deflate) noexcept
    : limits_(&bounds), mask_bit_(own == role::server ? mask_flag : 0), deflate_(deflate) {
  const std::uint64_t most = std::min(
      {bounds.frame, bounds.message, std::uint64_t{bounds.whole_frame}, std::uint64_t{block_size}});
  quick_ = static_cast<std::uint16_t>(most);
}

// The commonest frames by far are whole messages of a few bytes or kilobytes that have come whole:
// they touch no state.
part decoder::next(std::span<std::byte> in) noexcept {
  if (state_ != state::between || in.size() < 4) return next_rarely(in);
  const unsigned first = byte_at(in, 0);
  // A mask bit that is not as it must be makes this too large, as does the longest form.
  const unsigned code = byte_at(in, 1) ^ mask_bit_;
  const bool longer = code == 126;
  const std::size_t size = longer ? byte_at(in, 2) << 8 | byte_at(in, 3) : code;
  const std::size_t header = (longer ? 4 : 2) + key_size(mask_bit_);
  if ((first != whole_text && first != whole_binary) || code > 126 || (longer && size < 126) ||
      size > quick_ || in.size() < header + size) {
    return next_rarely(in);
  }
  const std::span<std::byte> payload(in.data() + header, size);
  bool ascii = false;
  if (mask_bit_ != 0) ascii = text::unmask_ascii(payload, key_at(payload.data() - 4));
  if (first == whole_text && !ascii && !text::valid_utf8(payload)) return fail(errc::bad_text);
  return {.what = part_kind::data,
          .type = static_cast<opcode>(first & 0xF),
          .first = true,
          .last = true,
          .consumed = header + size,
          .data = payload};
}

part decoder::next_rarely(std::span<std::byte> in) noexcept {
  switch (state_) {
    case state::between:
    case state::inside:
      return next_frame(in);
    case state::whole:
      return next_whole(in);
    case state::pieces:
      return next_piece(in);
    case state::closed: {
      part p = wait(1);
      p.consumed = in.size();
      return p;
    }
    case state::doomed:
    case state::failed:
      break;
  }
  return fail(fault_);
}

// Each byte is judged as soon as it is there, in this order: so the fault is the same however
// little of the header has come.
part decoder::next_frame(std::span<std::byte> in) noexcept {
  const std::size_t shortest = 2 + key_size(mask_bit_);
  if (in.empty()) return wait(shortest);
  if (!is_good_first(byte_at(in, 0))) return fail(fault_);
  if (in.size() < 2) return wait(shortest - 1);
  const auto op = static_cast<opcode>(byte_at(in, 0) & 0xF);
  if (!is_good_second(byte_at(in, 1), op)) return fail(fault_);

  std::uint64_t length = byte_at(in, 1) & ~mask_flag;
  const std::size_t more = length < 126 ? 0 : length == 126 ? 2 : 8;
  const std::size_t header = shortest + more;
  if (in.size() < 2 + more) return wait(header - in.size());
  if (more != 0) {
    length = 0;
    for (std::size_t i = 0; i < more; ++i) length = length << 8 | byte_at(in, 2 + i);
  }
  if (!is_control(op) && !is_good_length(length, more)) return fail(fault_);
  if (in.size() < header) return wait(header - in.size());

  if (mask_bit_ != 0) key_ = key_at(in.data() + header - 4);
  begin(byte_at(in, 0), length);
  const auto payload = in.subspan(header);
  part p = state_ == state::whole ? next_whole(payload) : next_piece(payload);
  if (p.what != part_kind::failed) p.consumed += header;
  return p;
}

// FIN, RSV1 to RSV3, opcode (sections 5.2 and 5.4).
bool decoder::is_good_first(unsigned byte) noexcept {
  const auto op = static_cast<opcode>(byte & 0xF);
  const bool begins = op == opcode::text || op == opcode::binary;
  // RFC 7692 section 6: RSV1 is on the first frame of a message and on no other.
  const unsigned allowed = deflate_ && begins ? rsv1_bit : 0;
  if ((byte & rsv_bits & ~allowed) != 0) return refuse(errc::reserved_bits);
  // Of each eight the first three are defined.
  if ((byte & 7U) > 2) return refuse(errc::bad_opcode);
  if (is_control(op)) return (byte & fin_bit) != 0 || refuse(errc::fragmented_control);
  if (begins) return !in_message_ || refuse(errc::unfinished_message);
  return in_message_ || refuse(errc::unexpected_continuation);
}

// The mask bit and seven bits of length (sections 5.1 and 5.5).
bool decoder::is_good_second(unsigned byte, opcode op) noexcept {
  if ((byte & mask_flag) != mask_bit_) {
    return refuse(mask_bit_ != 0 ? errc::not_masked : errc::masked);
  }
  if (!is_control(op)) return true;
  const unsigned size = byte & ~mask_flag;
  if (size > max_control_payload) return refuse(errc::control_too_long);
  // A code has two bytes (section 5.5.1).
  return op != opcode::close || size != 1 || refuse(errc::bad_close);
}

// A length in `size` more bytes: in the fewest (section 5.2), and within the limits.
bool decoder::is_good_length(std::uint64_t length, std::size_t size) noexcept {
  const std::uint64_t least = size == 0 ? 0 : size == 2 ? 126 : 65536;
  if (length < least || length >> 63 != 0) return refuse(errc::bad_length);
  if (length > limits_->frame) return refuse(errc::frame_too_large);
  // Never wraps: what was added before was within the same limit.
  if (length > limits_->message - (in_message_ ? message_ : 0)) {
    return refuse(errc::message_too_large);
  }
  return true;
}

void decoder::begin(unsigned first_byte, std::uint64_t length) noexcept {
  frame_ = static_cast<opcode>(first_byte & 0xF);
  fin_ = (first_byte & fin_bit) != 0;
  length_ = length;
  done_ = 0;
  state_ = state::whole;
  if (is_control(frame_)) return;
  if (frame_ != opcode::continuation) {
    type_ = frame_;
    compressed_ = (first_byte & rsv1_bit) != 0;
    first_ = in_message_ = true;
    message_ = 0;
  }
  message_ += length;
  if (length > limits_->whole_frame) state_ = state::pieces;
}

part decoder::next_whole(std::span<std::byte> in) noexcept {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(length_, in.size()));
  const auto done = static_cast<std::size_t>(done_);
  const bool ends = size == length_;
  if (!take(in.subspan(done, size - done), ends)) return fail(errc::bad_text);
  if (ends) return show(in.first(size), true);
  return wait(static_cast<std::size_t>(length_) - size);
}

part decoder::next_piece(std::span<std::byte> in) noexcept {
  const auto size = static_cast<std::size_t>(std::min(frame_left(), std::uint64_t{in.size()}));
  if (size == 0) return wait(1);
  const auto piece = in.first(size);
  const bool ends = size == frame_left();
  const text::utf8_validator before = check_;
  if (!take(piece, ends)) return cut_before_fault(piece, before);
  return show(piece, ends);
}

// What precedes bad text is shown first: that is what other cuts would have led to.
part decoder::cut_before_fault(std::span<std::byte> piece, text::utf8_validator before) noexcept {
  // If all bytes are good, the message ends inside a character: its last byte tells so.
  const std::size_t good = std::min(count_good(piece, before), piece.size() - 1);
  if (good == 0) return fail(errc::bad_text);
  const part p = show(piece.first(good), false);
  state_ = state::doomed;
  fault_ = errc::bad_text;
  return p;
}

// Unmasks and checks what has come; `ends`: the payload ends with it.
bool decoder::take(std::span<std::byte> fresh, bool ends) noexcept {
  const bool is_text = type_ == opcode::text && !compressed_ && !is_control(frame_);
  if (is_text) {
    if (!take_text(fresh)) return false;
    if (ends && fin_ && check_.incomplete()) return false;
  } else if (mask_bit_ != 0) {
    text::unmask(fresh, key_, static_cast<std::size_t>(done_));
  }
  done_ += fresh.size();
  return true;
}

bool decoder::take_text(std::span<std::byte> fresh) noexcept {
  if (mask_bit_ == 0) return check_.feed(fresh);
  auto offset = static_cast<std::size_t>(done_);
  while (!fresh.empty()) {
    const auto block = fresh.first(std::min(block_size, fresh.size()));
    const bool ascii = text::unmask_ascii(block, key_, offset);
    if (!(ascii && !check_.incomplete()) && !check_.feed(block)) return false;
    offset += block.size();
    fresh = fresh.subspan(block.size());
  }
  return true;
}

// A payload or a piece of it; `ends`: no more of the frame follows.
part decoder::show(std::span<std::byte> payload, bool ends) noexcept {
  if (is_control(frame_)) return show_control(payload);
  const part p{.what = part_kind::data,
               .type = type_,
               .first = first_,
               .last = ends && fin_,
               .compressed = compressed_,
               .consumed = payload.size(),
               .data = payload};
  first_ = false;
  if (p.last) in_message_ = false;
  if (ends) state_ = fin_ ? state::between : state::inside;
  return p;
}

part decoder::show_control(std::span<std::byte> payload) noexcept {
  part p{.what = frame_ == opcode::ping ? part_kind::ping : part_kind::pong,
         .consumed = payload.size(),
         .data = payload};
  state_ = in_message_ ? state::inside : state::between;
  if (frame_ != opcode::close) return p;
  const close_info info = close_info_of(payload);
  if (payload.size() >= 2 && !may_be_sent(info.code)) return fail(errc::bad_close);
  if (!text::valid_utf8(info.reason)) return fail(errc::bad_text);
  p.what = part_kind::close;
  state_ = state::closed;
  return p;
}

part decoder::wait(std::size_t need) noexcept {
  need_ = need;
  return {};
}

part decoder::fail(errc fault) noexcept {
  state_ = state::failed;
  fault_ = fault;
  return {.what = part_kind::failed, .fault = fault};
}

}  // namespace parley::websocket
