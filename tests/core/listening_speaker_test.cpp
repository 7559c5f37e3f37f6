// A speaker that listens at a provider whose peer confirms, refuses or says nothing.
#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <parley/core/api/listeners.hpp>
#include <parley/core/api/listening_speaker.hpp>
#include <string>
#include <vector>

#include "fake_loop.hpp"

namespace parley {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using strings = std::vector<std::string>;

class stub_core;

class stub_speaker final : public detail::listening_speaker<stub_core> {
 public:
  stub_speaker(stub_core& core, std::string_view name) : listening_speaker(core, name, {}) {}

  operation<delivery> shout(const value&) override { __builtin_trap(); }
  operation<delivery> shout_bytes(byte_view) override { __builtin_trap(); }
  void deliver(std::string_view text) { hear(name_, as_bytes(text), nullptr); }

 private:
  ~stub_speaker() override { stub_speaker::leave(); }
  result<void> can_listen() const override { return {}; }
  void join(completer<void> done, bool is_new) override;
  void leave() noexcept override;
};

// What a provider's core does, without a peer: what it asks for is written down.
class stub_core final : public fault_sink, private detail::confirmations_owner {
 public:
  void retain() noexcept override { ++references; }
  void release() noexcept override { --references; }
  void callback_failed(const error&) override {}
  loop& home() noexcept { return at; }

  void join(stub_speaker& who, completer<void> done, bool is_new) {
    if (is_new) all.add(who);
    if (is_up) return done.complete({});
    waiting.add(who, std::move(done), patience);
  }
  void leave(const stub_speaker& who) noexcept {
    waiting.remove(who);
    all.remove(who);
  }
  void tell(std::string_view topic) {
    all.tell(topic, [&](stub_speaker& s) { s.deliver("x"); });
  }

  test::fake_loop at;
  detail::listeners<stub_speaker> all;
  detail::confirmations waiting{at, *this};
  duration patience = 5s;
  int references = 0;
  bool is_up = false;

 private:
  error not_confirmed() const override { return error(errc::timed_out, "no word"); }
};

void stub_speaker::join(completer<void> done, bool is_new) {
  core_.join(*this, std::move(done), is_new);
}
void stub_speaker::leave() noexcept { core_.leave(*this); }

class listening : public ::testing::Test {
 protected:
  void TearDown() override {
    core.at.run();
    EXPECT_EQ(core.references, 0);
  }

  speaker make(std::string_view name) { return speaker(new stub_speaker(core, name)); }
  // How it ends is told under its name.
  void listen(speaker& s) {
    const std::string name(s.name());
    auto on_message = [this, name](const message&) { heard.push_back(name); };
    s.listen(on_message).then([this, name](result<void> r) {
      ended.push_back(name + (r ? " ok" : " " + std::string(r.error().name())));
    });
  }

  stub_core core;
  strings heard, ended;
};

TEST_F(listening, ends_with_the_confirmation_of_its_own_filter) {
  speaker a = make("a"), b = make("b");
  listen(a);
  listen(b);
  core.at.run();
  EXPECT_THAT(ended, IsEmpty());
  EXPECT_TRUE(core.waiting.has("a"));
  core.waiting.confirm("a");
  core.at.run();
  EXPECT_THAT(ended, ElementsAre("a ok"));
  EXPECT_FALSE(core.waiting.has("a"));
  EXPECT_EQ(core.waiting.size(), 1U);
  core.waiting.clear();
  core.at.run();
  EXPECT_THAT(ended, ElementsAre("a ok", "b cancelled"));
}

// Whoever is refused hears nothing, and is asked for anew when it listens again.
TEST_F(listening, who_is_refused_listens_no_more) {
  speaker a = make("a"), same = make("a");
  listen(a);
  core.waiting.confirm("a");
  listen(same);
  listen(same);
  core.waiting.refuse("a", error(errc::refused));
  core.at.run();
  EXPECT_THAT(ended, ElementsAre("a ok", "a refused", "a refused"));
  core.tell("a");
  EXPECT_THAT(heard, ElementsAre("a"));
  EXPECT_EQ(core.all.count("a"), 1);
  listen(same);
  EXPECT_TRUE(core.waiting.has("a"));
  core.waiting.confirm("a");
  core.tell("a");
  EXPECT_THAT(heard, ElementsAre("a", "a", "a"));
}

// A second callback waits for the same word as the first.
TEST_F(listening, twice_before_the_word_is_there) {
  speaker a = make("a");
  listen(a);
  listen(a);
  core.at.run();
  EXPECT_THAT(ended, IsEmpty());
  core.waiting.confirm("a");
  core.at.run();
  EXPECT_THAT(ended, ElementsAre("a ok", "a ok"));
  EXPECT_EQ(core.all.count("a"), 1);
}

TEST_F(listening, waits_no_longer_than_the_provider_says) {
  speaker a = make("a"), b = make("b");
  listen(a);
  core.at.advance(2s);
  listen(b);
  core.at.advance(3s);
  EXPECT_THAT(ended, ElementsAre("a timed_out"));
  EXPECT_EQ(core.all.count("a"), 0);
  core.at.advance(2s);
  EXPECT_THAT(ended, ElementsAre("a timed_out", "b timed_out"));
  EXPECT_FALSE(core.at.next_timer());
  core.patience = {};
  listen(a);
  core.at.advance(1000s);
  EXPECT_EQ(core.waiting.size(), 1U);
}

TEST_F(listening, who_stops_is_told_so) {
  speaker a = make("a");
  listen(a);
  (void)a.stop_listening();
  core.at.run();
  EXPECT_THAT(ended, ElementsAre("a cancelled"));
  EXPECT_FALSE(core.at.next_timer());
  {
    speaker gone = make("a");
    listen(gone);
  }
  core.at.run();
  EXPECT_THAT(ended, ElementsAre("a cancelled", "a cancelled"));
}

TEST_F(listening, who_cancels_listens_no_more) {
  speaker a = make("a");
  auto waiting = a.listen([this](const message&) { heard.emplace_back("a"); });
  waiting.cancel();
  waiting.cancel();
  std::move(waiting).then(
      [this](result<void> r) { ended.emplace_back(r ? "ok" : r.error().name()); });
  core.at.run();
  EXPECT_THAT(ended, ElementsAre("cancelled"));
  EXPECT_EQ(core.all.count("a"), 0);
  EXPECT_EQ(core.waiting.size(), 0U);
  core.tell("a");
  EXPECT_THAT(heard, IsEmpty());
}

// The callback of one holds the last handle of another that is refused as well.
TEST_F(listening, what_a_refused_one_holds_may_be_refused_too) {
  speaker a = make("a");
  for (int i = 0; i < 3; ++i) {
    speaker other = make("a");
    listen(other);
    a.listen([other](const message&) {}).then([](const result<void>&) {});
    core.waiting.refuse_all(error(errc::closed));
  }
  core.at.run();
  EXPECT_THAT(ended, ElementsAre("a closed", "a closed", "a closed"));
  EXPECT_EQ(core.all.count("a"), 0);
}

}  // namespace
}  // namespace parley
