// How calls travel: their topics, and the user property of an error (mqtt_provider.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::detail {

inline constexpr std::string_view mqtt_error_property = "parley-error";

// A client identifier as one level of a topic: what is no letter, digit, '-' or '_' is %XX.
std::string mqtt_level_of(std::string_view client_id);

// "parley/reply/CLIENT/": behind it stands the number of a call.
std::string mqtt_reply_prefix(std::string_view client_id);
// "NAME/call/CLIENT/N": a request of 3.1.1.
std::string mqtt_request_topic(std::string_view name, std::string_view client_id, std::uint64_t n);
// Where a request of 3.1.1 is answered, from its topic; nothing if it is none to `name`.
std::optional<std::string> mqtt_reply_topic(std::string_view name, std::string_view request);

// What stands behind the prefix of an answer.
struct mqtt_answer_of {
  std::uint64_t number = 0;
  bool is_error = false;
};
std::optional<mqtt_answer_of> read_mqtt_answer(std::string_view rest) noexcept;

}  // namespace parley::detail
