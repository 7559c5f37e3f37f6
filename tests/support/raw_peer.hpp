// A connection of any loop without a protocol: bytes as they come, bytes as they are given. For
// what no machine of ours would do.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <parley/core/loop/loop.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

// The test's end. What it drives lives until the loop has released it.
class raw_peer {
 public:
  // Connects.
  raw_peer(loop& home, const address& to) : in_(new inner(*this)) {
    in_->transport = &home.connect(to, *in_);
  }
  // Was accepted.
  explicit raw_peer(connection& c) : in_(new inner(*this)) { in_->transport = &c; }
  raw_peer(const raw_peer&) = delete;
  raw_peer& operator=(const raw_peer&) = delete;
  ~raw_peer() {
    if (!in_) return;
    in_->owner = nullptr;
    in_->transport->close();
  }

  void send(std::string_view bytes) {
    if (!in_) return;
    in_->waiting.append(bytes);
    in_->transport->wake();
  }
  // No more is sent: a half-closed connection.
  void end_writing() {
    if (!in_) return;
    in_->ends = true;
    in_->transport->wake();
  }
  void read(bool on) {
    if (!in_) return;
    in_->reads = on;
    in_->transport->wake();
  }
  void close() {
    if (in_) in_->transport->close();
  }
  bool is_gone() const { return in_ == nullptr; }
  driver* driven() { return in_; }

  std::function<void(raw_peer&)> on_data;
  std::string received;
  bool is_open = false;
  bool has_ended = false;  // the peer has ended its stream
  std::optional<error> failure;

 private:
  struct inner final : driver {
    explicit inner(raw_peer& p) : owner(&p) {}

    void start(time_point) override {
      if (owner) owner->is_open = true;
    }
    std::span<std::byte> prepare(std::size_t) override { return room; }
    void commit(std::size_t n, time_point) override {
      if (!owner) return;
      owner->received.append(as_text(byte_view(room).first(n)));
      if (n > 0 && owner->on_data) owner->on_data(*owner);
    }
    void commit_eof(time_point) override {
      if (owner) owner->has_ended = true;
    }
    void commit_error(const error& why, time_point) override {
      if (owner) owner->failure = why;
    }
    void handle_timeout(time_point) override {}
    bool drain(time_point) override { return false; }
    // What is shown to a write stays as it is until it is consumed.
    buffer_list output() override {
      if (shown.empty()) shown = std::exchange(waiting, {});
      list = {shown.data() + sent, shown.size() - sent};
      return list.size == 0 ? buffer_list() : buffer_list(&list, 1);
    }
    void consume_output(std::size_t n) override {
      sent += n;
      if (sent < shown.size()) return;
      shown.clear();
      sent = 0;
    }
    void release() override {}
    bool ends_output() const override { return ends; }
    std::optional<time_point> next_deadline() const override { return std::nullopt; }
    bool wants_read() const override { return reads; }
    bool is_done() const override { return false; }
    void released() override {
      if (owner) owner->in_ = nullptr;
      delete this;
    }

    raw_peer* owner;
    connection* transport = nullptr;
    std::vector<std::byte> room = std::vector<std::byte>(16 * 1024);
    std::string waiting, shown;
    std::size_t sent = 0;
    const_buffer list{};
    bool ends = false;
    bool reads = true;
  };

  inner* in_;
};

// Calls `f(peer, head)` for the head of each request of HTTP, once it is complete.
template <class F>
std::function<void(raw_peer&)> on_each_head(F f) {
  return [f](raw_peer& p) {
    const std::size_t end = p.received.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const std::string head = p.received.substr(0, end + 4);
    p.received.erase(0, end + 4);
    f(p, head);
  };
}

// Accepts, and does with what comes what the test says.
class raw_server final : public acceptor {
 public:
  explicit raw_server(std::function<void(raw_peer&)> on_data) : on_data_(std::move(on_data)) {}

  // Where it listens then.
  address listen(loop& home, const address& at) {
    listening_ = *home.listen(at, *this);
    return listening_->local_address();
  }
  void stop() { listening_.reset(); }
  driver* accept(connection& c, const address&) override {
    auto& p = peers.emplace_back(std::make_unique<raw_peer>(c));
    p->on_data = on_data_;
    return p->driven();
  }

  std::vector<std::unique_ptr<raw_peer>> peers;

 private:
  std::function<void(raw_peer&)> on_data_;
  std::unique_ptr<listener> listening_;
};

}  // namespace parley::test
