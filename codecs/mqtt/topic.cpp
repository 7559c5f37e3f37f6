#include <algorithm>
#include <parley/codecs/mqtt/topic.hpp>
#include <parley/core/api/topics.hpp>

namespace parley::mqtt {

std::optional<shared_filter> parse_shared(std::string_view filter) noexcept {
  if (!is_shared(filter)) return std::nullopt;
  filter.remove_prefix(std::string_view("$share/").size());
  const std::size_t end = filter.find('/');
  if (end == 0 || end == std::string_view::npos) return std::nullopt;
  const shared_filter parts{filter.substr(0, end), filter.substr(end + 1)};
  if (has_wildcard(parts.group) || !is_topic_filter(parts.filter)) return std::nullopt;
  return parts;
}

std::size_t level_count(std::string_view topic) noexcept {
  return 1 + static_cast<std::size_t>(std::ranges::count(topic, '/'));
}

}  // namespace parley::mqtt
