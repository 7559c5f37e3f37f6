// The numbers of RESP as text. Private to this room.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::resp {

// [+-] digits, within 64 bits. Leading zeros are allowed, nothing else is.
std::optional<std::int64_t> parse_integer(std::string_view) noexcept;

// [+-] digits [. digits] [e [+-] digits], or inf, -inf, nan. The fraction may be
// empty. "-nan" is read as nan: servers before 7.2 print it so. A number outside
// the range of a double is refused.
std::optional<double> parse_double(std::string_view) noexcept;

// [+-] digits, any number of them.
bool is_big_number(std::string_view) noexcept;

}  // namespace parley::resp
