#include <charconv>
#include <limits>

#include <parley/codecs/resp/detail/numbers.hpp>

namespace parley::resp {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// The text without its leading digits; nothing if there is none.
std::optional<std::string_view> skip_digits(std::string_view text) noexcept {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  if (n == 0) return std::nullopt;
  return text.substr(n);
}

std::string_view skip_sign(std::string_view text) noexcept {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  return text;
}

// Checks the grammar; std::from_chars accepts more (hexadecimal, "infinity").
bool is_decimal(std::string_view text) noexcept {
  auto rest = skip_digits(skip_sign(text));
  if (!rest) return false;
  if (rest->starts_with('.')) {
    rest->remove_prefix(1);
    // "1." is accepted: the specification's grammar asks for digits, but some
    // writers leave them out.
    if (auto fraction = skip_digits(*rest)) rest = fraction;
  }
  if (rest->empty()) return true;
  if ((*rest)[0] != 'e' && (*rest)[0] != 'E') return false;
  rest = skip_digits(skip_sign(rest->substr(1)));
  return rest && rest->empty();
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  text = skip_sign(text);
  if (text.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const std::int64_t digit = c - '0';
    // Downwards for negative numbers: their range is one larger.
    if (__builtin_mul_overflow(value, 10, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, negative ? -digit : digit, &value)) return std::nullopt;
  }
  return value;
}

std::optional<double> parse_double(std::string_view text) noexcept {
  using limits = std::numeric_limits<double>;
  // As the specification spells them, and nothing else that from_chars() would
  // take.
  if (text == "inf") return limits::infinity();
  if (text == "-inf") return -limits::infinity();
  if (text == "nan" || text == "-nan") return limits::quiet_NaN();
  if (!is_decimal(text)) return std::nullopt;
  // from_chars() takes no plus sign, the grammar of RESP3 does.
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Out of range is refused: infinity or zero would be another number.
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_big_number(std::string_view text) noexcept {
  const auto rest = skip_digits(skip_sign(text));
  return rest && rest->empty();
}

}  // namespace parley::resp
