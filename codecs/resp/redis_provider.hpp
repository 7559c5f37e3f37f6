// redis_provider: Redis as a provider: publish and subscribe, keys and values,
// and any other command, on the loop of your choice (S3, S8, S14, S15 to S31).
//
//   parley::redis_provider redis{loop, {.host = "localhost"}};
//   if (auto ok = co_await redis.initialize(); !ok) co_return report(ok.error());
//   auto speaker = co_await redis.create_speaker("events", on_message);
//   auto sent = co_await speaker->shout(parley::fields("type", "update"));
//   auto n = co_await redis.command_as<std::int64_t>("INCR", "visits");
//
// One thread: that of the loop. Any call is legal in any callback; the provider
// may be destroyed at any moment, which ends its operations with errc::cancelled.
// Commands are pipelined by themselves. What was sent when a connection breaks
// ends with the connection's error (it may have been carried out); what is given while
// there is none waits for the next (redis_config::offline_bytes); subscriptions are
// restored.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/resp/redis_commands.hpp>
#include <parley/codecs/resp/redis_config.hpp>
#include <parley/codecs/resp/redis_connection.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/remote.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

namespace detail {
class redis_core;
}

// How set() sets. Trivially copyable, for co_await expressions.
struct set_options {
  enum class when : std::uint8_t { always, absent, present };

  set_options() noexcept {}
  explicit set_options(std::chrono::milliseconds life) noexcept : ttl(life) {}

  std::chrono::milliseconds ttl{};  // zero: for ever; negative: invalid_argument
  when condition = when::always;    // NX, XX
  bool keep_ttl = false;            // KEEPTTL (Redis 6)
};

class redis_provider final : public provider, public redis_commands {
 public:
  // Does nothing yet. Faults of the configuration are reported by initialize().
  explicit redis_provider(loop& home, redis_config config = {});
  redis_provider(const redis_provider&) = delete;
  redis_provider& operator=(const redis_provider&) = delete;
  ~redis_provider() override;

  // --- provider (core/api/provider.hpp) ---------------------------------------
  std::string_view protocol() const override { return "redis"; }
  operation<void> initialize() override;
  operation<speaker> create_speaker(std::string_view name, speaker_options options = {}) override;
  operation<speaker> create_speaker(std::string_view name, message_callback on_message,
                                    speaker_options options = {}) override;
  // Calls go by channels, so that any program can take part:
  //
  //   PUBLISH parley:call:NAME   "REPLY_TO NUMBER MILLISECONDS\n" and the request
  //   PUBLISH REPLY_TO           "NUMBER ok\n" and the answer, or "NUMBER error NAME\n" and a text
  //
  // Values travel as those of speakers do. Of several callees one runs a call, never two. A call
  // fails at once with resp::errc::no_callee if nobody listens, with the connection's error if that
  // breaks meanwhile (it may have been carried out), and with resp::errc::call_failed if the
  // callee's handler failed.
  operation<callable> create_callable(std::string_view name) override;
  operation<callable> create_callable(std::string_view name, call_handler handler) override;
  operation<void> close() override;
  provider_status status() const override;
  const redis_config& config() const noexcept;

  // --- keys and values ----------------------------------------------------------
  // get_any(), keys() and length() take several commands: cancel() has no effect on
  // them, they end with the last command, or with the provider.
  // The string at `key`: text, or bytes if it is not UTF-8 or decode_responses is
  // off; null if there is no such key. errc wrong_type if it is no string.
  operation<value> get(std::string_view key);
  // Whatever is at `key`, by its type: a string as get(), a list or set as array,
  // a hash as object, a sorted set as an array of [member, score].
  operation<value> get_any(std::string_view key);
  // Text and bytes as they are, everything else as JSON. False if the condition
  // did not hold.
  operation<bool> set(std::string_view key, const value& content, set_options options = {});
  // Deletes the key. 1, or 0 if there was none.
  operation<std::int64_t> del(std::string_view key);
  operation<bool> exists(std::string_view key);
  // False if there is no such key.
  operation<bool> expire(std::string_view key, std::chrono::milliseconds life);
  // What is left of its life; nothing if it has no end or does not exist.
  operation<std::optional<std::chrono::milliseconds>> ttl(std::string_view key);
  // All keys that match a pattern (* ? [a-z]), by SCAN, so without blocking the
  // server; each key once. errc::too_large above `most`.
  operation<std::vector<std::string>> keys(std::string_view pattern, std::size_t most = 1'000'000);
  // "string", "list", "set", "zset", "hash", "stream", "none".
  operation<std::string> type(std::string_view key);
  // Bytes of a string, elements of everything else, 0 if there is no such key.
  operation<std::int64_t> length(std::string_view key);
  // Asks the server for a sign of life; ends with the time that it took.
  operation<duration> health_check();

  // --- any command: command() and command_as<T>() of redis_commands.hpp ---------------
  // Commands share one connection. Those that wait at the server (BLPOP, XREAD BLOCK) get
  // one of their own each, and so stall nobody; cancelling such an operation ends its
  // connection, so that what the server would have popped for it is not lost. They have
  // no timeout but the server's own, and fail with errc::queue_full or timed_out if no
  // connection becomes free (redis_config::max_connections, pool_timeout).

  // A connection for one holder alone: for WATCH and MULTI. Waits in line if all are
  // held. See redis_connection.hpp.
  operation<redis_connection> acquire();
  redis_pool_status pool_status() const;

  // A handle that other threads may use to shout; see core/api/remote.hpp. Call it in
  // the loop's thread. Its messages wait for a connection like those of speakers.
  remote remote_handle();

 private:
  void give(operation_base& op, detail::redis_waiter& waiter,
            std::span<const std::string_view> arguments) override;
  loop& home() noexcept override;

  detail::redis_core* core_;
};

// The entry of a `protocols` table: `table.add("redis", redis_maker())`.
protocols::maker redis_maker(transports* with = nullptr);

}  // namespace parley
