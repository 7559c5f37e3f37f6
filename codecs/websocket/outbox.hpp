// What waits for one slow receiver among many, bounded in bytes, with the policy of the user's
// choice for what no longer fits (P18, P19).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/websocket/shared_message.hpp>
#include <parley/core/api/overflow.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::websocket {

// What became of a message that was pushed.
enum class outbox_fate : std::uint8_t {
  queued,    // it waits; perhaps older ones went for it
  rejected,  // overflow::reject: the caller is to be told
  dropped,   // overflow::drop_newest, or it is larger than the whole box
  overrun,   // overflow::close: the receiver is to be dropped
};

class outbox {
 public:
  outbox(std::size_t max_bytes, overflow policy) noexcept
      : max_bytes_(max_bytes), policy_(policy) {}

  // `used`: bytes that wait elsewhere and count as well (the machine's output). With conflate,
  // `key` names the messages that replace each other; it is copied.
  outbox_fate push(const shared_message& message, std::string_view key, std::size_t used);
  // The oldest, or nothing.
  std::optional<shared_message> pop();

  bool empty() const noexcept { return first_ == entries_.size(); }
  std::size_t count() const noexcept { return entries_.size() - first_; }
  std::size_t bytes() const noexcept { return bytes_; }
  // Messages that were given up so far: dropped, replaced or rejected.
  std::uint64_t lost() const noexcept { return lost_; }

 private:
  struct entry {
    shared_message message;
    std::string key;
  };

  bool replace(const shared_message& message, std::string_view key);
  void drop_oldest() noexcept;

  std::vector<entry> entries_;
  std::size_t first_ = 0;  // of entries_, those before are gone
  std::size_t bytes_ = 0;
  std::size_t max_bytes_;
  std::uint64_t lost_ = 0;
  overflow policy_;
};

}  // namespace parley::websocket
