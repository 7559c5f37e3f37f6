// What a subscriber receives: bytes first, so that binary payloads survive, and
// a value decoded on request.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <parley/core/value/value.hpp>
#include <string_view>

namespace parley {

// How `message::value()` reads a payload.
enum class decode_policy : std::uint8_t {
  json_or_text,  // JSON if it is JSON, else text if it is UTF-8, else bytes: the default
  json,          // JSON, or an error
  text,          // text if it is UTF-8, else bytes
  bytes,         // always bytes
};

// Reads a payload as JSON. Core knows no JSON: whoever makes messages passes
// `parley::json::decode` in.
using json_decoder = result<value> (*)(byte_view payload);

// Reads a payload by a policy. Without a decoder, `json` fails with
// errc::not_supported and `json_or_text` reads text.
result<value> decode(byte_view payload, decode_policy, json_decoder);

// A message given to a callback is a view: topic, pattern and payload are valid
// during the callback. A *copy* of a message owns its bytes: `kept = m`,
// `queue.push_back(m)` and a capture by value are all safe. Copies of a copy
// share the bytes. A message belongs to one thread at a time.
class message {
 public:
  message() = default;
  // A view of what the arguments show. `pattern` is the filter that matched,
  // empty when the subscription named the topic itself.
  message(std::string_view topic, byte_view payload, std::string_view pattern = {},
          decode_policy policy = decode_policy::json_or_text,
          json_decoder decoder = nullptr) noexcept
      : topic_(topic), pattern_(pattern), payload_(payload), policy_(policy), decoder_(decoder) {}

  message(const message&);
  message(message&&) noexcept = default;
  message& operator=(const message& other) { return *this = message(other); }
  message& operator=(message&&) noexcept = default;
  ~message() = default;

  // What the arguments show, decoded as this one is. For who takes an envelope off.
  message with(std::string_view topic, byte_view payload, std::string_view pattern) const noexcept {
    return {topic, payload, pattern, policy_, decoder_};
  }

  // The same message with bytes of its own, said aloud.
  message copy() const { return *this; }
  // True if it lives on its own, false if it is a view.
  bool is_owned() const noexcept { return bytes_ != nullptr; }

  std::string_view topic() const noexcept { return topic_; }
  std::string_view pattern() const noexcept { return pattern_; }
  byte_view payload() const noexcept { return payload_; }
  // The payload as text. Not checked to be UTF-8; `value()` does that.
  std::string_view text() const noexcept { return as_text(payload_); }

  // The payload decoded by the policy, once, at the first call (S19). Fails only
  // with decode_policy::json; the payload is there all the same.
  const result<parley::value>& decoded() const;
  // The same, with null in place of a failure: for policies that cannot fail.
  const parley::value& value() const;
  // The decoded payload as T, as value::to<T>().
  template <class T>
  result<T> to() const {
    const result<parley::value>& v = decoded();
    if (!v) return std::unexpected(v.error());
    return v->template to<T>();
  }

 private:
  std::string_view topic_;
  std::string_view pattern_;
  byte_view payload_;
  std::shared_ptr<const char[]> bytes_;  // what the views show, once owned
  mutable std::optional<result<parley::value>> decoded_;
  decode_policy policy_ = decode_policy::json_or_text;
  json_decoder decoder_ = nullptr;
};

}  // namespace parley
