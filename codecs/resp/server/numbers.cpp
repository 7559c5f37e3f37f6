#include <charconv>
#include <cmath>
#include <limits>
#include <parley/codecs/resp/server/detail/numbers.hpp>

namespace parley::resp {
namespace {

enum class outcome : std::uint8_t { number, malformed, too_large, too_small };

// After a number that is out of range: which way. from_chars() does not tell.
outcome direction(std::string_view digits) noexcept {
  const bool small =
      digits.find("e-") != digits.npos || digits.find("E-") != digits.npos || digits[0] == '0';
  return small ? outcome::too_small : outcome::too_large;
}

// What strtod() takes in the C locale, without its leading spaces.
template <class Number>
outcome read(std::string_view text, Number& number) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  // from_chars() would accept a second sign.
  if (text.empty() || text[0] == '-' || text[0] == '+') return outcome::malformed;
  auto format = std::chars_format::general;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    text.remove_prefix(2);
    if (text[0] == '-') return outcome::malformed;
    format = std::chars_format::hex;
  }
  const char* const end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, number, format);
  if (stop != end || status == std::errc::invalid_argument) return outcome::malformed;
  if (status != std::errc{}) {
    const outcome which = direction(text);
    number = which == outcome::too_small ? 0 : std::numeric_limits<Number>::infinity();
    if (negative) number = -number;
    return which;
  }
  if (std::isnan(number)) return outcome::malformed;
  if (negative) number = -number;
  return outcome::number;
}

}  // namespace

std::optional<std::int64_t> parse_exact_integer(std::string_view text) noexcept {
  if (text == "0") return 0;
  const bool negative = text.starts_with('-');
  const std::size_t first = negative ? 1 : 0;
  // The first digit is no zero; from_chars() accepts them.
  if (text.size() <= first || text[first] < '1' || text[first] > '9') return std::nullopt;
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, number);
  if (stop != end || status != std::errc{}) return std::nullopt;
  return number;
}

std::optional<double> parse_score(std::string_view text) noexcept {
  double number = 0;
  if (read(text, number) != outcome::number) return std::nullopt;
  return number;
}

std::optional<long double> parse_long_double(std::string_view text) noexcept {
  long double number = 0;
  // Longer texts are no numbers for Redis either.
  if (text.size() >= std::tuple_size_v<long_double_text>) return std::nullopt;
  if (read(text, number) != outcome::number) return std::nullopt;
  return number;
}

std::optional<double> parse_bound(std::string_view text) noexcept {
  while (!text.empty() && (text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r'))) {
    text.remove_prefix(1);
  }
  if (text.empty()) return 0;
  double number = 0;
  if (read(text, number) == outcome::malformed) return std::nullopt;
  return number;
}

std::string_view print_score(double number, double_text& room) noexcept {
  char* const from = room.data();
  char* const end = from + room.size();
  char* to = from;
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  // Most scores are whole, and integers are printed in a fraction of the time.
  constexpr double exact = 1e15;
  if (number > -exact && number < exact && number == std::trunc(number) &&
      !(number == 0 && std::signbit(number))) {
    to = std::to_chars(from, end, static_cast<std::int64_t>(number)).ptr;
  } else {
    to = std::to_chars(from, end, number, std::chars_format::general, 17).ptr;
  }
  return {from, static_cast<std::size_t>(to - from)};
}

std::string_view print_long_double(long double number, long_double_text& room) noexcept {
  char* const from = room.data();
  char* const to =
      std::to_chars(from, from + room.size(), number, std::chars_format::fixed, 17).ptr;
  std::string_view text(from, static_cast<std::size_t>(to - from));
  text.remove_suffix(text.size() - 1 - text.find_last_not_of('0'));
  if (text.ends_with('.')) text.remove_suffix(1);
  return text == "-0" ? "0" : text;
}

}  // namespace parley::resp
