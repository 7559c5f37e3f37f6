#include <parley/core/text/utf8.hpp>

#include <parley/core/text/utf8_rules.hpp>

#include <algorithm>

namespace parley::text {
namespace {

// How many bytes at the end belong to a character that goes on behind it.
std::size_t unfinished(const std::uint8_t* data, std::size_t size) noexcept {
  // The lead byte of an unfinished character is one of the last three: the longest
  // has four bytes. If there are only continuations, the kernel judges them.
  for (std::size_t back = 1; back <= std::min<std::size_t>(size, 3); ++back) {
    const std::uint8_t byte = data[size - back];
    if ((byte & 0xC0) == 0x80) continue;
    const std::uint8_t missing = detail::after(byte).missing;
    return missing != detail::continuation::invalid && missing >= back ? back : 0;
  }
  return 0;
}

}  // namespace

bool utf8_validator::feed_byte(std::uint8_t byte) noexcept {
  if (missing_ != 0) {
    if (byte < low_ || byte > high_) return false;
    --missing_;
    // Only the second byte of a character has a narrower range (Unicode, table
    // 3-7).
    low_ = 0x80;
    high_ = 0xBF;
    return true;
  }
  const detail::continuation next = detail::after(byte);
  if (next.missing == detail::continuation::invalid) return false;
  missing_ = next.missing;
  low_ = next.low;
  high_ = next.high;
  return true;
}

bool utf8_validator::feed(byte_view piece) noexcept {
  const auto* data = reinterpret_cast<const std::uint8_t*>(piece.data());
  std::size_t size = piece.size();
  // The kernel wants whole characters: what the last piece left unfinished comes
  // first.
  for (; !failed_ && missing_ != 0 && size != 0; --size) failed_ = !feed_byte(*data++);
  if (failed_ || size == 0) return !failed_;

  // Whole characters go to the kernel, the beginning of one goes byte by byte.
  const std::size_t tail = unfinished(data, size);
  failed_ = !text::valid_utf8(byte_view(piece).last(size).first(size - tail));
  data += size - tail;
  for (std::size_t i = 0; !failed_ && i < tail; ++i) failed_ = !feed_byte(data[i]);
  return !failed_;
}

bool utf8_validator::finish() noexcept {
  const bool whole = !failed_ && missing_ == 0;
  // Ready for the next message, whatever this one was.
  *this = {};
  return whole;
}

}  // namespace parley::text
