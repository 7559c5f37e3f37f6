// One name for a channel, whatever protocol carries it.
//
// A name is levels that a separator divides, '/' or '.'. A speaker that only listens may have '+'
// for one level and '#' for the rest, whatever the separator: "sensor/+/data", "news.#". On the
// wire
//
//   Redis    has no levels: the name as it is written. A filter becomes a glob pattern that matches
//            at least as much ("sensor/*/data", "news*"), and what is too much is kept back
//   others   have '/': with '.' as the separator "news.sport" is "news/sport" there
//
// and message::topic() is the name as it is written, by whatever carrier it came.
#pragma once

#include <parley/core/error.hpp>
#include <string>
#include <string_view>

namespace parley {

// What divides the levels of names as the program writes them.
enum class level_separator : char {
  slash = '/',  // "sensor/7/data"; MQTT's and HTTP's custom
  dot = '.',    // "sensor.7.data"; the custom in Redis
};

// How a protocol spells a name.
struct channel_spelling {
  std::string name{};
  bool pattern = false;  // speaker_options::pattern is to be set
};

// Errors: invalid_argument, of a filter that is not sound, and of a '/' inside a level where '.'
// separates: it would be another name on each protocol.
result<void> check_channel(std::string_view name, level_separator by);
bool is_channel_filter(std::string_view name) noexcept;
// Of a name that check_channel() has found good. `protocol` as provider::protocol() has it.
channel_spelling spell_channel(std::string_view name, level_separator by,
                               std::string_view protocol);
// The name as the program writes it, of a topic from the wire.
std::string read_channel(std::string_view topic, level_separator by, std::string_view protocol);
// Whether a filter of the program matches a name of it.
bool channel_matches(std::string_view filter, std::string_view name, level_separator by);

}  // namespace parley
