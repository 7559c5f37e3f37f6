#include <parley/core/async/guard.hpp>
#include <parley/core/loop/connector.hpp>

namespace parley {

// The driver of a connection that is not yet anybody's: waits for the outcome.
class connector::attempt final : public driver {
 public:
  attempt(connector& c, std::size_t index) noexcept : connector_(&c), index_(index) {}

  void attach(connection& c) noexcept { connection_ = &c; }
  connection& transport() noexcept { return *connection_; }

  // Nobody waits for the outcome any more; goes with its connection.
  void abandon() noexcept {
    connector_ = nullptr;
    connection_->close();
  }

  void start(time_point now) override {
    if (connector_) connector_->attempt_up(index_, now);  // may destroy this
  }
  void commit_error(const error& why, time_point) override {
    // Let go of first: the connector may begin anew inside the call and must not
    // find this attempt among its own.
    if (auto* c = std::exchange(connector_, nullptr)) c->attempt_down(index_, why);
  }
  // Nothing is read or written here: bytes that a fast peer sends at once wait in
  // the system for the driver that takes over.
  std::span<std::byte> prepare(std::size_t) override { return {}; }
  void commit(std::size_t, time_point) override {}
  void commit_eof(time_point) override {}
  void handle_timeout(time_point) override {}
  bool drain(time_point) override { return false; }
  buffer_list output() override { return {}; }
  void consume_output(std::size_t) override {}
  void release() override {}
  bool ends_output() const override { return false; }
  std::optional<time_point> next_deadline() const override { return std::nullopt; }
  bool wants_read() const override { return false; }
  bool is_done() const override { return false; }
  void released() override { delete this; }

 private:
  connector* connector_;
  connection* connection_ = nullptr;
  std::size_t index_;
};

connector::~connector() { cancel(); }

void connector::start(const endpoint& where, std::uint64_t round,
                      const connect_plan_config& config) {
  cancel();
  running_ = true;
  round_ = round;
  config_ = config;
  // What needs no resolver must not wait for one, nor start its threads.
  if (where.is_local()) return resolved(std::vector{address::local(where.path())});
  if (auto numeric = where.numeric()) return resolved(std::vector{*numeric});
  host = where.host();
  port = where.port();
  resolving_ = true;
  // Resolvers of operating systems have no timeout of their own, and may take
  // minutes.
  loop_.set_timer(*this, loop_.now() + config_.attempt_timeout);
  loop_.resolve(*this);
}

// Also right when nothing runs. Attempts are not destroyed but left to their
// connections, which may have a call on the stack.
void connector::cancel() noexcept {
  if (resolving_) loop_.cancel(*this);
  resolving_ = running_ = false;
  if (is_armed()) loop_.set_timer(*this, std::nullopt);  // the loop may be gone by now
  for (std::size_t i = 0; i < attempts_.size(); ++i) drop_attempt(i);
  attempts_.clear();
  plan_.reset();
}

void connector::drop_attempt(std::size_t index) noexcept {
  if (attempt* a = std::exchange(attempts_[index], nullptr)) a->abandon();
}

void connector::resolved(result<std::vector<address>> addresses) {
  resolving_ = false;
  if (!addresses) return fail(addresses.error());
  const auto ok = guarded([&] {
    plan_ = std::make_unique<connect_plan>(*std::move(addresses), round_, config_);
    attempts_.assign(plan_->size(), nullptr);
  });
  if (!ok) return fail(ok.error());
  advance(loop_.now());
}

void connector::fired(time_point now) {
  if (!resolving_) return advance(now);
  loop_.cancel(*this);
  resolving_ = false;
  fail(error(errc::timed_out, "no answer from the resolver for " + host));
}

// An end of memory on the way is a failed connect, not the loop's affair.
void connector::advance(time_point now) {
  if (auto ok = guarded([&] { follow_plan(now); }); !ok) fail(ok.error());
}

// Does what the plan says until it waits or ends.
void connector::follow_plan(time_point now) {
  while (running_) {
    const connect_plan::step step = plan_->next(now);
    switch (step.what) {
      case connect_plan::action::start:
        begin_attempt(step.index);
        break;
      case connect_plan::action::cancel:
        drop_attempt(step.index);
        break;
      // No loop without an end: time must pass or an attempt must report first.
      case connect_plan::action::wait:
        return loop_.set_timer(*this, step.until);
      case connect_plan::action::give_up:
        return fail(plan_->failure());
      case connect_plan::action::connected:
        return hand_over(std::exchange(attempts_[step.index], nullptr), now);
    }
  }
}

void connector::hand_over(attempt* won, time_point now) {
  connection& c = won->transport();
  // All is cleared before the owner is told: it may start another round right away, or
  // destroy this.
  cancel();
  connector_owner& owner = owner_;
  const auto ok = guarded([&] { owner.connected(c, now); });
  if (&c.bound() == won) {
    won->abandon();  // the owner had no memory to take over
  } else {
    delete won;
  }
  if (!ok) owner.connect_failed(ok.error());
}

void connector::begin_attempt(std::size_t index) {
  auto made = std::make_unique<attempt>(*this, index);
  connection* c = nullptr;
  if (auto ok = guarded([&] { c = &loop_.connect(plan_->at(index), *made); }); !ok) {
    return plan_->attempt_failed(index, ok.error());
  }
  made->attach(*c);
  attempts_[index] = made.release();
}

void connector::attempt_up(std::size_t index, time_point now) {
  plan_->attempt_succeeded(index);
  advance(now);
}

void connector::attempt_down(std::size_t index, const error& why) {
  attempts_[index] = nullptr;  // it goes with its connection
  plan_->attempt_failed(index, why);
  advance(loop_.now());
}

void connector::fail(const error& why) {
  // A copy: `why` may lie in an attempt that cancel() lets go.
  const error kept(why);  // NOLINT(performance-unnecessary-copy-initialization)
  cancel();
  owner_.connect_failed(kept);
}

}  // namespace parley
