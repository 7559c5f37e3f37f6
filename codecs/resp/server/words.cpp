#include <algorithm>
#include <charconv>
#include <parley/codecs/resp/server/detail/words.hpp>

namespace parley::resp {

std::string small_letters(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(), small_letter);
  return small;
}

std::string capital_letters(std::string_view text) {
  std::string capital(text);
  for (char& c : capital) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
  }
  return capital;
}

std::optional<std::int64_t> to_integer(std::string_view word) noexcept {
  std::int64_t number = 0;
  const char* const end = word.data() + word.size();
  const auto read = std::from_chars(word.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  // What from_chars lets through, and string2ll does not: "007" and "-0".
  const std::string_view digits = word.starts_with('-') ? word.substr(1) : word;
  if (digits.starts_with('0') && word.size() > 1) return std::nullopt;
  return number;
}

std::string for_error(std::string_view word, std::size_t most) {
  std::string text(word.substr(0, std::min(most, word.find('\0'))));
  std::ranges::replace(text, '\r', ' ');
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace parley::resp
