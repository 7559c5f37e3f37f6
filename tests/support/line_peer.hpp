// Drives a line_machine over a connection of any loop, and tells a test what
// happened. Hooks run inside the drain, as a provider's on_event does.
#pragma once

#include <cassert>
#include <functional>
#include <memory>
#include <optional>
#include <parley/core/loop/loop.hpp>
#include <string>
#include <vector>

#include "support/line_machine.hpp"

namespace parley::test {

class line_peer final : public machine_driver<line_machine, line_peer> {
 public:
  line_peer() = default;
  // Connects; the peer must live until it is released.
  line_peer(loop& home, const address& to) { transport = &home.connect(to, *this); }

  void send(std::string_view text) {
    driven().send(text);
    transport->wake();
  }
  void finish() {
    driven().finish();
    transport->wake();
  }
  void pause(bool on) {
    driven().pause(on);
    transport->wake();
  }
  // Asks for the end, unless it has come.
  void close() {
    if (transport) transport->close();
  }

  std::function<void(line_peer&)> on_opened, on_ended, on_expired, on_released;
  std::function<void(line_peer&, std::string_view)> on_line;
  std::function<void(line_peer&, const error&)> on_failed;

  connection* transport = nullptr;  // null once released
  address from;                     // of an accepted connection
  std::vector<std::string> lines;   // what came, unless on_line takes it
  std::optional<error> failure;
  int opened_count = 0;
  int ended_count = 0;
  int expired_count = 0;
  int failed_count = 0;
  int released_count = 0;

  bool is_open() const { return opened_count > 0 && released_count == 0; }

  void on_event(line_machine::event& event, time_point) {
    if (std::holds_alternative<opened>(event)) {
      ++opened_count;
      if (on_opened) on_opened(*this);
    } else if (auto* got = std::get_if<line>(&event)) {
      if (on_line) return on_line(*this, got->text);
      lines.emplace_back(got->text);
    } else if (std::holds_alternative<peer_ended>(event)) {
      ++ended_count;
      if (on_ended) on_ended(*this);
    } else if (std::holds_alternative<expired>(event)) {
      ++expired_count;
      if (on_expired) on_expired(*this);
    } else if (auto* f = std::get_if<failed>(&event)) {
      ++failed_count;
      failure = f->why;
      if (on_failed) on_failed(*this, f->why);
    }
  }
  void released() override {
    transport = nullptr;
    ++released_count;
    // May destroy this, and must not destroy itself with it.
    if (auto hook = std::move(on_released)) hook(*this);
  }
};

// Accepts connections and keeps a peer for each.
class line_server final : public acceptor {
 public:
  // Answers each line with itself, and the end with the end.
  static void echo(line_peer& p) {
    p.on_line = [](line_peer& self, std::string_view text) { self.driven().send(text); };
    p.on_ended = [](line_peer& self) { self.driven().finish(); };
  }

  explicit line_server(std::function<void(line_peer&)> prepare = echo)
      : prepare_(std::move(prepare)) {}

  // Listens; `where()` is then what to connect to.
  result<void> listen(loop& home, const address& at) {
    auto made = home.listen(at, *this);
    if (!made) return std::unexpected(made.error());
    listening_ = *std::move(made);
    return {};
  }
  address where() const { return listening_->local_address(); }
  void stop() { listening_.reset(); }
  void close_all() {
    for (auto& p : peers) p->close();
  }
  std::size_t open_count() const {
    std::size_t n = 0;
    for (auto& p : peers) n += p->released_count == 0;
    return n;
  }

  driver* accept(connection& c, const address& from) override {
    if (refuse) return nullptr;
    auto& p = *peers.emplace_back(std::make_unique<line_peer>());
    p.transport = &c;
    p.from = from;
    if (prepare_) prepare_(p);
    return &p;
  }

  std::vector<std::unique_ptr<line_peer>> peers;
  bool refuse = false;

 private:
  std::function<void(line_peer&)> prepare_;
  std::unique_ptr<listener> listening_;
};

}  // namespace parley::test
