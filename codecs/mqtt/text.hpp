// Whether text of a packet is what it must be. Nearly all of it is short ASCII, which is told in
// line, sixteen bytes at a time, with its wildcards in the same pass; the rest is asked of core.
//
// Internal to codecs/mqtt.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <parley/core/api/topics.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/text/utf8.hpp>
#include <parley/core/text/words.hpp>
#include <string_view>

namespace parley::mqtt::detail {

using byte_vector [[gnu::vector_size(16)]] = std::uint8_t;

// What text has somewhere: a high bit in some byte says so.
struct text_marks {
  byte_vector odd{};   // not ASCII, or U+0000
  byte_vector wild{};  // '+' or '#'

  [[gnu::always_inline]] void note(byte_vector v) noexcept {
    // The two wildcards differ in one bit.
    static_assert(('+' | 8) == '+' && ('#' | 8) == '+');
    odd |= v | (v - 1);
    wild |= reinterpret_cast<byte_vector>((v | 8) == std::uint8_t{'+'});
  }
};

[[gnu::always_inline]] inline bool has_mark(byte_vector v) noexcept {
#ifdef __SSE2__
  using chars [[gnu::vector_size(16)]] = char;
  return __builtin_ia32_pmovmskb128(reinterpret_cast<chars>(v)) != 0;
#else
  namespace words = parley::text::detail;
  const auto halves = reinterpret_cast<words::word_pair>(v);
  return ((halves[0] | halves[1]) & words::high_bits) != 0;
#endif
}

// Of text shorter than sixteen bytes: in one register, with ones around it, because zeros would be
// U+0000.
[[gnu::always_inline]] inline byte_vector short_text(const std::uint8_t* data,
                                                     std::size_t size) noexcept {
  namespace words = parley::text::detail;
  words::word_pair pair{words::ones, words::ones};
  if (size >= 8) {
    pair = words::word_pair{words::load(data), words::load(data + size - 8)};
  } else if constexpr (std::endian::native == std::endian::little) {
    pair[0] = words::load_short(data, size) | words::ones << (size * 8);
  } else {
    std::memcpy(&pair, data, size);
  }
  return reinterpret_cast<byte_vector>(pair);
}

// Sixteen bytes of which the first ones count.
inline constexpr auto first_bytes = [] {
  std::array<std::uint8_t, 32> mask{};
  std::fill_n(mask.begin(), 16, std::uint8_t{0xFF});
  return mask;
}();

// Never reads outside of the text and the `behind` bytes that may be read behind it: the last bytes
// of it are read first, and others twice.
[[gnu::always_inline]] inline text_marks marks_of(std::string_view text,
                                                  std::size_t behind = 0) noexcept {
  namespace words = parley::text::detail;
  const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
  std::size_t size = text.size();
  text_marks found;
  if (size >= 16) {
    found.note(words::load<byte_vector>(data + size - 16));
    for (; size > 16; size -= 16, data += 16) found.note(words::load<byte_vector>(data));
  } else if (size + behind >= 16) [[likely]] {
    found.note(words::load<byte_vector>(data));
    const auto mask = words::load<byte_vector>(first_bytes.data() + 16 - size);
    found.odd &= mask;
    found.wild &= mask;
  } else {
    found.note(short_text(data, size));
  }
  return found;
}

// ASCII without U+0000.
[[gnu::always_inline]] inline bool is_plain(std::string_view text,
                                            std::size_t behind = 0) noexcept {
  return !has_mark(marks_of(text, behind).odd);
}
// The same without wildcards.
[[gnu::always_inline]] inline bool is_plain_name(std::string_view text,
                                                 std::size_t behind = 0) noexcept {
  const text_marks found = marks_of(text, behind);
  return !has_mark(found.odd | found.wild);
}

// UTF-8 without U+0000 [MQTT-1.5.4-1, MQTT-1.5.4-2].
bool is_rare_text(std::string_view text) noexcept;

inline bool is_text(std::string_view text) noexcept { return is_plain(text) || is_rare_text(text); }

}  // namespace parley::mqtt::detail
