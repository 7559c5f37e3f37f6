#include <array>
#include <charconv>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/rest/query.hpp>

namespace parley::http {
namespace {

constexpr std::string_view digits = "0123456789ABCDEF";

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool is_alphanumeric(char c) noexcept {
  const char low = static_cast<char>(c | 0x20);
  return (c >= '0' && c <= '9') || (low >= 'a' && low <= 'z');
}

void append_escape(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

bool append_decoded(std::string& out, std::string_view text, bool plus_is_space) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

// What the standard leaves as it is in a form.
void append_form(std::string& out, std::string_view text, form_style style) {
  for (const char c : text) {
    if (is_alphanumeric(c) || std::string_view("*-._").contains(c)) {
      out += c;
    } else if (c == ' ' && style == form_style::form) {
      out += '+';
    } else {
      append_escape(out, c);
    }
  }
}

template <class T>
std::string_view as_digits(std::array<char, 32>& room, T number) noexcept {
  const auto end = std::to_chars(room.data(), room.data() + room.size(), number).ptr;
  return {room.data(), static_cast<std::size_t>(end - room.data())};
}

}  // namespace

std::optional<form_field> form_reader::stop(rest_errc why) noexcept {
  fault_ = why;
  rest_ = {};
  return std::nullopt;
}

std::optional<form_field> form_reader::next() {
  if (rest_.size() > limits_.max_size) return stop(rest_errc::form_too_large);
  while (!rest_.empty()) {
    const std::size_t end = rest_.find('&');
    const std::string_view piece = rest_.substr(0, end);
    rest_ = end == rest_.npos ? std::string_view() : rest_.substr(end + 1);
    if (piece.empty()) continue;
    if (++fields_ > limits_.max_fields) return stop(rest_errc::too_many_fields);
    const std::size_t equals = piece.find('=');
    const std::string_view name = piece.substr(0, equals);
    const std::string_view value =
        equals == piece.npos ? std::string_view() : piece.substr(equals + 1);
    if (piece.find_first_of("%+") == piece.npos) return form_field{name, value};
    scratch_->clear();
    scratch_->reserve(piece.size());
    if (!append_decoded(*scratch_, name, true)) return stop(rest_errc::bad_escape);
    const std::size_t name_size = scratch_->size();
    if (!append_decoded(*scratch_, value, true)) return stop(rest_errc::bad_escape);
    const std::string_view both = *scratch_;
    return form_field{both.substr(0, name_size), both.substr(name_size)};
  }
  return std::nullopt;
}

result<form_fields> form_fields::parse(std::string_view text, const form_limits& limits) {
  form_fields all;
  std::string scratch;
  form_reader reader(text, scratch, limits);
  while (const auto f = reader.next()) all.items_.emplace_back(f->name, f->value);
  if (const auto why = reader.fault()) return fail(*why);
  return all;
}

std::optional<std::string_view> form_fields::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : items_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::size_t form_fields::count(std::string_view name) const noexcept {
  std::size_t found = 0;
  for (const auto& item : items_) found += item.first == name;
  return found;
}

form_writer& form_writer::add(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += '&';
  append_form(text_, name, style_);
  text_ += '=';
  append_form(text_, value, style_);
  return *this;
}

form_writer& form_writer::add(std::string_view name, std::int64_t value) {
  std::array<char, 32> room;
  return add(name, as_digits(room, value));
}

form_writer& form_writer::add(std::string_view name, std::uint64_t value) {
  std::array<char, 32> room;
  return add(name, as_digits(room, value));
}

form_writer& form_writer::add(std::string_view name, double value) {
  std::array<char, 32> room;
  return add(name, as_digits(room, value));
}

form_writer& form_writer::add(std::string_view name, bool value) {
  return add(name, std::string_view(value ? "true" : "false"));
}

void append_percent_encoded(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (is_alphanumeric(c) || std::string_view("-._~").contains(c)) {
      out += c;
    } else {
      append_escape(out, c);
    }
  }
}

bool append_percent_decoded(std::string& out, std::string_view text) {
  return append_decoded(out, text, false);
}

}  // namespace parley::http
