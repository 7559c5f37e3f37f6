// The listening half of a speaker, the same for every provider whose core is reference counted:
// from a callback to a place among those that listen, and back.
#pragma once

#include <parley/core/api/confirmations.hpp>
#include <parley/core/api/ear.hpp>
#include <parley/core/api/speaker.hpp>
#include <parley/core/api/topics.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/value/message.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace parley::detail {

// Core is a fault_sink with retain(), release() and home(); the speaker keeps it, and may outlive
// its provider. Destructors of what derives from it call leave().
template <class Core>
class listening_speaker : public refusable_speaker, private canceller {
 public:
  std::string_view name() const override { return name_; }

  operation<void> listen(message_callback on_message) override {
    if (auto ok = can_listen(); !ok) return ended_with(std::move(ok));
    completer<void> done(core_.home());
    auto op = done.op();
    op.state()->set_fault_sink(&core_);
    op.state()->set_canceller(this);
    begin(std::move(on_message), std::move(done));
    return op;
  }

  // The same as listen(), ending with the speaker itself: the handle comes with the confirmation,
  // so that whoever has it knows that messages published from now on arrive.
  operation<speaker> listen_first(message_callback on_message) {
    completer<speaker> made(core_.home());
    auto op = made.op();
    op.state()->set_fault_sink(&core_);
    op.state()->set_canceller(this);
    completer<void> done(core_.home());
    done.op().then([made = std::move(made), self = speaker(this)](result<void> r) mutable {
      if (!r) return made.complete(std::unexpected(std::move(r).error()));
      made.complete(std::move(self));
    });
    begin(std::move(on_message), std::move(done));
    return op;
  }

  // At once, and not with a confirmation: no message comes after this call.
  operation<void> stop_listening() override {
    const speaker self(this);  // the callback may hold the last handle
    leave();
    ear_.forget();
    return ended_with({});
  }

  void refused() noexcept override {
    leave();
    ear_.forget();
  }

  // The provider is gone: forgets the callback.
  void forget() noexcept { ear_.forget(); }
  bool is_listening() const noexcept { return ear_.is_listening(); }
  // For who keeps it to tell it a message: whether it listens, and somebody else holds it still.
  bool hears() const noexcept { return is_listening() && is_shared(); }

 protected:
  listening_speaker(Core& core, std::string_view name, speaker_options options)
      : core_(core), name_(name), options_(options) {
    core_.retain();
  }
  ~listening_speaker() override { core_.release(); }
  void dispose() noexcept override { delete this; }

  // Whether the provider is in a state to do so.
  virtual result<void> can_listen() const = 0;
  // Among those that listen from now on, if it `is_new` there; `done` is told when the peer has
  // confirmed.
  virtual void join(completer<void> done, bool is_new) = 0;
  // Also called where it has not joined.
  virtual void leave() noexcept = 0;

  // Speaking needs one channel.
  result<void> check_shout() const {
    if (is_topic_name(name_)) return {};
    return fail(errc::invalid_argument, "a name with wildcards can only be listened to");
  }
  // A message has come. Catches what the callback throws.
  void hear(std::string_view topic, byte_view payload, json_decoder decode) {
    const std::string_view filter = has_wildcard(name_) ? std::string_view(name_) : "";
    ear_.hear(*this, core_, message(topic, payload, filter, options_.decode, decode));
  }

  Core& core_;
  std::string name_;
  speaker_options options_;
  ear ear_;

 private:
  // Who waits for a confirmation is there as long as it waits: the last handle tells those who do.
  void cancel(operation_base& op) override {
    const speaker self(this);
    op.complete_error(errc::cancelled);
    refused();
  }

  // Where memory ends on the way it listens no more, and may try again.
  struct attempt {
    ~attempt() {
      if (who == nullptr) return;
      who->leave();
      who->ear_.forget();
    }
    listening_speaker* who;
  };

  operation<void> ended_with(result<void> r) {
    auto op = operation<void>::finished(core_.home(), std::move(r));
    op.state()->set_fault_sink(&core_);
    return op;
  }
  void begin(message_callback on_message, completer<void> done) {
    const speaker self(this);  // the old callback may hold the last handle
    const bool is_new = ear_.listen(std::move(on_message));
    attempt to_join{this};
    join(std::move(done), is_new);
    to_join.who = nullptr;
  }
};

}  // namespace parley::detail
