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
// ends with the connection's error (it may have been carried out); subscriptions
// are restored.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/resp/redis_config.hpp>
#include <parley/codecs/resp/redis_waiter.hpp>
#include <parley/codecs/resp/tree.hpp>
#include <parley/core/api/provider.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

namespace detail {
class redis_core;

// One argument of a command: a view, or a number with its digits.
class redis_argument {
 public:
  template <class S>
    requires std::convertible_to<const S&, std::string_view>
  redis_argument(const S& text) noexcept : view_(text) {}
  template <class N>
    requires(std::integral<N> || std::floating_point<N>)
  redis_argument(N number) noexcept {
    const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr;
    size_ = static_cast<std::size_t>(end - digits_.data());
  }
  redis_argument(const redis_argument&) = delete;
  redis_argument& operator=(const redis_argument&) = delete;

  std::string_view view() const noexcept {
    return size_ > 0 ? std::string_view(digits_.data(), size_) : view_;
  }

 private:
  std::string_view view_;
  std::array<char, 32> digits_;
  std::size_t size_ = 0;
};
}  // namespace detail

// How set() sets. Trivially copyable, for co_await expressions.
struct set_options {
  enum class when : std::uint8_t { always, absent, present };

  set_options() noexcept {}
  explicit set_options(std::chrono::milliseconds life) noexcept : ttl(life) {}

  std::chrono::milliseconds ttl{};  // zero: for ever
  when condition = when::always;    // NX, XX
  bool keep_ttl = false;            // KEEPTTL (Redis 6)
};

class redis_provider final : public provider {
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

  // --- any command ----------------------------------------------------------------
  // `command("HSET", "key", "field", 42)`. Ends with the reply as a tree; an error
  // of the server is the operation's error. Commands that wait at the server
  // (BLPOP) have no timeout of ours, and what is sent after them waits as well:
  // give them a provider of their own.
  template <class... A>
  operation<resp::reply> command(const A&... arguments) {
    const std::array<detail::redis_argument, sizeof...(A)> words{
        detail::redis_argument(arguments)...};
    std::array<std::string_view, sizeof...(A)> views;
    for (std::size_t i = 0; i < views.size(); ++i) views[i] = words[i].view();
    return run(views);
  }
  operation<resp::reply> command(std::span<const std::string_view> arguments) {
    return run(arguments);
  }

  // The same, with the reply converted (tree.hpp says to what): std::int64_t,
  // double, bool, std::string, std::optional<T>, std::vector<T>, pairs.
  template <class T, class... A>
  operation<T> command_as(const A&... arguments) {
    const std::array<detail::redis_argument, sizeof...(A)> words{
        detail::redis_argument(arguments)...};
    std::array<std::string_view, sizeof...(A)> views;
    for (std::size_t i = 0; i < views.size(); ++i) views[i] = words[i].view();
    const auto convert = [](resp::element reply) { return reply.as<T>(); };
    using waiter = detail::redis_command_waiter<T, decltype(convert)>;
    auto* w = waiter::make(home(), convert);
    auto op = w->done().op();
    give(*op.state(), *w, views);
    return op;
  }

 private:
  operation<resp::reply> run(std::span<const std::string_view> arguments);
  void give(operation_base& op, detail::redis_waiter& waiter,
            std::span<const std::string_view> arguments);
  loop& home() noexcept;

  detail::redis_core* core_;
};

// The entry of a `protocols` table: `table.add("redis", redis_maker())`.
protocols::maker redis_maker(transports* with = nullptr);

}  // namespace parley
