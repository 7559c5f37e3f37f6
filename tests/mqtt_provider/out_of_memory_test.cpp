// Memory ends at every allocation in turn, in whatever part of a conversation between a provider
// and mosquitto it falls: in a call, or inside the loop. std::bad_alloc may come out of the call or
// of the turn. Whatever it hits, each operation ends once, the provider goes on when memory is
// back, and nothing is left at the end.
#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <optional>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/codecs/mqtt/mqtt_provider.hpp>
#include <vector>

#include "support/allocations.hpp"
#include "support/mosquitto.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using mqtt::qos;

class conversation {
 public:
  explicit conversation(const mosquitto& server) {
    mqtt_config c = *mqtt_config::from_uri(server.uri());
    c.connect_timeout = 300ms;
    c.reconnect.base = 1ms;
    c.reconnect.cap = 5ms;
    mqtt_provider_limits limits;
    limits.call_timeout = 300ms;
    mqtt_ = std::make_unique<mqtt_provider>(loop_, c, limits);
    ended_.reserve(64);
  }

  // True if memory ended somewhere: with `allowed` large enough it does not.
  bool run(std::size_t allowed) {
    bool failed = false;
    {
      const failing_allocation limit(allowed);
      count([this] { return mqtt_->initialize(); });
      turns(10);
      keep([this] { return mqtt_->create_speaker("memory/+", [](const message&) {}); }, ear_);
      keep([this] { return mqtt_->create_speaker("memory/x", mqtt_speaker_options(qos{2})); },
           mouth_);
      keep([this] { return mqtt_->create_callable("memory/call", echo); }, served_);
      keep([this] { return mqtt_->create_callable("memory/call"); }, caller_);
      turns(10);
      for (int i = 0; i < 4 && mouth_; ++i) {
        count([this, i] { return mouth_->shout(fields("number", i)); });
      }
      if (caller_) count([this] { return caller_->call(fields("x", 1)); });
      turns(10);
      bear([this] { ear_.reset(); });
      turns(2);
      failed = limit.has_failed();
    }
    recover(allowed);
    count([this] { return mqtt_->close(); });
    mouth_.reset();
    ear_.reset();
    served_.reset();
    caller_.reset();
    mqtt_.reset();
    turns(5);
    for (const int times : ended_) EXPECT_EQ(times, 1) << allowed;
    return failed;
  }

 private:
  static result<value> echo(const value& v) { return v; }

  template <class F>
  static void bear(F&& f) {
    try {
      f();
    } catch (const std::bad_alloc&) {
      // Told to whoever called; the test goes on as its user would.
    }
  }
  void turns(int times) {
    for (int i = 0; i < times; ++i) bear([&] { loop_.run_once(1ms); });
  }
  template <class F, class Then>
  void count(F&& begin, Then then) {
    ended_.push_back(0);
    const std::size_t entry = ended_.size() - 1;
    bool accepted = false;
    bear([&] {
      begin().then([this, entry, then](auto r) {
        ++ended_[entry];
        then(std::move(r));
      });
      accepted = true;
    });
    // What threw was never begun, or ends unheard.
    if (!accepted && ended_[entry] == 0) ended_[entry] = 1;
  }
  template <class F>
  void count(F&& begin) {
    count(begin, [](const auto&) {});
  }
  template <class F, class T>
  void keep(F&& begin, std::optional<T>& to) {
    count(begin, [&to](auto r) {
      if (r) to = *std::move(r);
    });
  }
  // Memory is back: all goes on.
  void recover(std::size_t allowed) {
    const time_point until = loop_.now() + 20s;
    while (mqtt_->status().state != provider_state::up && loop_.now() < until) {
      mqtt_->initialize().then([](const result<void>&) {});
      turns(5);
    }
    ASSERT_EQ(mqtt_->status().state, provider_state::up) << allowed;
    int heard = 0, told = 0;
    const auto on_message = [&heard](const message&) { ++heard; };
    auto ear = loop_.wait(mqtt_->create_speaker("after", on_message));
    auto mouth = loop_.wait(mqtt_->create_speaker("after", mqtt_speaker_options(qos{1})));
    ASSERT_TRUE(ear && mouth) << allowed;
    mouth->shout("x").then([&told](const result<delivery>& r) { told += r.has_value(); });
    while ((told == 0 || heard == 0) && loop_.now() < until) turns(1);
    EXPECT_EQ(told, 1) << allowed;
    EXPECT_EQ(heard, 1) << allowed;
  }

  blocking::loop loop_;
  std::unique_ptr<mqtt_provider> mqtt_;
  std::optional<speaker> ear_, mouth_;
  std::optional<callable> served_, caller_;
  std::vector<int> ended_;
};

TEST(mqtt_provider_out_of_memory, at_every_allocation_of_a_conversation) {
  const mosquitto server({.lines = {"set_tcp_nodelay true"}});
  std::size_t failures = 0;
  for (std::size_t allowed = 0; allowed < 5000; ++allowed) {
    if (!conversation(server).run(allowed)) break;
    ++failures;
  }
  EXPECT_GT(failures, 60U);
}

}  // namespace
}  // namespace parley::test
