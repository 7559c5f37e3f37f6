// What the handshakes of both sides have in common. Internal.
#pragma once

#include <optional>
#include <parley/codecs/websocket/detail/connection_state.hpp>
#include <parley/codecs/websocket/detail/front.hpp>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <utility>

namespace parley::websocket::detail {

// A front whose bytes are those of an http::server or http::client.
template <class Front, class Http>
class http_front : public Front {
 public:
  template <class... Args>
  explicit http_front(duration timeout, Args&&... args)
      : http_(std::forward<Args>(args)...), timeout_(timeout) {}

  void start(time_point now) override {
    hear(now);
    until_ = now + timeout_;
    http_.start(now);
  }
  std::span<std::byte> prepare(std::size_t hint) override { return http_.prepare(hint); }
  void commit(std::size_t n, time_point now) override {
    hear(now);
    http_.commit(n, now);
  }
  void commit_eof(time_point now) override {
    hear(now);
    ended_ = true;
    http_.commit_eof(now);
  }
  void commit_error(const error& why, time_point now) override {
    hear(now);
    // Memory has ended on the way from one to the other.
    if (http_.is_upgraded()) {
      why_.emplace(why);
    } else {
      http_.commit_error(why, now);
    }
  }
  buffer_list output() override { return http_.output(); }
  void consume_output(std::size_t n) override { http_.consume_output(n); }
  void release() override { http_.release(); }
  bool ends_output() const override { return http_.ends_output(); }
  bool wants_read() const override { return http_.wants_read(); }
  bool is_done() const override { return http_.is_done(); }
  output_chain release_output() override { return http_.release_output(); }
  std::size_t buffered() const override { return http_.buffered(); }

 protected:
  // Instead of start(), for a machine that runs already.
  void go_on(time_point now, bool has_ended) noexcept {
    hear(now);
    until_ = now + timeout_;
    ended_ = has_ended;
  }
  void hear(time_point now) noexcept { now_ = now_ < now ? now : now_; }
  // HTTP ends here. What it has written may be with the loop at this moment, and what it has read
  // shows the head that `opened` tells of: neither moves.
  void open(connection& owner) {
    rest_ = http_.take_rest();
    Front::open(owner, http_.release_output(), rest_.data(), now_);
    if (ended_) owner.commit_eof(now_);
  }

  Http http_;
  duration timeout_;
  time_point now_{};
  time_point until_ = time_point::max();  // from start() on, when the handshake must be complete
  receive_buffer rest_;
  std::optional<error> why_{};  // `failed` is due
  bool ended_ = false;          // the peer has ended its stream
};

}  // namespace parley::websocket::detail
