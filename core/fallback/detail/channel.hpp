// What speakers and callables have in common: a supervisor, the slots that it decides on, and what
// the channel has made on each of them. Lives until its user has dropped it and nothing of it
// waits.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <parley/core/fallback/detail/factory_core.hpp>
#include <parley/core/fallback/errc.hpp>
#include <parley/core/fallback/interface_factory.hpp>
#include <parley/core/fallback/supervisor.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::detail {

class channel : public std::enable_shared_from_this<channel>, private timer, private canceller {
 public:
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  // Begins the search; `ready` is told once: the first carrier is there, or why there is none.
  void begin(callback<void(result<void>)> ready);
  // A slot has come up or gone down.
  void slot_changed(carrier_slot& s);
  // The factory ends: what waits ends with `why`, and nothing is carried any more.
  void shut(const error& why);
  void retry();

  channel_status status() const;
  const std::string& channel_name() const noexcept { return name_; }

 protected:
  channel(std::shared_ptr<factory_core> core, std::string_view name,
          std::vector<carrier_slot*> slots, fallback_options how);
  virtual ~channel();

  using outcome = callback<void(const result<void>&)>;

  // --- implemented by each kind
  // The slot is up: make on it what the channel needs there, and tell, perhaps at once.
  virtual void prepare(std::size_t i, outcome tell) = 0;
  // Whether that is there.
  virtual bool is_prepared(std::size_t i) const = 0;
  virtual void switched(const carrier_switched& e) = 0;
  // Something has changed, and is_carrying() may be another.
  virtual void carry_on() = 0;
  // None of the carriers will come by itself.
  virtual void give_up(const error& why) = 0;
  virtual void end(const error& why) = 0;
  // What it waits for besides the supervisor.
  virtual std::optional<time_point> own_deadline() const = 0;
  virtual void own_timeout(time_point now) = 0;
  virtual void fill(channel_status& s) const = 0;
  // The user wants no answer to what this number was given to.
  virtual void cancel_number(std::uint64_t number) = 0;

  // The user's end of something that is to be done: with its number, 0 for the search.
  template <class T>
  operation<T> watched(const completer<T>& done, std::uint64_t number) {
    auto op = done.op();
    op.state()->set_fault_sink(core_.get());
    op.state()->set_canceller(this);
    op.state()->owner_data = static_cast<std::uintptr_t>(number);
    return op;
  }

  // --- for each kind
  // After whatever has changed the supervisor or own_deadline().
  void update();
  // How an operation on carrier `i` has failed. True if that is the carrier's loss rather than an
  // answer; the supervisor has been told.
  bool was_lost(std::size_t i, std::uint64_t connects, const error& why);
  // The one error that tells of all carriers.
  error why_none() const;

  supervisor& decides() noexcept { return supervisor_; }
  const supervisor& decides() const noexcept { return supervisor_; }
  carrier_slot& slot(std::size_t i) noexcept { return *slots_[i]; }
  const carrier_slot& slot(std::size_t i) const noexcept { return *slots_[i]; }
  factory_core& core() noexcept { return *core_; }
  const factory_core& core() const noexcept { return *core_; }
  loop& home() noexcept { return core_->home(); }
  const fallback_options& how() const noexcept { return how_; }
  // "For ever" by its number is a hundred years, which can be added.
  time_point from_now(duration d) {
    return home().now() + std::min<duration>(d, std::chrono::hours(24 * 365 * 100));
  }
  bool is_shut() const noexcept { return shut_.has_value(); }
  const error& why_shut() const noexcept { return *shut_; }
  bool is_given_up() const noexcept { return given_up_; }
  // The user's handles: the channel keeps itself until they are gone and is_idle().
  void hold_self() { self_ = shared_from_this(); }
  void let_go() noexcept;

 private:
  void fired(time_point now) override;
  void cancel(operation_base& op) override;
  void drain();
  void attempt(std::size_t i);
  void attempt_prepared(std::size_t i, std::uint32_t serial, const result<void>& r);
  void tell_switch(const carrier_switched& e);
  void end_attempt(std::size_t i, const result<void>& r);

  std::shared_ptr<factory_core> core_;
  std::string name_;
  std::vector<carrier_slot*> slots_;
  std::vector<std::uint32_t> serials_;  // of attempts
  fallback_options how_;
  supervisor supervisor_;
  callback<void(result<void>)> ready_;
  std::shared_ptr<channel> self_;
  std::optional<error> shut_;
  bool draining_ = false;
  bool given_up_ = false;
};

}  // namespace parley::detail
