// What a speaker calls with its messages: a callback that may replace itself, stop listening or
// destroy the speaker and its provider while it runs.
#pragma once

#include <parley/core/api/speaker.hpp>
#include <parley/core/async/run_aside.hpp>
#include <utility>

namespace parley {

class ear {
 public:
  bool is_listening() const noexcept { return listening_; }

  // From now on this callback is called. True if nobody listened before. The caller holds a handle
  // of the speaker: the callback before may hold the last one.
  bool listen(message_callback told) {
    changed_ = true;
    std::swap(told_, told);
    return !std::exchange(listening_, true);
  }

  // Calls it, if there is one; what it throws is told `faults`. `owner` lives until the end of this
  // call, whatever the callback drops.
  void hear(speaker_core& owner, fault_sink& faults, const message& m) {
    if (!told_) return;
    owner.retain();
    changed_ = false;
    const auto ran = run_aside(
        told_, [&](message_callback& running) { running(m); },
        [&] { return changed_ ? nullptr : &told_; });
    if (!ran) faults.callback_failed(ran.error());
    owner.release();
  }

  // Nobody listens any more. May destroy whoever owns this: the callback may hold its last handle.
  void forget() noexcept {
    changed_ = true;
    listening_ = false;
    const message_callback gone = std::move(told_);
  }

 private:
  message_callback told_;
  bool listening_ = false;
  bool changed_ = false;  // the callback was replaced or dropped during its call
};

}  // namespace parley
