// Shared subscriptions (MQTT 5 section 4.8.2). What a filter is and what it matches is said by
// core/api/topics.hpp.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace parley::mqtt {

// "$share/NAME/FILTER": its messages go to one of the clients that share it under the name.
struct shared_filter {
  std::string_view group{};
  std::string_view filter{};
};

// True of what begins with "$share/", and so must be a shared subscription.
constexpr bool is_shared(std::string_view filter) noexcept { return filter.starts_with("$share/"); }

// Its parts, as views; nothing if it is none: the group is empty or has a wildcard
// [MQTT-4.8.2-1, MQTT-4.8.2-2], or no sound filter follows it.
std::optional<shared_filter> parse_shared(std::string_view filter) noexcept;

// How many levels it has: one more than separators.
std::size_t level_count(std::string_view topic) noexcept;

}  // namespace parley::mqtt
