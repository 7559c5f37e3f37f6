// JSON's words, written straight into the user's string. Internal.
#pragma once

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <parley/core/text/utf8.hpp>
#include <parley/core/text/words.hpp>
#include <string>
#include <string_view>

namespace parley::json {

// What RFC 8259 section 7 has escaped: '"', '\\' and below 0x20; and which bytes there were.
class plain_check {
 public:
  // Copies the text behind `to`, where there is room for `spare` bytes more than it has, and looks
  // at it meanwhile: most texts are short, and a call to memcpy would cost more than the rest.
  static constexpr std::size_t spare = 16;
  void copy(char* to, std::string_view text) noexcept {
    const char* from = text.data();
    const std::size_t size = text.size();
    if (size < 8) return copy_short(to, text);
    if (size < 16) {
      const words w{load(from), load(from + size - 8)};
      look(w);
      store(to, w[0]);
      return store(to + size - 8, w[1]);
    }
    for (std::size_t i = 0; i + 16 < size; i += 16) copy_16(to + i, from + i);
    // The last ones may overlap those before.
    copy_16(to + size - 16, from + size - 16);
  }

  bool found_escapes() const noexcept {
    const auto all = std::bit_cast<words>(odd_);
    return (all[0] | all[1]) != 0;
  }
  bool is_ascii() const noexcept { return ((all_[0] | all_[1]) & text::detail::high_bits) == 0; }

 private:
  using words = text::detail::word_pair;
  using bytes [[gnu::vector_size(16)]] = std::uint8_t;

  static std::uint64_t load(const char* at) noexcept { return text::detail::load(at); }
  template <class Word>
  static void store(char* at, Word w) noexcept {
    text::detail::store(at, w);
  }

  void look(words w) noexcept {
    const auto b = std::bit_cast<bytes>(w);
    odd_ |= std::bit_cast<bytes>((b < 0x20) | (b == '"') | (b == '\\'));
    all_ |= w;
  }
  void copy_16(char* to, const char* from) noexcept {
    const auto w = text::detail::load<words>(from);
    look(w);
    store(to, w);
  }
  void copy_short(char* to, std::string_view text) noexcept {
    const auto* const data = reinterpret_cast<const std::uint8_t*>(text.data());
    const std::uint64_t word = text::detail::load_short(data, text.size());
    store(to, word);
    // Spaces where there is no text.
    constexpr std::uint64_t spaces = text::detail::ones * ' ';
    const std::size_t bits = 8 * text.size();
    const bool is_little = std::endian::native == std::endian::little;
    look(words{word | (is_little ? spaces << bits : spaces >> bits), spaces});
  }

  bytes odd_{};
  words all_{};
};

// Small texts are made on the stack, so that their string is allocated once; where it has room
// already, and beyond, they are made in the string. Until keep() the string is as it was, when this
// ends.
class text_out {
 public:
  explicit text_out(std::string& out) : out_(out), before_(out.size()) {
    const std::size_t spare = out.capacity() - before_;
    if (spare >= sizeof first_) grow(spare);
  }
  text_out(const text_out&) = delete;
  text_out& operator=(const text_out&) = delete;
  // Also when an allocation failed on the way: then nothing was added.
  ~text_out() {
    if (data_ != first_) out_.resize(before_ + kept_);
  }

  // Bytes written so far.
  std::size_t written() const noexcept { return used_; }
  // Nothing is put afterwards.
  void keep() {
    if (data_ == first_) {
      out_.append(first_, used_);
    } else {
      kept_ = used_;
    }
  }

  void put(char c) { *room(1) = c, ++used_; }
  void put(std::string_view text) {
    char* const to = room(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    used_ += text.size();
  }
  // Behind all but the first of a list.
  void put_comma_behind(bool is_first) {
    if (!is_first) put(',');
  }
  template <class Number>
  void put_number(Number n) {
    constexpr std::size_t longest = 20;  // of 64 bits, with a sign
    char* const to = room(longest);
    used_ += static_cast<std::size_t>(std::to_chars(to, to + longest, n).ptr - to);
  }
  // What `write` puts behind the pointer it is given, at most `most` bytes; it returns their end.
  template <class Write>
  void put_by(std::size_t most, Write&& write) {
    char* const to = room(most);
    used_ += static_cast<std::size_t>(write(to) - to);
  }

  // In quotes, and what else stands behind it: ':' or nothing. False if it is not UTF-8: then what
  // was put is worth nothing.
  bool put_text(std::string_view text, std::string_view behind = {}) {
    char* const to = room(text.size() + 3 + plain_check::spare);
    plain_check seen;
    *to = '"';
    seen.copy(to + 1, text);
    if (!seen.is_ascii() && !text::valid_utf8(text)) return false;
    if (seen.found_escapes()) {
      put_escaped(text);
    } else {
      to[text.size() + 1] = '"';
      used_ += text.size() + 2;
    }
    if (!behind.empty()) put(behind.front());
    return true;
  }

 private:
  void put_escaped(std::string_view text);
  [[gnu::always_inline]] char* room(std::size_t more) {
    if (size_ - used_ < more) [[unlikely]]
      grow(std::max(2 * size_, used_ + more));
    return data_ + used_;
  }
  // Not zeroed: each byte is written before anybody reads it.
  [[gnu::noinline]] void grow(std::size_t size) {
    out_.resize_and_overwrite(before_ + size, [](char*, std::size_t n) { return n; });
    char* const to = out_.data() + before_;
    if (data_ == first_ && used_ > 0) std::memcpy(to, first_, used_);
    data_ = to;
    size_ = size;
  }

  std::string& out_;
  const std::size_t before_;
  char first_[2048];
  char* data_ = first_;
  std::size_t size_ = sizeof first_;
  std::size_t used_ = 0;
  std::size_t kept_ = 0;
};

// How a byte is escaped: the letter behind the backslash; 'u' for a number, 0 for none.
constexpr char escape_of(char c) noexcept {
  switch (c) {
    case '"':
    case '\\':
      return c;
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return static_cast<unsigned char>(c) < 0x20 ? 'u' : '\0';
  }
}

inline void text_out::put_escaped(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  put('"');
  std::size_t plain = 0;  // from where on nothing needs it
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = escape_of(text[i]);
    if (letter == '\0') continue;
    put(text.substr(plain, i - plain));
    plain = i + 1;
    put('\\');
    put(letter);
    if (letter != 'u') continue;
    const auto code = static_cast<unsigned char>(text[i]);
    put("00");
    put(hex[code / 16]);
    put(hex[code % 16]);
  }
  put(text.substr(plain));
  put('"');
}

}  // namespace parley::json
