// inbox: what a speaker hears, in a queue that is read at the reader's own pace: pull where
// listen() pushes. When it is full, whoever sends is made to wait, so that nothing is lost and
// nothing grows.
//
//   auto inbox = co_await socket.create_inbox("updates");
//   for (;;) {
//     auto m = co_await inbox->receive();
//     if (!m) break;                          // the provider is gone
//     co_await work_on(*m);                   // senders wait meanwhile
//   }
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <parley/core/api/speaker.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/value/message.hpp>
#include <utility>

namespace parley {

// When an inbox is full: at so many messages or bytes, whichever comes first.
struct inbox_limits {
  std::size_t messages = 32;
  std::size_t bytes = std::size_t{10} << 20;
};

// What a provider does for its inboxes. All of it is called by the loop's thread.
class inbox_port {
 public:
  // The message that is being delivered has filled an inbox, or has found it full: its sender is to
  // send no more. Called inside the delivery.
  virtual void hold_sender() = 0;
  // The first inbox is full, or the last one that was has room again: then senders go on.
  virtual void inboxes_full(bool any) = 0;
  virtual void retain() noexcept = 0;
  virtual void release() noexcept = 0;

  // Called by the inboxes.
  void became_full() {
    if (++full_ == 1) inboxes_full(true);
  }
  void has_room() {
    if (--full_ == 0) inboxes_full(false);
  }

 protected:
  ~inbox_port() = default;

 private:
  std::size_t full_ = 0;
};

class inbox_core;

// A handle; copies share the inbox. When the last one is destroyed the subscription ends, and
// whoever waits in receive() is told errc::cancelled.
class inbox {
 public:
  inbox(const inbox& other) noexcept;
  inbox(inbox&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  inbox& operator=(inbox other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~inbox();

  // The next message, which owns its bytes: the oldest that waits, or the one that comes. Several
  // may wait; each message goes to one of them, in their order. errc::cancelled when the provider
  // is gone and all that waited was read. Cancelling it loses no message.
  operation<message> receive();
  // The oldest that waits, or nothing.
  std::optional<message> try_receive();

  // What waits.
  std::size_t size() const noexcept;
  std::size_t bytes() const noexcept;
  // Publishes under the same name.
  const speaker& channel() const noexcept;

 private:
  friend inbox_core;
  explicit inbox(inbox_core& core) noexcept;

  inbox_core* core_;
};

// The state of an inbox, for providers. `listen` is given a callback for messages and returns the
// speaker that delivers to it: `open_inbox(loop, port, limits, [&](message_callback f) { return
// create_speaker(name, std::move(f)); })`. The port lives as long as it is retained.
class inbox_core final : public canceller {
 public:
  template <class Listen>
  static operation<inbox> open(loop& home, inbox_port& port, inbox_limits limits, Listen listen) {
    auto* const core = new inbox_core(home, port, limits);
    const reference held(core);  // until the callback below has one
    completer<inbox> made(home);
    auto op = made.op();
    listen(message_callback(ear(*core)))
        .then([made = std::move(made), held](result<speaker> s) mutable {
          if (!s) return made.complete(std::unexpected(std::move(s).error()));
          made.complete(held.core->begin(*std::move(s)));
        });
    return op;
  }

  operation<message> receive();
  std::optional<message> try_receive();
  void cancel(operation_base& op) override;
  std::size_t size() const noexcept { return waiting_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  const speaker& channel() const noexcept { return *speaker_; }

  // Of handles; the last one ends it all.
  void retain_handle() noexcept;
  void release_handle() noexcept;

 private:
  struct reference {
    explicit reference(inbox_core* c) noexcept : core(c) { ++core->references_; }
    reference(const reference& other) noexcept : reference(other.core) {}
    reference(reference&& other) noexcept : core(std::exchange(other.core, nullptr)) {}
    reference& operator=(reference) = delete;
    ~reference() {
      if (core && --core->references_ == 0) delete core;
    }
    inbox_core* core;
  };
  // The callback of the speaker. Its end is the end of the subscription.
  struct ear {
    explicit ear(inbox_core& c) noexcept : to(&c) {}
    ear(ear&&) noexcept = default;
    ear& operator=(ear&&) = delete;
    ~ear() {
      if (to.core) to.core->ended();
    }
    void operator()(const message& m) { to.core->take(m); }
    reference to;
  };

  inbox_core(loop& home, inbox_port& port, inbox_limits limits) noexcept;
  ~inbox_core();
  inbox begin(speaker from);
  void take(const message& m);
  void ended() noexcept;
  bool is_over(std::size_t part) const noexcept;

  loop& loop_;
  inbox_port& port_;
  inbox_limits limits_;
  std::optional<speaker> speaker_;
  std::deque<message> waiting_;
  std::deque<completer<message>> readers_;  // only while nothing waits
  std::size_t bytes_ = 0;
  std::uint32_t references_ = 0, handles_ = 0;
  bool full_ = false;
  bool ended_ = false;
};

}  // namespace parley
