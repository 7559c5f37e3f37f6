// Dates as HTTP writes them (RFC 9110 section 5.6.7), from a time that is passed in.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <parley/core/time.hpp>
#include <string_view>

namespace parley::http {

inline constexpr std::size_t date_size = 29;

// "Sun, 06 Nov 1994 08:49:37 GMT"; years 0 to 9999.
void put_date(char* to, wall_time at) noexcept;

// All three forms that recipients must read: IMF-fixdate, RFC 850 (two digits of the year, at most
// 50 years ahead of `now`), and asctime. Nothing if it is none of these.
std::optional<wall_time> parse_date(std::string_view text, wall_time now) noexcept;

// The current date as text, made anew once per second. One for all connections of a server.
class date_text {
 public:
  // The text for that time; valid until the next call.
  std::string_view at(wall_time now) noexcept;

 private:
  std::array<char, date_size> text_{};
  std::chrono::seconds second_{-1};
};

}  // namespace parley::http
