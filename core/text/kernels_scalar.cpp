#include <parley/core/text/kernels.hpp>
#include <parley/core/text/utf8_rules.hpp>
#include <parley/core/text/words.hpp>

#include <algorithm>

namespace parley::text::detail {

bool scalar::valid_utf8(const std::uint8_t* data, std::size_t size) noexcept {
  const std::uint8_t* const end = data + size;
  while (data != end) {
    // Eight bytes of ASCII at a time, the common case by far in protocols.
    if (end - data >= 8 && (load(data) & high_bits) == 0) {
      data += 8;
      continue;
    }
    const continuation next = after(*data++);
    if (next.missing == 0) continue;
    if (next.missing == continuation::invalid || next.missing > end - data) return false;
    // The second byte's range rules out overlong forms, surrogates and what lies
    // above U+10FFFF (RFC 3629 section 4).
    if (*data < next.low || *data > next.high) return false;
    for (int i = 1; i < next.missing; ++i) {
      if ((data[i] & 0xC0) != 0x80) return false;
    }
    data += next.missing;
  }
  return true;
}

std::size_t scalar::find_either(const std::uint8_t* data, std::size_t size, std::uint8_t a,
                                std::uint8_t b) noexcept {
  const auto* end = data + size;
  return static_cast<std::size_t>(
      std::find_if(data, end, [=](std::uint8_t byte) { return byte == a || byte == b; }) - data);
}

// Without Highway the words are the only level, and the choice of levels has one
// answer.
#if defined(PARLEY_NO_HIGHWAY)

bool valid_utf8(const std::uint8_t* data, std::size_t size) noexcept {
  return scalar::valid_utf8(data, size);
}
void unmask(std::uint8_t* data, std::size_t size, std::uint32_t key) noexcept {
  scalar::unmask(data, size, key);
}
bool unmask_ascii(std::uint8_t* data, std::size_t size, std::uint32_t key) noexcept {
  return (scalar::unmask(data, size, key) & high_bits) == 0;
}
void masked_copy(std::uint8_t* to, const std::uint8_t* from, std::size_t size,
                 std::uint32_t key) noexcept {
  scalar::masked_copy(to, from, size, key);
}
std::size_t find_either(const std::uint8_t* data, std::size_t size, std::uint8_t a,
                        std::uint8_t b) noexcept {
  return scalar::find_either(data, size, a, b);
}

std::size_t level_count() noexcept { return 1; }
std::string_view level_name(std::size_t level) noexcept { return level == 0 ? "scalar" : ""; }
void use_level(std::size_t) noexcept {}

#endif

}  // namespace parley::text::detail
