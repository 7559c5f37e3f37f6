// A provider in miniature: requests with replies over a connection that it makes
// again whenever it breaks. Every request ends exactly once.
#pragma once

#include <gtest/gtest.h>

#include <cassert>
#include <deque>
#include <memory>
#include <parley/core/async/operation.hpp>
#include <parley/core/loop/loop.hpp>
#include <string>
#include <vector>

#include "sim/chat_machine.hpp"

namespace parley::test {

class chat_caller final : private canceller, private timer {
 public:
  chat_caller(loop& home, const address& to) : home_(home), to_(to) { connect(); }
  ~chat_caller() { assert(attempts_.empty() && "close() it, and run the world until is_gone()"); }

  // Ends with the reply; with the error of the connection, if it broke; or with
  // errc::not_connected, if there is none.
  operation<std::string> ask(const std::string& text) {
    completer<std::string> done(home_);
    auto op = done.op();
    attempt* now = attempts_.empty() ? nullptr : attempts_.back().get();
    if (!now || !now->driven().send(text, home_.now())) {
      done.complete(fail(errc::not_connected));
      return op;
    }
    done.state()->set_canceller(this);
    now->waiting.push_back(std::move(done));
    now->transport->wake();
    return op;
  }
  void close() {
    closing_ = true;
    home_.set_timer(*this, std::nullopt);
    for (const auto& a : attempts_) a->transport->close();
  }
  bool is_gone() const { return attempts_.empty(); }

  std::size_t connects = 0;

 private:
  // One connection. Stays until the loop has released it.
  struct attempt final : machine_driver<chat_machine, attempt> {
    explicit attempt(chat_caller& o) : machine_driver(std::chrono::seconds(2)), owner(o) {}
    void on_event(chat_machine::event& event, time_point) {
      if (auto* l = std::get_if<chat_machine::line>(&event)) reply(l->text);
      if (auto* f = std::get_if<failed>(&event)) {
        fail_all(f->why);
        transport->close();  // there may be a write that never ends
      }
      if (std::holds_alternative<closed>(event)) fail_all(errc::closed);
    }
    void reply(std::string_view text) {
      ASSERT_FALSE(waiting.empty()) << "a reply that nobody asked for";
      // The slot of a cancelled request is empty; its reply still takes it.
      waiting.front().complete(std::string(text));
      waiting.pop_front();
    }
    void fail_all(const error& why) {
      for (auto& w : waiting) w.complete(std::unexpected(why));
      waiting.clear();
    }
    void released() override { owner.ended(*this); }

    chat_caller& owner;
    connection* transport = nullptr;
    std::deque<completer<std::string>> waiting;
  };

  void connect() {
    ++connects;
    attempts_.push_back(std::make_unique<attempt>(*this));
    attempts_.back()->transport = &home_.connect(to_, *attempts_.back());
  }
  void ended(attempt& a) {
    std::erase_if(attempts_, [&](const auto& p) { return p.get() == &a; });
    if (!closing_) home_.set_timer(*this, home_.now() + std::chrono::milliseconds(100));
  }
  void fired(time_point) override { connect(); }
  void cancel(operation_base& op) override {
    for (const auto& a : attempts_) {
      for (auto& w : a->waiting) {
        if (w.state() == &op) return w.complete(fail(errc::cancelled));
      }
    }
  }

  loop& home_;
  address to_;
  std::vector<std::unique_ptr<attempt>> attempts_;
  bool closing_ = false;
};

}  // namespace parley::test
