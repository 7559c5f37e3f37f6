// A client and a server of one protocol, between which memory ends somewhere: in a call, or inside
// the loop. std::bad_alloc may come out of the call or of the turn. Whatever it hits, each
// operation ends once, both go on when memory is back, and nothing is left at the end.
#pragma once

#include <memory>
#include <optional>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/speaker.hpp>
#include <string_view>

#include "support/without_memory.hpp"

namespace parley::test {

// `Protocol` has make_server(loop&), make_client(loop&, its port), serve(server, name), and the
// names of callables. Its timeouts are short, as some answers never come.
template <class Protocol>
class ending_memory : without_memory {
 public:
  ending_memory() : without_memory(64), server_(Protocol::make_server(loop_)) {}

  // Both are true if memory ended somewhere: with `allowed` large enough it does not. While the
  // server begins to listen:
  bool listen(std::size_t allowed) {
    bool failed = false;
    {
      const failing_allocation limit(allowed);
      count([this] { return server_->initialize(); });
      failed = limit.has_failed();
    }
    make_client();
    recover(allowed);
    end(allowed);
    return failed;
  }
  // While both talk:
  bool talk(std::size_t allowed) {
    bool failed = false;
    make_client();
    {
      const failing_allocation limit(allowed);
      count([this] { return client_->initialize(); });
      turns(8);
      open();
      turns(4);
      speak();
      turns(4);
      bear([this] { ear_.reset(); });
      bear([this] { here_.reset(); });
      turns(2);
      failed = limit.has_failed();
    }
    recover(allowed);
    end(allowed);
    return failed;
  }

  // In how many places it ends: `talk` is one of the two, of a new one each time.
  static std::size_t failures_of(bool (ending_memory::*talk)(std::size_t)) {
    std::size_t allowed = 0;
    while ((ending_memory().*talk)(allowed) && !::testing::Test::HasFailure()) ++allowed;
    return allowed;
  }

 private:
  using provider = typename Protocol::provider;

  void make_client() {
    EXPECT_TRUE(loop_.wait(server_->initialize()));
    client_ = Protocol::make_client(loop_, server_->local_address()->port());
  }
  template <class F, class T>
  void keep(F&& begin, std::optional<T>& to) {
    count(begin, [&to](auto r) {
      if (r) to = *std::move(r);
    });
  }
  void open() {
    keep([this] { return client_->create_speaker("memory/+", [](const message&) {}); }, ear_);
    keep([this] { return client_->create_speaker("memory/x"); }, mouth_);
    keep([this] { return server_->create_speaker("#", [](const message&) {}); }, here_);
    keep([this] { return server_->create_speaker("memory/y"); }, there_);
    keep([this] { return Protocol::serve(*server_, Protocol::names[0]); }, served_);
    keep([this] { return client_->create_callable(Protocol::names[0]); }, caller_);
  }
  void speak() {
    if (mouth_) count([this] { return mouth_->shout(fields("number", 1)); });
    if (there_) count([this] { return there_->shout(fields("number", 2)); });
    if (caller_) count([this] { return caller_->call(fields("x", 1)); });
    if (mouth_) count([this] { return mouth_->listen([](const message&) {}); });
  }

  // --- memory is back: all goes on
  void recover(std::size_t allowed) {
    const time_point until = loop_.now() + std::chrono::seconds(20);
    while (client_->status().state != provider_state::up && loop_.now() < until) {
      client_->initialize().then([](const result<void>&) {});
      turns(5);
    }
    ASSERT_EQ(client_->status().state, provider_state::up) << allowed;
    hears(*client_, *server_, "after", allowed);
    hears(*server_, *client_, "after", allowed);
    auto served = loop_.wait(Protocol::serve(*server_, Protocol::names[1]));
    auto caller = loop_.wait(client_->create_callable(Protocol::names[1]));
    ASSERT_TRUE(served && caller) << allowed;
    const auto answer = loop_.wait(caller->call(fields("x", 1)));
    EXPECT_TRUE(answer && *answer == value(fields("x", 1))) << allowed;
    // One that could not listen then can do so now.
    if (mouth_) hears(*mouth_, *server_, "memory/x", allowed);
  }
  void hears(provider& here, provider& there, std::string_view name, std::size_t allowed) {
    auto ear = loop_.wait(here.create_speaker(name));
    ASSERT_TRUE(ear) << allowed;
    hears(*ear, there, name, allowed);
  }
  void hears(speaker& ear, provider& there, std::string_view name, std::size_t allowed) {
    const time_point until = loop_.now() + std::chrono::seconds(20);
    int heard = 0;
    EXPECT_TRUE(loop_.wait(ear.listen([&heard](const message&) { ++heard; }))) << allowed;
    auto mouth = loop_.wait(there.create_speaker(name));
    ASSERT_TRUE(mouth) << allowed;
    // Again and again: one that was listening then may not be back yet.
    while (heard == 0 && loop_.now() < until) {
      EXPECT_TRUE(loop_.wait(mouth->shout("x"))) << allowed;
      turns(1);
    }
    EXPECT_GT(heard, 0) << allowed;
    EXPECT_TRUE(loop_.wait(ear.stop_listening())) << allowed;
  }
  void end(std::size_t allowed) {
    count([this] { return client_->close(); });
    count([this] { return server_->close(); });
    turns(5);
    for (auto* s : {&ear_, &mouth_, &here_, &there_}) s->reset();
    for (auto* c : {&served_, &caller_}) c->reset();
    client_.reset();
    server_.reset();
    turns(5);
    expect_each_ended_once(allowed);
  }

  std::unique_ptr<provider> server_, client_;
  std::optional<speaker> ear_, mouth_, here_, there_;
  std::optional<callable> served_, caller_;
};

}  // namespace parley::test
