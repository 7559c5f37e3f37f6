// How often a message arrives (MQTT 5 section 4.3).
#pragma once

#include <cstdint>

namespace parley::mqtt {

enum class qos : std::uint8_t {
  at_most_once = 0,
  at_least_once = 1,
  exactly_once = 2,
};

// What a subscription gets of messages that the server retains (section 3.8.3.1); 3.1.1 always
// sends them.
enum class retain_handling : std::uint8_t {
  send = 0,         // when it is made, and again when it is made anew
  send_if_new = 1,  // only if there was no such subscription
  do_not_send = 2,
};

}  // namespace parley::mqtt
