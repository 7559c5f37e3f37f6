// Two ends of a chat on any loop: `chat_peer` connects and records,
// `chat_server` accepts, and answers each line with "re: " and the line.
#pragma once

#include <algorithm>
#include <cassert>
#include <memory>
#include <optional>
#include <parley/core/loop/loop.hpp>
#include <string>
#include <vector>

#include "sim/chat_machine.hpp"

namespace parley::test {

// Keep it alive until is_gone(), and declare it after the world.
class chat_peer final : public machine_driver<chat_machine, chat_peer> {
 public:
  explicit chat_peer(duration patience = {}) : machine_driver(patience) {}
  ~chat_peer() { assert(!connection_ && "a loop still drives this"); }

  void connect(loop& l, const address& to) {
    loop_ = &l;
    connection_ = &l.connect(to, *this);
  }
  // For a connection that was accepted.
  void adopt(loop& l, connection& c) {
    loop_ = &l;
    connection_ = &c;
  }
  result<void> send(std::string_view text) {
    auto ok = driven().send(text, loop_->now());
    if (connection_) connection_->wake();
    return ok;
  }
  void finish() {
    driven().finish();
    if (connection_) connection_->wake();
  }
  void pause(bool on) {
    driven().pause(on);
    if (connection_) connection_->wake();
  }
  void close() {
    if (connection_) connection_->close();
  }

  void start(time_point now) override {
    machine_driver::start(now);
    opened = true;
  }
  void on_event(chat_machine::event& event, time_point now) {
    if (auto* l = std::get_if<chat_machine::line>(&event)) {
      lines.emplace_back(l->text);
      if (answers) (void)driven().send("re: " + lines.back(), now);
    }
    if (auto* f = std::get_if<failed>(&event)) {
      failure = f->why;
      failed_at = now;
    }
    if (std::holds_alternative<closed>(event)) ended = true;
  }
  void commit(std::size_t n, time_point now) override {
    bytes_read += n;
    largest_read = std::max(largest_read, n);
    machine_driver::commit(n, now);
  }
  void released() override {
    connection_ = nullptr;
    gone = true;
  }
  bool is_over() const { return ended || failure; }
  // What the peer of this one is, for one that was accepted.
  address from;

  std::vector<std::string> lines;
  std::optional<error> failure;
  time_point failed_at{};
  std::size_t bytes_read = 0;
  std::size_t largest_read = 0;
  bool opened = false;
  bool ended = false;
  bool gone = false;
  bool answers = false;

 private:
  loop* loop_ = nullptr;
  connection* connection_ = nullptr;
};

// Keeps every session that it accepted, ended ones too.
class chat_server final : public acceptor {
 public:
  result<void> listen(loop& l, const address& at) {
    auto made = l.listen(at, *this);
    if (!made) return std::unexpected(std::move(made).error());
    loop_ = &l;
    listener_ = std::move(*made);
    return {};
  }
  void stop() { listener_.reset(); }
  address where() const { return listener_->local_address(); }

  driver* accept(connection& c, const address& peer) override {
    if (refuses) return nullptr;
    sessions.push_back(std::make_unique<chat_peer>(patience));
    chat_peer& s = *sessions.back();
    s.answers = answers;
    s.from = peer;
    s.adopt(*loop_, c);
    return &s;
  }
  void close_all() {
    for (const auto& s : sessions) s->close();
  }
  // Every line that came, of all sessions.
  std::vector<std::string> heard() const {
    std::vector<std::string> all;
    for (const auto& s : sessions) all.insert(all.end(), s->lines.begin(), s->lines.end());
    return all;
  }

  std::vector<std::unique_ptr<chat_peer>> sessions;
  duration patience{};
  bool answers = true;
  bool refuses = false;

 private:
  loop* loop_ = nullptr;
  std::unique_ptr<listener> listener_;
};

}  // namespace parley::test
