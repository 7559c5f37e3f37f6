// What a provider wants to be subscribed to, and what the server has confirmed.
// The two are kept apart and reconciled after each connect (P4): a subscription
// that the user made is never lost with a connection.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <parley/codecs/resp/client.hpp>
#include <parley/core/async/callback.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/loop/timer.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley::detail {

class redis_core;
class redis_speaker;
struct redis_channel;

// Somebody who waits for a confirmation.
struct redis_wait {
  redis_channel* channel;
  redis_speaker* speaker;  // null for the end of listening
  operation_base* op;      // null if it cannot be cancelled
  time_point deadline;
  callback<void(result<void>)> tell;
};
using redis_waits = std::list<redis_wait>;  // is taken apart without memory

// One name at the server. Several speakers may listen to it.
struct redis_channel {
  enum class state : std::uint8_t { off, subscribing, on, unsubscribing };

  std::string name;
  resp::subscription kind = resp::subscription::channel;
  state at_server = state::off;
  bool was_on = false;                    // before the connection was lost
  std::vector<redis_speaker*> listeners;  // null: left while being delivered to
  redis_waits waits;

  bool wanted() const noexcept {
    for (const redis_speaker* s : listeners) {
      if (s) return true;
    }
    return false;
  }
};

class redis_subscriptions final : public canceller, private timer {
 public:
  using outcome = callback<void(result<void>)>;

  explicit redis_subscriptions(redis_core& core) noexcept : core_(core) {}

  // Adds a listener; `tell` is called once, when the server has confirmed or it
  // is clear that it will not. `op` may be cancelled until then.
  void add(redis_speaker& speaker, resp::subscription kind, operation_base& op, outcome tell);
  // For a speaker that listens already: `tell` is called once that is confirmed.
  void join(redis_speaker& speaker, resp::subscription kind, operation_base& op, outcome tell);
  // Removes it; `tell` may be empty.
  void remove(redis_speaker& speaker, outcome tell);

  // From the subscriber's link.
  void restore(time_point now);
  void lost(const error& why, bool final, time_point now);
  void confirmed(const resp::confirmed& what, time_point now);
  void refused(std::uint64_t tag, resp::element reply);
  void deliver(const resp::message_event& message);

  // Whether what is published on a channel now arrives here.
  bool is_on(std::string_view channel) const noexcept;
  // True if somebody listens to anything.
  bool any_wanted() const noexcept;

  // The end of the provider: no callback is called any more.
  void shut() noexcept;
  void cancel(operation_base& op) override;

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using channel_map =
      std::unordered_map<std::string, std::unique_ptr<redis_channel>, text_hash, std::equal_to<>>;

  channel_map& map_of(resp::subscription kind) noexcept {
    return kind == resp::subscription::pattern ? patterns_ : channels_;
  }
  redis_channel* find(resp::subscription kind, std::string_view name) noexcept;
  redis_channel& find_or_make(resp::subscription kind, std::string_view name);

  void reconcile(redis_channel& channel);
  void ask(redis_channel& channel, bool on);
  void add_wait(redis_channel& channel, redis_speaker* speaker, operation_base* op, outcome tell);
  template <class Which>
  redis_waits take_waits(redis_channel& channel, Which&& is_meant) noexcept;
  template <class Which>
  redis_waits take_all_waits(Which&& is_meant) noexcept;
  void settle(redis_channel& channel, bool listening, const result<void>& how);
  void settle_all(bool listening, const result<void>& how);
  void end_waits(redis_waits ended, const result<void>& how);
  time_point patience() const;
  void drop_listener(redis_channel& channel, redis_speaker& speaker) noexcept;
  void report_restored(time_point now);
  void fired(time_point now) override;
  void sweep() noexcept;

  redis_core& core_;
  channel_map channels_;
  channel_map patterns_;
  std::size_t waiting_ = 0;  // of all channels
  std::optional<time_point> lost_at_;
  std::optional<time_point> retry_at_;  // a subscription could not be restored
  std::size_t missing_ = 0;             // channels of before the break that are not on yet, at most
  int delivering_ = 0;                  // user code may be running: erase nothing
  bool is_untidy_ = false;              // something was left to do because of that
};

}  // namespace parley::detail
