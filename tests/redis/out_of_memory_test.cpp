// Memory ends at every allocation in turn, in whatever part of a conversation between the
// provider and the embedded server it falls: in a call, or inside the loop. std::bad_alloc
// may come out of the call or of the turn. Whatever it hits, each operation ends once, no
// reply reaches another caller, both sides go on, and nothing is left at the end.
#include <parley/codecs/resp/redis_provider.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>

#include "support/without_memory.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

class conversation : without_memory {
 public:
  conversation() : without_memory(64) {
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
    expect_each_ended_once(allowed);
    EXPECT_EQ(foreign_, 0) << allowed;
    return failed;
  }

 private:
  void step(int i) {
    switch (i) {
      case 0:
        count([&] { return redis_->initialize(); });
        break;
      case 1:
        count([&] { return redis_->create_speaker("news", [this](const message&) { ++heard_; }); },
              [this](result<speaker> s) {
                if (s) speaker_ = *std::move(s);
              });
        break;
      case 2:
      case 5:
        for (int n = 0; n < 3; ++n) echo(i * 10 + n);
        break;
      case 3:
        if (speaker_) count([&] { return speaker_->shout(value("hello")); });
        break;
      case 4:
        count([&] { return redis_->command("BLPOP", "list", "0.003"); });
        break;
      case 6:
        count([&] { return redis_->set("key", value(std::string(300, 'v'))); });
        break;
      default:
        count([&] { return redis_->keys("*"); });
    }
    turns(6);
  }

  void echo(int n) {
    // Not a string: the test's own memory is not the matter.
    char text[64];
    std::snprintf(text, sizeof text, "echo number %d which needs some room", n);
    count([&] { return redis_->command_as<std::string>("ECHO", std::string_view(text)); },
          [this, n](const result<std::string>& r) {
            if (r && !r->contains("number " + std::to_string(n) + " ")) ++foreign_;
          });
  }

  void recover() {
    EXPECT_TRUE(loop_.wait(redis_->initialize()));
    const auto r = loop_.wait(redis_->command_as<std::string>("ECHO", "fine"));
    EXPECT_EQ(r.value_or(""), "fine") << r.error().to_string();
  }

  std::unique_ptr<redis_server> server_;
  std::unique_ptr<redis_provider> redis_;
  std::optional<speaker> speaker_;
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
