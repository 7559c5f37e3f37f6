#include <parley/codecs/mqtt/cursor.hpp>

namespace parley::mqtt::detail {

bool is_rare_text(std::string_view text) noexcept {
  return parley::text::valid_utf8(text) && text.find('\0') == std::string_view::npos;
}

bool is_rare_topic_name(std::string_view value, errc& fault) noexcept {
  if (!is_rare_text(value)) {
    fault = errc::bad_text;
    return false;
  }
  fault = errc::bad_topic_name;
  return value.empty() || is_topic_name(value);
}

long_integer long_variable(const std::uint8_t* at, const std::uint8_t* end) noexcept {
  std::uint32_t value = 0;
  for (unsigned n = 0; n < 4; ++n) {
    if (at == end) return {0, 0, errc::short_packet};
    const std::uint8_t byte = *at++;
    value |= (byte & 0x7FU) << (7 * n);
    if (byte >= 0x80) continue;
    // A last byte of zero adds nothing.
    if (byte == 0 && n != 0) break;
    return {value, static_cast<std::uint8_t>(n + 1), {}};
  }
  return {0, 0, errc::bad_length};
}

}  // namespace parley::mqtt::detail
