// Numbers as the commands of Redis read and print them: stricter than the protocol's in
// one place, laxer in another.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::resp {

// What INCR accepts: an integer of 64 bits in its one decimal form. No plus sign, no
// leading zeros, no "-0", no spaces.
std::optional<std::int64_t> parse_exact_integer(std::string_view) noexcept;

// A score or an increment: decimal, hexadecimal with 0x, inf. Nothing for NaN and for
// what is outside of the range.
std::optional<double> parse_score(std::string_view) noexcept;
std::optional<long double> parse_long_double(std::string_view) noexcept;
// The bound of a range, which is laxer: nothing at all is 0, and what is too large is
// infinite.
std::optional<double> parse_bound(std::string_view) noexcept;

// Room for any double, and for a long double without exponent.
using double_text = std::array<char, 32>;
using long_double_text = std::array<char, 5 * 1024>;

// With 17 digits where they are needed, as servers before 7.2 print: 3 and
// 3.1000000000000001. The view is into `room`.
std::string_view print_score(double, double_text& room) noexcept;
// Without exponent, at most 17 digits behind the point and no trailing zeros.
std::string_view print_long_double(long double, long_double_text& room) noexcept;

}  // namespace parley::resp
