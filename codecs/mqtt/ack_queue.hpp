// Messages of QoS 1 and 2 that came in and are not acknowledged, in their order: that is the order
// of the acknowledgements as well (section 4.6).
//
// Internal to codecs/mqtt.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <parley/codecs/mqtt/qos.hpp>
#include <parley/codecs/mqtt/reason_code.hpp>
#include <vector>

namespace parley::mqtt::detail {

class ack_queue {
 public:
  struct entry {
    std::uint16_t packet_id = 0;
    mqtt::qos qos{};
    reason_code reason{};
    bool is_due = false;  // the application has said so
  };

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  entry& front() noexcept { return at(0); }
  entry& operator[](std::size_t i) noexcept { return at(i); }

  void push(entry e) {
    if (size_ == slots_.size()) grow();
    at(size_++) = e;
  }
  void pop() noexcept {
    head_ = (head_ + 1) & (slots_.size() - 1);
    --size_;
  }
  bool contains(std::uint16_t packet_id, mqtt::qos q) noexcept {
    for (std::size_t i = 0; i < size_; ++i) {
      if (at(i).packet_id == packet_id && at(i).qos == q) return true;
    }
    return false;
  }
  void release() noexcept {
    if (empty()) std::vector<entry>().swap(slots_);
  }

 private:
  entry& at(std::size_t i) noexcept { return slots_[(head_ + i) & (slots_.size() - 1)]; }
  void grow() {
    std::vector<entry> larger(std::max<std::size_t>(8, 2 * slots_.size()));
    for (std::size_t i = 0; i < size_; ++i) larger[i] = at(i);
    slots_.swap(larger);
    head_ = 0;
  }

  std::vector<entry> slots_;  // a power of two, or none
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace parley::mqtt::detail
