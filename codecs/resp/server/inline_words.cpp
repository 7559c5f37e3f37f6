#include <parley/codecs/resp/server/detail/inline_words.hpp>

namespace parley::resp {
namespace {

// As isspace() in the C locale, which no setting of the program may change.
bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Inside a word fewer characters separate: Redis lets vertical tabs and form feeds be.
bool ends_word(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

char unescaped(char c) noexcept {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Reads and writes the same characters: what is written is never longer.
class unquoter {
 public:
  unquoter(char* line, std::size_t size, std::size_t at) noexcept
      : line_(line), size_(size), at_(at), start_(at), to_(at) {}

  std::size_t at() const noexcept { return at_; }
  std::string_view word() const noexcept { return {line_ + start_, to_ - start_}; }

  // False: a quote is not closed, or something stands right behind it.
  bool run() noexcept {
    while (at_ < size_ && !ends_word(line_[at_])) {
      const char c = line_[at_++];
      if (c == '"' || c == '\'') return c == '"' ? double_quoted() : single_quoted();
      put(c);
    }
    return true;
  }

 private:
  void put(char c) noexcept { line_[to_++] = c; }

  // A closing quote ends the word.
  bool closes() const noexcept { return at_ == size_ || is_space(line_[at_]); }

  bool double_quoted() noexcept {
    while (at_ < size_) {
      const char c = line_[at_++];
      if (c == '"') return closes();
      c == '\\' && at_ < size_ ? escape() : put(c);
    }
    return false;
  }

  void escape() noexcept {
    const char c = line_[at_++];
    if (c == 'x' && at_ + 1 < size_) {
      const int high = hex_digit(line_[at_]);
      const int low = hex_digit(line_[at_ + 1]);
      if (high >= 0 && low >= 0) {
        at_ += 2;
        return put(static_cast<char>(high * 16 + low));
      }
    }
    put(unescaped(c));
  }

  bool single_quoted() noexcept {
    while (at_ < size_) {
      char c = line_[at_++];
      if (c == '\'') return closes();
      if (c == '\\' && at_ < size_ && line_[at_] == '\'') c = line_[at_++];
      put(c);
    }
    return false;
  }

  char* line_;
  std::size_t size_;
  std::size_t at_;
  std::size_t start_;
  std::size_t to_;
};

}  // namespace

inline_status next_inline_word(char* line, std::size_t size, std::size_t& at,
                               std::string_view& word) noexcept {
  while (at < size && is_space(line[at])) ++at;
  if (at == size) return inline_status::end;
  unquoter one(line, size, at);
  if (!one.run()) return inline_status::unbalanced;
  at = one.at();
  word = one.word();
  return inline_status::word;
}

}  // namespace parley::resp
