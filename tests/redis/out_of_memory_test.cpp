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

class conversation : protected without_memory {
 public:
  conversation() : without_memory(64) {
    redis_server_config c;
    c.port = 0;
    server_ = std::make_unique<redis_server>(loop_, c);
    EXPECT_TRUE(server_->listen());
    redis_config r;
    r.port = server_->local_address()->port();
    r.connect_timeout = r.command_timeout = r.call_timeout = 300ms;
    r.reconnect.base = 1ms;
    r.reconnect.cap = 5ms;
    redis_ = std::make_unique<redis_provider>(loop_, r);
  }
  virtual ~conversation() = default;

  // True if memory ended somewhere: with `allowed` large enough it does not.
  bool run(std::size_t allowed) {
    bool failed = false;
    {
      const failing_allocation limit(allowed);
      for (int i = 0; i < 8; ++i) {
        step(i);
        turns(6);
      }
      failed = limit.has_failed();
    }
    // Memory is back: all goes on.
    EXPECT_TRUE(loop_.wait(redis_->initialize()));
    recover(allowed);
    let_go();
    redis_.reset();
    turns(5);
    expect_each_ended_once(allowed);
    EXPECT_EQ(foreign_, 0) << allowed;
    return failed;
  }

 protected:
  virtual void step(int i) = 0;
  virtual void recover(std::size_t allowed) = 0;
  virtual void let_go() = 0;

  std::unique_ptr<redis_server> server_;
  std::unique_ptr<redis_provider> redis_;
  int foreign_ = 0;  // answers to another question
};

class commands final : public conversation {
  void step(int i) override {
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
        speaker_.reset();
        count([&] { return redis_->keys("*"); });
    }
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

  void recover(std::size_t) override {
    const auto r = loop_.wait(redis_->command_as<std::string>("ECHO", "fine"));
    EXPECT_EQ(r.value_or(""), "fine") << r.error().to_string();
  }
  void let_go() override { speaker_.reset(); }

  std::optional<speaker> speaker_;
  int heard_ = 0;
};

// The provider answers, and calls itself.
class calls final : public conversation {
  static constexpr std::string_view name = "a callable whose name needs some room";

  void step(int i) override {
    switch (i) {
      case 0:
        count([&] { return redis_->initialize(); });
        break;
      case 1:
        keep([&] { return redis_->create_callable(name, &half); }, served_);
        break;
      case 2:
        keep([&] { return redis_->create_callable(name); }, caller_);
        break;
      case 6:
        // Another handler of the name, and one that nobody calls.
        keep([&] { return redis_->create_callable(name, &half); }, served_);
        keep([&] { return redis_->create_callable("nobody", &half); }, other_);
        break;
      default:
        for (int n = 0; n < 2; ++n) call(i * 10 + n);
    }
  }

  static result<value> half(const value& v) {
    const auto n = v.as_int();
    if (!n || *n % 2 != 0) return fail(errc::invalid_argument, "an odd number has no half of it");
    return value(*n / 2);
  }

  template <class F>
  void keep(F&& begin, std::optional<callable>& to) {
    count(begin, [&to](result<callable> r) {
      if (r) to = *std::move(r);
    });
  }
  void call(int n) {
    if (!caller_) return;
    count([&] { return caller_->call(value(n)); },
          [this, n](const result<value>& r) {
            const bool is_odd = n % 2 != 0;
            if (r && (is_odd || r->as_int() != n / 2)) ++foreign_;
          });
  }

  // What could not be made is made now; what was made works.
  void recover(std::size_t allowed) override {
    if (!caller_) {
      auto made = loop_.wait(redis_->create_callable(name));
      ASSERT_TRUE(made) << allowed << ": " << made.error().to_string();
      caller_ = *std::move(made);
    }
    served_ = std::nullopt;
    auto served = loop_.wait(redis_->create_callable(name, &half));
    ASSERT_TRUE(served) << allowed << ": " << served.error().to_string();
    served_ = *std::move(served);
    auto r = loop_.wait(caller_->call(value(84)));
    // A connection that was hit may be on its way back.
    for (int i = 0; i < 100 && !r; ++i) {
      turns(5);
      r = loop_.wait(caller_->call(value(84)));
    }
    ASSERT_TRUE(r) << allowed << ": " << r.error().to_string();
    EXPECT_EQ(r->as_int(), 42) << allowed;
  }
  void let_go() override {
    served_.reset();
    other_.reset();
    caller_.reset();
  }

  std::optional<callable> served_, other_, caller_;
};

template <class Conversation>
std::size_t at_every_allocation() {
  std::size_t allowed = 0;
  while (Conversation().run(allowed)) {
    ++allowed;
    if (::testing::Test::HasFailure()) break;
  }
  return allowed;
}

TEST(redis_out_of_memory, wherever_it_ends_the_conversation_goes_on) {
  EXPECT_GT(at_every_allocation<commands>(), 100u);
}

TEST(redis_out_of_memory, wherever_it_ends_calls_go_on) {
  EXPECT_GT(at_every_allocation<calls>(), 300u);
}

}  // namespace
}  // namespace parley::test
