#include <array>
#include <charconv>
#include <parley/core/fallback/message_tag.hpp>
#include <string_view>

namespace parley {
namespace {

constexpr std::string_view begin = "parley-id ";
constexpr std::size_t sender_digits = 16;
// The largest number has 20 digits; a line that is longer is none of ours.
constexpr std::size_t number_digits = 20;

// All of the text, without a sign, a blank or a zero in front: one way to write a number.
template <int Base>
bool read_digits(std::string_view text, std::uint64_t& to) noexcept {
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_letter = Base == 16 && c >= 'a' && c <= 'f';
    if (!is_digit && !is_letter) return false;
  }
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), to, Base);
  return fault == std::errc() && end == text.data() + text.size();
}

}  // namespace

void append_tag(std::string& to, const message_id& id) {
  std::array<char, sender_digits> hex{};
  const auto sender = std::to_chars(hex.data(), hex.data() + hex.size(), id.sender, 16);
  const auto used = static_cast<std::size_t>(sender.ptr - hex.data());
  std::array<char, number_digits> decimal{};
  const auto number = std::to_chars(decimal.data(), decimal.data() + decimal.size(), id.number);
  to.append(begin).append(sender_digits - used, '0').append(hex.data(), used).push_back(' ');
  to.append(decimal.data(), number.ptr);
  to.push_back('\n');
}

std::optional<tagged_message> read_tag(byte_view message) noexcept {
  const std::string_view text = as_text(message);
  constexpr std::size_t number_at = begin.size() + sender_digits + 1;
  if (!text.starts_with(begin) || text.size() <= number_at || text[number_at - 1] != ' ') {
    return std::nullopt;
  }
  const std::size_t end = text.substr(0, number_at + number_digits + 1).find('\n', number_at);
  if (end == std::string_view::npos || text[number_at] == '0') return std::nullopt;
  tagged_message m;
  const bool good = read_digits<16>(text.substr(begin.size(), sender_digits), m.id.sender) &&
                    read_digits<10>(text.substr(number_at, end - number_at), m.id.number);
  if (!good) return std::nullopt;
  m.payload = message.subspan(end + 1);
  return m;
}

}  // namespace parley
