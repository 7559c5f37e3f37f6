// Memory ends at every allocation in turn, in whatever part of a conversation between the
// provider and the embedded server it falls: in a call, or inside the loop. std::bad_alloc
// may come out of the call or of the turn. Whatever it hits, each operation ends once, no
// reply reaches another caller, both sides go on, and nothing is left at the end.
#include <gtest/gtest.h>

#include <new>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/codecs/resp/redis_provider.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>
#include <vector>

#include "support/allocations.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

class conversation {
 public:
  conversation() {
    redis_server_config c;
    c.port = 0;
    server_ = std::make_unique<redis_server>(loop_, c);
    EXPECT_TRUE(server_->listen());
    redis_config r;
    r.port = server_->local_address()->port();
    r.connect_timeout = r.command_timeout = 300ms;
    r.reconnect.base = 1ms;
    r.reconnect.cap = 5ms;
    redis_ = std::make_unique<redis_provider>(loop_, r);
    ended_.reserve(64);
  }

  // True if memory ended somewhere: with `allowed` large enough it does not.
  bool run(std::size_t allowed) {
    bool failed = false;
    {
      const failing_allocation limit(allowed);
      for (int i = 0; i < 8; ++i) step(i);
      failed = limit.has_failed();
    }
    // Memory is back: all goes on.
    recover();
    speaker_.reset();
    redis_.reset();
    turns(5);
    for (const int times : ended_) EXPECT_EQ(times, 1) << allowed;
    EXPECT_EQ(foreign_, 0) << allowed;
    return failed;
  }

 private:
  template <class F>
  static void bear(F&& f) {
    try {
      f();
    } catch (const std::bad_alloc&) {
      // Told to whoever called; the test goes on as its user would.
    }
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) bear([&] { loop_.run_once(1ms); });
  }

  // `begin` makes the operation and gives it a callback that calls done(entry).
  template <class F>
  void count(F&& begin) {
    ended_.push_back(0);
    const std::size_t entry = ended_.size() - 1;
    bool accepted = false;
    bear([&] {
      begin(entry);
      accepted = true;
    });
    // What threw was never begun, or ends unheard.
    if (!accepted && ended_[entry] == 0) ended_[entry] = 1;
  }

  void step(int i) {
    switch (i) {
      case 0:
        count([&](std::size_t e) {
          redis_->initialize().then([this, e](result<void>) { ++ended_[e]; });
        });
        break;
      case 1:
        count([&](std::size_t e) {
          redis_->create_speaker("news", [this](const message&) { ++heard_; })
              .then([this, e](result<speaker> s) {
                ++ended_[e];
                if (s) speaker_ = *std::move(s);
              });
        });
        break;
      case 2:
      case 5:
        for (int n = 0; n < 3; ++n) echo(i * 10 + n);
        break;
      case 3:
        if (!speaker_) break;
        count([&](std::size_t e) {
          speaker_->shout(value("hello")).then([this, e](result<delivery>) { ++ended_[e]; });
        });
        break;
      case 4:
        count([&](std::size_t e) {
          redis_->command("BLPOP", "list", "0.003").then([this, e](result<resp::reply>) {
            ++ended_[e];
          });
        });
        break;
      case 6:
        count([&](std::size_t e) {
          redis_->set("key", value(std::string(300, 'v'))).then([this, e](result<bool>) {
            ++ended_[e];
          });
        });
        break;
      default:
        count([&](std::size_t e) {
          redis_->keys("*").then([this, e](result<std::vector<std::string>>) { ++ended_[e]; });
        });
    }
    turns(6);
  }

  void echo(int n) {
    // Not a string: the test's own memory is not the matter.
    char text[64];
    std::snprintf(text, sizeof text, "echo number %d which needs some room", n);
    count([&](std::size_t e) {
      redis_->command_as<std::string>("ECHO", std::string_view(text))
          .then([this, e, n](result<std::string> r) {
            ++ended_[e];
            if (r && !r->contains("number " + std::to_string(n) + " ")) ++foreign_;
          });
    });
  }

  void recover() {
    EXPECT_TRUE(loop_.wait(redis_->initialize()));
    const auto r = loop_.wait(redis_->command_as<std::string>("ECHO", "fine"));
    EXPECT_EQ(r.value_or(""), "fine") << r.error().to_string();
  }

  blocking::loop loop_;
  std::unique_ptr<redis_server> server_;
  std::unique_ptr<redis_provider> redis_;
  std::optional<speaker> speaker_;
  std::vector<int> ended_;
  int foreign_ = 0;
  int heard_ = 0;
};

TEST(redis_out_of_memory, wherever_it_ends_the_conversation_goes_on) {
  std::size_t allowed = 0;
  while (conversation().run(allowed)) {
    ++allowed;
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_GT(allowed, 100u);
}

}  // namespace
}  // namespace parley::test
