// What an http::client holds while it is busy. Internal to client*.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/http/client.hpp>
#include <parley/codecs/http/decoder.hpp>
#include <parley/codecs/http/detail/body_writer.hpp>
#include <parley/codecs/http/detail/coded_body.hpp>
#include <vector>

namespace parley::http {
namespace detail {

// Since when something is awaited. consume_output() does not know the time: what happens in it is
// dated with the last time that was known, and is `stale` until somebody tells the time. Then the
// deadline is looked at early, so that the wait becomes an eighth too long at most, never too
// short.
class watch {
 public:
  void note(time_point now) noexcept {
    since_ = now;
    stale_ = false;
  }
  void mark(time_point last_known) noexcept {
    since_ = last_known;
    stale_ = true;
  }
  void learn(time_point now) noexcept {
    if (stale_) note(now);
  }
  // When to look; nothing if `patience` is zero.
  std::optional<time_point> due(duration patience) const noexcept {
    if (patience <= duration::zero()) return std::nullopt;
    return since_ + (stale_ ? patience / 8 : patience);
  }

 private:
  time_point since_{};
  bool stale_ = false;
};

// First in, first out; keeps its memory.
template <class T>
class fifo {
 public:
  bool empty() const noexcept { return head_ == items_.size(); }
  std::size_t size() const noexcept { return items_.size() - head_; }
  T& front() noexcept { return items_[head_]; }
  const T& front() const noexcept { return items_[head_]; }
  T& back() noexcept { return items_.back(); }
  const T& back() const noexcept { return items_.back(); }
  auto begin() noexcept { return items_.data() + head_; }
  auto end() noexcept { return items_.data() + items_.size(); }
  auto begin() const noexcept { return items_.data() + head_; }
  auto end() const noexcept { return items_.data() + items_.size(); }

  // Makes the next push() one that cannot fail.
  void reserve_one() {
    if (items_.size() < items_.capacity()) return;
    if (head_ > 0) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    } else {
      items_.reserve(items_.empty() ? 1 : items_.size() * 2);
    }
  }
  void push(const T& item) noexcept { items_.push_back(item); }
  void pop() noexcept {
    if (++head_ == items_.size()) clear();
  }
  void pop_back() noexcept {
    items_.pop_back();
    if (empty()) clear();
  }

 private:
  void clear() noexcept {
    items_.clear();
    head_ = 0;
  }

  std::vector<T> items_;
  std::size_t head_ = 0;
};

}  // namespace detail

// A request whose response has not come to its end. Places in the output are counted from the
// first byte that the connection has sent.
struct client::exchange {
  std::uint64_t tag = 0;  // 0: cancelled; the response is read and dropped
  std::uint64_t begin = 0;
  std::uint64_t head_end = 0;
  std::uint64_t end = 0;  // once it is complete
  time_point deadline = time_point::max();
  method verb = method::get;
  bool complete = false;   // all of it was given
  bool is_stream = false;  // by begin()
  bool was_fed = false;    // a piece of the stream was given
  bool is_last = false;    // Connection: close
  bool upgrades = false;
  bool decodes = false;          // asked for codings by ourselves
  bool may_be_followed = false;  // by another, before it is answered
  bool may_retry = false;        // once there will be no answer
};

struct client::working_set {
  explicit working_set(const client_limits& limits);

  receive_buffer input;
  send_buffer output;
  // The body that waits for 100 Continue, framed: it becomes `output` as it is.
  send_buffer waiting;
  http::decoder decoder;
  std::vector<field_place> places;
  detail::fifo<exchange> in_flight;
  detail::body_writer body;                   // of the request that is being written
  std::uint64_t body_tag = 0;                 // which that is
  std::uint64_t consumed = 0;                 // of all output
  std::uint64_t dropped = 0;                  // of the body that nobody wants
  std::uint64_t full_tag = 0;                 // who brought output above high_water
  response_head head;                         // shown by events
  std::unique_ptr<detail::coded_body> coded;  // the body of the response in front
  std::size_t coded_size = 0;                 // bytes of input whose decoding is under way
  std::size_t delivered = 0;                  // bytes of input that the last event shows
  detail::watch write;                        // progress of output
  detail::watch wait;                         // progress of the response
  std::optional<error> why;                   // of the end
  std::uint8_t interims = 0;                  // so far, to the request in front
  bool is_waiting = false;                    // what is written goes to `waiting`
  bool may_go = false;                        // `waiting` follows as soon as the head is written
  bool asked = false;                         // client_writable is due, for that
  bool is_full = false;                       // output stood above high_water
  bool nudge = false;     // say `paused` once, so that writing is followed by a drain
  bool is_final = false;  // the head of the final response has come
  bool keeps = true;      // the connection outlives that response
  bool tells = false;     // `failed` comes at the end

  // Up to where output may have left.
  std::uint64_t sent() const noexcept { return consumed + output.handed_out(); }
  std::uint64_t written_end() const noexcept { return consumed + output.size(); }
  bool has_left(const exchange& x) const noexcept { return sent() > x.begin; }
  std::size_t unread() const noexcept { return input.size() - delivered; }
  std::size_t buffered() const noexcept { return output.size() + waiting.size(); }
  // A byte of the response in front has come.
  bool has_begun() const noexcept {
    return is_final || interims > 0 || !decoder.is_idle() || unread() > 0;
  }
  bool has_waiters() const noexcept {
    for (const exchange& x : in_flight) {
      if (x.tag != 0) return true;
    }
    return false;
  }
  bool is_unused() const noexcept {
    return in_flight.empty() && !body.is_open() && buffered() == 0 && !is_full;
  }
  send_buffer& body_output() noexcept { return is_waiting ? waiting : output; }
  exchange* find(std::uint64_t tag) noexcept;
  // Moves `waiting` to the output if it may go and the head has gone.
  void let_go(time_point now) noexcept;
  // What the loop may be writing at this moment stays.
  void drop_output() noexcept;
};

}  // namespace parley::http
