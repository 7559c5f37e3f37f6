// How calls travel over Redis: by channels, so that any program that can publish may call or
// answer.
//
//   PUBLISH parley:call:NAME   "REPLY_TO NUMBER MILLISECONDS\n" payload
//   PUBLISH REPLY_TO           "NUMBER ok\n" payload     or   "NUMBER error NAME\n" text
//
// The caller is subscribed to REPLY_TO, a channel of its own. Of several who answer NAME the one
// that succeeds with SET parley:claim:REPLY_TO:NUMBER 1 NX PX MILLISECONDS runs the call: no call
// runs twice. MILLISECONDS is how long the caller waits; 0: for ever.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <parley/core/bytes.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

// Where requests to NAME are published.
std::string redis_request_channel(std::string_view name);
// A channel for answers that nobody else has, of random bytes.
std::string redis_reply_channel(byte_view random);

struct redis_request {
  std::string_view reply_to{};
  std::uint64_t number = 0;
  std::chrono::milliseconds patience{};
  byte_view payload{};
};
std::string to_bytes(const redis_request& r);
// Views of the bytes; nothing if they are no request.
std::optional<redis_request> read_redis_request(byte_view bytes) noexcept;
// The key that says who runs it.
std::string redis_claim_key(const redis_request& r);

struct redis_answer {
  std::uint64_t number = 0;
  std::string_view error_name{};  // empty: it went well
  byte_view payload{};            // or the error's text
};
std::string to_bytes(const redis_answer& a);
std::optional<redis_answer> read_redis_answer(byte_view bytes) noexcept;

}  // namespace parley::detail
