#include <parley/codecs/resp/server/detail/glob.hpp>
#include <utility>

namespace parley::resp {
namespace {

// Matches one byte with the class at the front of `pattern`, behind its '['. Leaves what
// follows the class.
bool match_class(std::string_view& pattern, char c) noexcept {
  const bool inverted = pattern.starts_with('^');
  if (inverted) pattern.remove_prefix(1);
  bool matched = false;
  while (!pattern.empty() && pattern[0] != ']') {
    std::size_t used = 1;
    if (pattern[0] == '\\' && pattern.size() >= 2) {
      matched |= pattern[1] == c;
      used = 2;
    } else if (pattern.size() >= 3 && pattern[1] == '-') {
      // A range may be written backwards, and may end with any byte, even ']'.
      char low = pattern[0];
      char high = pattern[2];
      if (low > high) std::swap(low, high);
      matched |= c >= low && c <= high;
      used = 3;
    } else {
      matched |= pattern[0] == c;
    }
    pattern.remove_prefix(used);
  }
  if (!pattern.empty()) pattern.remove_prefix(1);
  return matched != inverted;
}

// Matches one byte with what stands at the front of `pattern`, which is no star.
bool match_one(std::string_view& pattern, char c) noexcept {
  char wanted = pattern[0];
  pattern.remove_prefix(1);
  if (wanted == '?') return true;
  if (wanted == '[') return match_class(pattern, c);
  if (wanted == '\\' && !pattern.empty()) {
    wanted = pattern[0];
    pattern.remove_prefix(1);
  }
  return wanted == c;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) noexcept {
  if (text.empty()) return pattern.empty();
  // Only the last star is ever tried again: if what follows it fits nowhere, giving an
  // earlier star more would not help.
  bool starred = false;
  std::string_view retry_pattern;
  std::string_view retry_text;
  while (!text.empty()) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      starred = true;
      retry_pattern = pattern;
      retry_text = text;
      continue;
    }
    if (!pattern.empty() && match_one(pattern, text[0])) {
      text.remove_prefix(1);
      continue;
    }
    if (!starred) return false;
    retry_text.remove_prefix(1);
    pattern = retry_pattern;
    text = retry_text;
  }
  while (pattern.starts_with('*')) pattern.remove_prefix(1);
  return pattern.empty();
}

}  // namespace parley::resp
