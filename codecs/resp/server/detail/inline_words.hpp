// The words of a line that a person typed, with Redis' rules for quotes.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace parley::resp {

enum class inline_status : unsigned char { word, end, unbalanced };

// Takes the next word of the `size` characters at `line`, from `at` on, and moves
// `at` behind it. "double" quotes know \n \r \t \b \a \xHH and \ before anything else,
// 'single' ones only \'. A closing quote must end the word. The word is unquoted in
// place: what stands behind `at` is not touched.
inline_status next_inline_word(char* line, std::size_t size, std::size_t& at,
                               std::string_view& word) noexcept;

}  // namespace parley::resp
