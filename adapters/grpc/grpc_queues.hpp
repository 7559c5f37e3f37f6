// What lies between the loop's thread and those of gRPC in a stream: messages to be sent, which
// gRPC's threads take one after the other without waiting for the loop, and messages that have
// come, which they read ahead. Both are bounded in bytes.
//
// What gRPC's threads begin by themselves they begin under the lock of the queue, so that nothing
// begins once drop() or stop() has returned: a server may then finish its stream.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <parley/core/async/operation.hpp>
#include <utility>
#include <vector>

namespace parley::detail {

// Who writes waits while more than this, or half of what may wait, waits before him.
inline constexpr std::size_t grpc_write_mark = std::size_t{64} << 10;
// What is read before somebody asks for it.
inline constexpr std::size_t grpc_read_ahead = std::size_t{64} << 10;

// What a message takes, about.
template <class Message>
std::size_t grpc_size_of(const Message& m) {
  if constexpr (requires { m.ByteSizeLong(); }) {
    return m.ByteSizeLong() + sizeof(Message);
  } else if constexpr (requires { m.Length(); }) {
    return m.Length() + sizeof(Message);  // of a ::grpc::ByteBuffer
  } else {
    return m.size() + sizeof(Message);
  }
}

template <class Message>
class grpc_send_queue {
 public:
  // Bytes that may wait; one message may always. is_bounded: by put(), and not by who uses it.
  explicit grpc_send_queue(std::size_t limit, bool is_bounded = true) noexcept
      : limit_(is_bounded ? limit : std::numeric_limits<std::size_t>::max()),
        mark_(std::min(limit / 2, grpc_write_mark)) {}

  // --- in the loop's thread
  enum class fate : std::uint8_t {
    full,     // nothing has changed
    low,      // more is welcome
    awaited,  // not before written() says that little is left
  };
  // Puts it in its place, and begins with it by `start(message, false)` if nothing is being
  // written.
  template <class Start>
  fate put(Message m, Start&& start) {
    const std::size_t size = grpc_size_of(m);
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty() && size > limit_ - std::min(bytes_, limit_)) return fate::full;
    bytes_ += size;
    waiting_.push_back({std::move(m), size});
    if (waiting_.size() == 1) start(waiting_.front().message, false);
    if (bytes_ <= mark_) return fate::low;
    is_awaited_ = true;
    return fate::awaited;
  }
  // The same, as an operation that ends once more is welcome; errc::queue_full.
  template <class Start>
  operation<void> add(Message m, loop& home, Start&& start) {
    switch (put(std::move(m), start)) {
      case fate::full:
        return operation<void>::finished(home, fail(errc::queue_full));
      case fate::low:
        return operation<void>::finished(home, {});
      case fate::awaited:
        break;
    }
    writers_.emplace_back(home);
    return writers_.back().op();
  }
  // There is.
  void has_room() {
    for (completer<void>& c : std::exchange(writers_, {})) c.complete({});
  }
  // Nothing is added any more. True: nothing is left either.
  bool end() {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    return waiting_.empty();
  }
  // Nothing more is to be sent, and who waits is told why. What is being written stays gRPC's.
  void drop(const error& why) {
    {
      const std::lock_guard lock(mutex_);
      is_ending_ = is_awaited_ = false;
      // To be taken for written, if it ever is.
      if (waiting_.size() > 1) waiting_.erase(waiting_.begin() + 1, waiting_.end());
      bytes_ = 0;
    }
    for (completer<void>& c : std::exchange(writers_, {})) c.complete(std::unexpected(why));
  }
  std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

  // --- in whichever thread gRPC tells it
  struct progress {
    bool is_last = false;  // nothing is left, and end() was called
    bool is_low = false;   // who waits may go on: the loop is to hear of it
  };
  // The first one is written: begins with the next, `start(message, is_followed)`. What is followed
  // by another need not go out at once.
  template <class Start>
  progress written(Start&& start) {
    const std::lock_guard lock(mutex_);
    bytes_ -= std::min(bytes_, waiting_.front().size);
    waiting_.pop_front();
    if (!waiting_.empty()) start(waiting_.front().message, waiting_.size() > 1);
    const bool is_low = bytes_ <= mark_ && std::exchange(is_awaited_, false);
    return {is_ending_ && waiting_.empty(), is_low};
  }

 private:
  struct entry {
    Message message;
    std::size_t size;
  };

  mutable std::mutex mutex_;
  std::deque<entry> waiting_;  // the first is being written
  std::size_t bytes_ = 0;
  const std::size_t limit_, mark_;
  bool is_ending_ = false;
  bool is_awaited_ = false;               // the loop is to hear when little is left
  std::vector<completer<void>> writers_;  // the loop's
};

template <class Message>
class grpc_receive_queue {
 public:
  // --- in the loop's thread
  // The next message, if one has come. Where gRPC does not read, and may, `start(slot)` lets it.
  template <class Start>
  std::optional<Message> take(Start&& start) {
    if (next_ == ready_.size()) refill(start);
    if (next_ == ready_.size()) return std::nullopt;
    return std::move(ready_[next_++]);
  }
  // Nothing is read any more, but for what is being read.
  void stop() {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  // What has come goes.
  void drop() {
    stop();
    ready_.clear();
    next_ = 0;
    const std::lock_guard lock(mutex_);
    arrived_.clear();
  }

  // --- in whichever thread gRPC tells it
  // The slot is full; reads on while there is room. True: the loop is to hear that something has
  // come.
  template <class Start>
  bool arrived(Start&& start) {
    const std::size_t size = grpc_size_of(slot_);
    const std::lock_guard lock(mutex_);
    const bool is_first = arrived_.empty();
    arrived_.push_back(std::move(slot_));
    slot_.Clear();
    bytes_ += size;
    is_reading_ = !is_stopped_ && bytes_ < grpc_read_ahead;
    if (is_reading_) start(slot_);
    return is_first;
  }

 private:
  template <class Start>
  void refill(Start&& start) {
    ready_.clear();
    next_ = 0;
    const std::lock_guard lock(mutex_);
    ready_.swap(arrived_);
    bytes_ = 0;
    if (!is_stopped_ && !std::exchange(is_reading_, true)) start(slot_);
  }

  std::mutex mutex_;
  Message slot_;                  // gRPC's while it reads
  std::vector<Message> arrived_;  // under the mutex
  std::size_t bytes_ = 0;
  bool is_reading_ = false;
  bool is_stopped_ = false;
  std::vector<Message> ready_;  // the loop's
  std::size_t next_ = 0;
};

}  // namespace parley::detail
