#include <algorithm>
#include <parley/codecs/http/rest/request_id.hpp>

namespace parley::http {

bool is_request_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_request_id && std::ranges::all_of(text, [](char c) {
    const char low = static_cast<char>(c | 0x20);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/=:@").contains(c);
  });
}

request_name request_name::choose(std::optional<std::string_view> incoming,
                                  random_source& entropy) {
  if (!incoming || !is_request_name(*incoming)) return make(entropy);
  request_name id;
  std::ranges::copy(*incoming, id.text_.begin());
  id.size_ = incoming->size();
  return id;
}

request_name request_name::make(random_source& entropy) {
  std::array<std::byte, 16> bytes;
  entropy.random(bytes);
  constexpr std::string_view digits = "0123456789abcdef";
  request_name id;
  // By a pointer: the size would be stored for each digit.
  char* to = id.text_.data();
  for (const std::byte b : bytes) {
    *to++ = digits[std::to_integer<std::size_t>(b >> 4)];
    *to++ = digits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  id.size_ = 2 * bytes.size();
  return id;
}

}  // namespace parley::http
