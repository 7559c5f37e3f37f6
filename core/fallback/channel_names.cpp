#include <algorithm>
#include <parley/core/api/topics.hpp>
#include <parley/core/fallback/channel_names.hpp>

namespace parley {
namespace {

std::string with_slashes(std::string_view name, level_separator by) {
  std::string topic(name);
  if (by == level_separator::dot) std::ranges::replace(topic, '.', '/');
  return topic;
}

// What Redis would read as a pattern stands for itself.
void append_escaped(std::string& to, char c) {
  if (std::string_view("*?[]\\").contains(c)) to.push_back('\\');
  to.push_back(c);
}

// "+" becomes "*", which matches a separator too; "a/#" becomes "a*", as it matches "a" itself.
std::string glob_of(std::string_view filter, char separator) {
  std::string glob;
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const char c = filter[i];
    if (c == separator && filter.substr(i + 1) == "#") return glob + '*';
    if (c == '+' || c == '#') {
      glob.push_back('*');
    } else {
      append_escaped(glob, c);
    }
  }
  return glob;
}

}  // namespace

result<void> check_channel(std::string_view name, level_separator by) {
  if (by == level_separator::dot && name.contains('/')) {
    return fail(errc::invalid_argument, "a name whose levels are divided by '.' has a '/'");
  }
  if (is_topic_filter(with_slashes(name, by))) return {};
  return fail(errc::invalid_argument,
              "not a name: '+' and '#' stand alone in their level, '#' in the last one");
}

bool is_channel_filter(std::string_view name) noexcept { return has_wildcard(name); }

channel_spelling spell_channel(std::string_view name, level_separator by,
                               std::string_view protocol) {
  if (protocol != "redis") return {with_slashes(name, by), false};
  if (!is_channel_filter(name)) return {std::string(name), false};
  return {glob_of(name, static_cast<char>(by)), true};
}

std::string read_channel(std::string_view topic, level_separator by, std::string_view protocol) {
  std::string name(topic);
  if (by == level_separator::dot && protocol != "redis") std::ranges::replace(name, '/', '.');
  return name;
}

bool channel_matches(std::string_view filter, std::string_view name, level_separator by) {
  return topic_matches(with_slashes(filter, by), with_slashes(name, by));
}

}  // namespace parley
