// Topics with wildcards, as MQTT has them: levels separated by '/', '+' for one level, '#' for the
// rest. WebSocket and server-sent events use the same words.
#pragma once

#include <string_view>

namespace parley {

// A filter: no level but a last one is "#", and '+' and '#' stand alone in their level. Not empty.
bool is_topic_filter(std::string_view filter) noexcept;
// A name that can be published to: not empty and without wildcards.
bool is_topic_name(std::string_view name) noexcept;
// True if a filter has a wildcard; otherwise it matches itself alone.
bool has_wildcard(std::string_view filter) noexcept;

// Whether a sound filter matches a name. "a/#" matches "a" and all below; names that begin with
// '$' are matched by no filter that begins with a wildcard (MQTT 5 section 4.7).
bool topic_matches(std::string_view filter, std::string_view name) noexcept;

}  // namespace parley
