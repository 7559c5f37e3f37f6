#include <bit>
#include <cstdint>
#include <parley/core/api/topics.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/text/scan.hpp>
#include <parley/core/text/words.hpp>

namespace parley {
namespace {

// Takes the first level away, with the separator behind it. `more`: there was one.
std::string_view take_level(std::string_view& topic, bool& more) noexcept {
  const std::size_t end = topic.find('/');
  const std::string_view level = topic.substr(0, end);
  more = end != std::string_view::npos;
  topic = more ? topic.substr(end + 1) : std::string_view();
  return level;
}

}  // namespace

bool has_wildcard(std::string_view filter) noexcept {
  return text::find_either(as_bytes(filter), '+', '#') != filter.size();
}

bool is_topic_name(std::string_view name) noexcept { return !name.empty() && !has_wildcard(name); }

namespace {

// A wildcard has a separator or an end on both sides, and nothing follows '#'.
bool is_good_wildcard(std::string_view filter, std::size_t i) noexcept {
  if (i != 0 && filter[i - 1] != '/') return false;
  if (i + 1 == filter.size()) return true;
  return filter[i] == '+' && filter[i + 1] == '/';
}

// The same of those among eight bytes that begin at `from`; `word` are those, with what is none
// behind the end of a shorter filter.
bool are_good_wildcards(std::string_view filter, std::size_t from, std::uint64_t word) noexcept {
  // The two wildcards differ in one bit. What is found behind one that was may be none.
  std::uint64_t found = (word | 8 * text::detail::ones) ^ '+' * text::detail::ones;
  found = (found - text::detail::ones) & ~found & text::detail::high_bits;
  for (; found != 0; found &= found - 1) {
    const std::size_t i = from + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    const bool is_wildcard = filter[i] == '+' || filter[i] == '#';
    if (is_wildcard && !is_good_wildcard(filter, i)) return false;
  }
  return true;
}

}  // namespace

bool is_topic_filter(std::string_view filter) noexcept {
  const std::size_t size = filter.size();
  if constexpr (std::endian::native != std::endian::little) {
    for (std::size_t i = 0; i < size; ++i) {
      const bool is_wildcard = filter[i] == '+' || filter[i] == '#';
      if (is_wildcard && !is_good_wildcard(filter, i)) return false;
    }
    return size != 0;
  }
  if (size < 8) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(filter.data());
    return size != 0 && are_good_wildcards(filter, 0, text::detail::load_short(data, size));
  }
  // The last eight, some of them once more.
  for (std::size_t i = 0; i + 8 < size; i += 8) {
    if (!are_good_wildcards(filter, i, text::detail::load(filter.data() + i))) return false;
  }
  return are_good_wildcards(filter, size - 8, text::detail::load(filter.data() + size - 8));
}

bool topic_matches(std::string_view filter, std::string_view name) noexcept {
  if (name.starts_with('$') && !filter.starts_with('$')) return false;
  for (;;) {
    bool more_filter = false, more_name = false;
    const std::string_view wanted = take_level(filter, more_filter);
    if (wanted == "#") return true;
    const std::string_view level = take_level(name, more_name);
    if (wanted != "+" && wanted != level) return false;
    if (!more_name) return !more_filter || filter == "#";
    if (!more_filter) return false;
  }
}

}  // namespace parley
