// The speakers of a provider that asks its peer for what they listen to, each filter once.
#pragma once

#include <parley/core/api/confirmations.hpp>
#include <parley/core/api/listeners.hpp>
#include <parley/core/async/guard.hpp>
#include <parley/core/async/operation.hpp>
#include <string_view>
#include <utility>

namespace parley::detail {

// A base of the core of such a provider. `Speaker` is a listening_speaker of that core.
template <class Speaker>
class asked_listeners : private confirmations_owner {
 public:
  // Delivers to this speaker what comes under its name; not `is_new` if it does so already. `done`
  // is told when the peer has confirmed.
  void join(Speaker& who, completer<void> done, bool is_new) {
    const bool is_first = is_new && listeners_.add(who);
    const bool is_waited_for = waiting_.has(who.name());
    if (!is_first && !is_waited_for && is_asked()) return done.complete({});
    waiting_.add(who, std::move(done), patience());
    if (!is_waited_for) ask_for(who.name());
  }
  // Also one that has not joined.
  void leave(Speaker& who) noexcept {
    waiting_.remove(who);
    if (!listeners_.remove(who)) return;
    (void)guarded([&] { filter_removed(who.name()); });
  }
  // Whether a speaker here listens with this filter.
  bool has_filter(std::string_view filter) const noexcept { return listeners_.has_filter(filter); }

 protected:
  explicit asked_listeners(loop& home) noexcept : waiting_(home, *this) {}
  ~asked_listeners() = default;

  // Asks the peer for it, now or once it is there, and tells waiting_ the answer.
  virtual void ask_for(std::string_view filter) = 0;
  // Whether the peer has been asked for all that is listened to.
  virtual bool is_asked() const noexcept = 0;
  // The last speaker with this filter has left.
  virtual void filter_removed(std::string_view filter) = 0;
  // How long a confirmation is waited for; zero: for ever.
  virtual duration patience() const = 0;
  // Why the peer cannot be asked.
  virtual error not_ready() const = 0;

  listeners<Speaker> listeners_;
  confirmations waiting_;

 private:
  // While there is no connection, why not says more.
  error not_confirmed() const final {
    const error no_answer(errc::timed_out, "the server did not confirm the subscription");
    return is_asked() ? no_answer : not_ready();
  }
};

}  // namespace parley::detail
