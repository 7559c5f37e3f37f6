// Output of which some must wait until the store has made durable what it says.
//
//   to `ready`            what may be shown
//   to `waiting`          what may once durable() reaches its number; fixed, so that a store which
//                         always has something staged cannot hold it back for ever
//   to `coming`           what was written after that
//
// Internal to codecs/mqtt.
#pragma once

#include <cstdint>
#include <memory>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/store/store.hpp>
#include <utility>

namespace parley::mqtt::detail {

class gated_output {
 public:
  explicit gated_output(store* under) noexcept : store_(under) {}

  // Where the next packet goes: behind all that was written, and no sooner than what is staged now
  // is durable. Between this call and the end of the packet the store must not be used.
  send_buffer& next() {
    if (store_ == nullptr) return ready_;
    if (held_ == nullptr || (held_->waiting.empty() && held_->coming.empty())) {
      if (store_->durable() >= store_->staged()) return ready_;
    }
    if (held_ == nullptr) held_ = std::make_unique<held>();
    held_->coming_stage = store_->staged();
    return held_->coming;
  }
  // At once, before what waits: for a farewell.
  send_buffer& ready() noexcept { return ready_; }

  // Shows what has become durable.
  void advance() {
    if (held_ == nullptr) return;
    while (!held_->waiting.empty() || !held_->coming.empty()) {
      if (held_->waiting.empty()) {
        std::swap(held_->waiting, held_->coming);
        held_->waiting_stage = held_->coming_stage;
      }
      if (store_->durable() < held_->waiting_stage) return;
      ready_.append(std::move(held_->waiting));
    }
  }
  // What must not be shown any more.
  void drop_held() noexcept { held_.reset(); }

  std::size_t size() const noexcept { return ready_.size() + held_size(); }
  std::size_t held_size() const noexcept {
    return held_ == nullptr ? 0 : held_->waiting.size() + held_->coming.size();
  }
  std::size_t memory() const noexcept {
    const std::size_t more =
        held_ == nullptr ? 0 : sizeof *held_ + held_->waiting.held() + held_->coming.held();
    return ready_.held() + more;
  }
  void release() noexcept {
    if (held_size() == 0) held_.reset();
    ready_.release();
  }

 private:
  struct held {
    send_buffer waiting;
    send_buffer coming;
    std::uint64_t waiting_stage = 0;
    std::uint64_t coming_stage = 0;
  };

  store* store_;
  send_buffer ready_;
  std::unique_ptr<held> held_;
};

}  // namespace parley::mqtt::detail
