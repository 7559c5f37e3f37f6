// What the demonstration sends, and how it knows that what came is right: the
// content of each message follows from its publisher and its number.
#pragma once

#include <cstdint>
#include <parley/core/value/message.hpp>
#include <parley/core/value/value.hpp>
#include <span>
#include <string>
#include <string_view>

namespace parley::demo {

// Which message it is. Both count from 0.
struct serial {
  std::uint32_t publisher = 0;
  std::uint32_t number = 0;

  friend bool operator==(const serial&, const serial&) = default;
};

struct scenario {
  std::string_view what;
  std::string_view to;                 // "" for the first URL, "unix" for the second
  std::string_view parameter;          // of the URI: "protocol=2"
  std::uint32_t publishers;            // each with a connection of its own
  std::uint32_t messages;              // of each publisher
  std::uint32_t subscriptions;         // each with a callback of its own
  bool pattern;                        // one subscription to a pattern
  std::string (*topic)(serial);        // where a message goes
  value (*content)(serial);            // what it says
  serial (*identify)(const message&);  // which one it is; must be checked by content()
};

std::span<const scenario> scenarios();

// The name that subscription `index` of a scenario listens to.
std::string subscription_name(const scenario& s, std::uint32_t index);

// True if the message is the one that was sent as `which`, to the last byte, and
// came by the right subscription.
bool is_right(const scenario& s, std::uint32_t subscription, serial which, const message& m);

}  // namespace parley::demo
