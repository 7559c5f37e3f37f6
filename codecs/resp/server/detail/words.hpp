// Small questions about the words of a request, as Redis asks them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::resp {

// As in the C locale, which no setting of the program may change.
constexpr char small_letter(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
std::string small_letters(std::string_view text);
std::string capital_letters(std::string_view text);

// True if `word` is `small` (given in small letters), whatever its case.
constexpr bool is_word(std::string_view word, std::string_view small) noexcept {
  if (word.size() != small.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (small_letter(word[i]) != small[i]) return false;
  }
  return true;
}

// An integer as Redis accepts it: no '+', no leading zeros, no blanks.
std::optional<std::int64_t> to_integer(std::string_view word) noexcept;

// Text that goes into an error: at most `most` bytes, with blanks for CR and LF, and
// nothing behind a NUL, as the original builds it from C strings.
std::string for_error(std::string_view word, std::size_t most = 128);

}  // namespace parley::resp
