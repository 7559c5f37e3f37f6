// The identifier of a message, in a line before its payload: so that who hears it on two carriers,
// or twice on one, knows that it is the same. Only between parties that have agreed on it
// (fallback_options::dedupe): for everybody else the line is part of the payload.
//
//   parley-id 0123456789abcdef 42 LF payload
//
// The sender in 16 hexadecimal digits, drawn at random by each speaker, and the number of the
// message, from 1, in decimal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/core/bytes.hpp>
#include <span>
#include <string>

namespace parley {

// Which message: unique as far as 64 random bits are.
struct message_id {
  std::uint64_t sender = 0;
  std::uint64_t number = 0;

  friend bool operator==(const message_id&, const message_id&) = default;
};

// A message that has one. Views what it was read from.
struct tagged_message {
  message_id id;
  byte_view payload;
};

// Appends the line.
void append_tag(std::string& to, const message_id& id);
// Nothing if there is no such line, or one that is written otherwise.
std::optional<tagged_message> read_tag(byte_view message) noexcept;

}  // namespace parley
