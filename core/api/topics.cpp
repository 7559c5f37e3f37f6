#include <parley/core/api/topics.hpp>

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
  return filter.find_first_of("+#") != std::string_view::npos;
}

bool is_topic_name(std::string_view name) noexcept { return !name.empty() && !has_wildcard(name); }

bool is_topic_filter(std::string_view filter) noexcept {
  if (filter.empty()) return false;
  for (bool more = true; more;) {
    const std::string_view level = take_level(filter, more);
    if (level.size() > 1 && has_wildcard(level)) return false;
    if (level == "#" && more) return false;
  }
  return true;
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
