#include <algorithm>
#include <array>
#include <parley/codecs/websocket/encoder.hpp>
#include <parley/core/text/unmask.hpp>
#include <parley/core/text/utf8.hpp>

namespace parley::websocket {
namespace {

constexpr unsigned fin_bit = 0x80;
constexpr unsigned rsv1_bit = 0x40;
constexpr unsigned mask_flag = 0x80;

// The lowest `size` bytes of a number, the highest first.
std::byte* put_number(std::byte* to, std::uint64_t number, std::size_t size) noexcept {
  for (std::size_t i = size; i != 0; --i, number >>= 8) to[i - 1] = static_cast<std::byte>(number);
  return to + size;
}

std::byte* put_payload(std::byte* to, byte_view payload,
                       const std::optional<mask_key>& mask) noexcept {
  if (mask) return mask_into(to, payload, *mask);
  return std::copy(payload.begin(), payload.end(), to);
}

}  // namespace

std::byte* put_header(std::byte* to, const frame_header& head,
                      const std::optional<mask_key>& mask) noexcept {
  *to++ = static_cast<std::byte>(static_cast<unsigned>(head.type) | (head.fin ? fin_bit : 0) |
                                 (head.rsv1 ? rsv1_bit : 0));
  const unsigned flag = mask ? mask_flag : 0;
  // The fewest bytes that hold the length (section 5.2).
  const std::size_t more = header_size(head.length, false) - 2;
  const unsigned seven = more == 0 ? static_cast<unsigned>(head.length) : more == 2 ? 126 : 127;
  *to++ = static_cast<std::byte>(flag | seven);
  to = put_number(to, head.length, more);
  return mask ? std::copy(mask->begin(), mask->end(), to) : to;
}

std::byte* mask_into(std::byte* to, byte_view from, const mask_key& key,
                     std::size_t offset) noexcept {
  text::masked_copy(to, from, key, offset);
  return to + from.size();
}

result<std::byte*> put_control(std::byte* to, opcode type, byte_view payload,
                               const std::optional<mask_key>& mask) {
  if (type != opcode::ping && type != opcode::pong) {
    return parley::fail(parley::errc::invalid_argument, "not a ping or pong");
  }
  if (payload.size() > max_control_payload) {
    return parley::fail(parley::errc::invalid_argument, "a control frame holds 125 bytes");
  }
  return put_payload(put_header(to, {type, payload.size()}, mask), payload, mask);
}

result<std::byte*> put_close(std::byte* to, close_code code, std::string_view reason,
                             const std::optional<mask_key>& mask) {
  if (code == close_code::no_status && reason.empty()) {
    return put_header(to, {opcode::close}, mask);
  }
  if (!may_be_sent(code)) {
    return parley::fail(parley::errc::invalid_argument, "no close frame may have this code");
  }
  if (reason.size() > max_close_reason) {
    return parley::fail(parley::errc::invalid_argument, "the reason of a close holds 123 bytes");
  }
  if (!text::valid_utf8(reason)) {
    return parley::fail(parley::errc::invalid_argument, "the reason of a close is not UTF-8");
  }
  // Together first: the key goes on through the reason.
  std::array<std::byte, max_control_payload> payload;
  std::byte* end = put_number(payload.data(), static_cast<std::uint64_t>(code), 2);
  end = std::ranges::copy(as_bytes(reason), end).out;
  const byte_view all(payload.data(), end);
  return put_payload(put_header(to, {opcode::close, all.size()}, mask), all, mask);
}

}  // namespace parley::websocket
