// A conversation between a machine's side and the store: acknowledged only what is durable, with
// one sync() for each turn.
#include <parley/core/store/group_commit.hpp>

#include <gtest/gtest.h>

#include <memory>

#include "core/fake_loop.hpp"
#include "store/stores.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

// A receiver of messages as a session's machine is one: it holds acknowledgements back until the
// number that it noted is durable, and knows nothing of loops.
class receiver {
 public:
  explicit receiver(store& s) : store_(s) {}

  result<void> take(std::string_view id) {
    if (auto ok = put(store_, "session", id, "received"); !ok) return ok;
    held_.emplace_back(store_.staged(), id);
    return {};
  }
  bool holds_back() const { return !held_.empty(); }
  std::string output() {
    std::string acks;
    while (!held_.empty() && held_.front().first <= store_.durable()) {
      acks += held_.front().second + ";";
      held_.erase(held_.begin());
    }
    return acks;
  }

 private:
  store& store_;
  std::vector<std::pair<std::uint64_t, std::string>> held_;
};

// What drives it, on the loop's side.
struct session final : commit_waiter {
  session(group_commit& c, store& s) : commits(c), machine(s) {}

  void turn() {
    sent += machine.output();
    if (machine.holds_back()) commits.wait(*this);
  }
  void committed(const result<void>& outcome) override {
    ++told;
    if (!outcome)
      broken = outcome.error().to_string();
    else
      turn();
  }

  group_commit& commits;
  receiver machine;
  std::string sent;
  std::string broken;
  int told = 0;
};

struct conversation : testing::Test {
  fake_loop loop;
  faulty_store medium;
  group_commit commits{loop, medium};
};

TEST_F(conversation, acknowledges_what_is_durable_with_one_sync_per_turn) {
  session a(commits, medium), b(commits, medium);
  ASSERT_TRUE(a.machine.take("1") && a.machine.take("2") && b.machine.take("3"));
  a.turn();
  a.turn();
  b.turn();
  EXPECT_EQ(a.sent + b.sent, "");
  loop.run();
  EXPECT_EQ(a.sent, "1;2;");
  EXPECT_EQ(b.sent, "3;");
  EXPECT_EQ(commits.syncs(), 1U);
  EXPECT_EQ(medium.at_risk(), 0U);
  loop.run();
  EXPECT_EQ(commits.syncs(), 1U);
}

TEST_F(conversation, acknowledges_nothing_that_the_medium_refused) {
  session a(commits, medium);
  ASSERT_TRUE(a.machine.take("1"));
  medium.fail_after(0, error(store_errc::disk_full, "/data"));
  a.turn();
  loop.run();
  EXPECT_EQ(a.sent, "");
  EXPECT_NE(a.broken.find("no room is left on the disk: /data"), std::string::npos) << a.broken;
  // Room again: the same change becomes durable.
  a.turn();
  loop.run();
  EXPECT_EQ(a.sent, "1;");
}

TEST_F(conversation, allows_waiters_to_wait_again_and_to_vanish) {
  struct waiter final : commit_waiter {
    explicit waiter(group_commit& c) : commits(c) {}
    void committed(const result<void>&) override {
      ++told;
      if (told == 1) commits.wait(*this);
      victim.reset();
    }
    group_commit& commits;
    std::unique_ptr<waiter> victim;
    int told = 0;
  };
  waiter first(commits);
  first.victim = std::make_unique<waiter>(commits);
  commits.wait(first);
  commits.wait(*first.victim);
  loop.run();
  EXPECT_EQ(first.told, 2);
  EXPECT_EQ(commits.syncs(), 2U);
  commits.wait(first);
  commits.cancel(first);
  loop.run();
  EXPECT_EQ(first.told, 2);
  EXPECT_EQ(commits.syncs(), 2U);  // nobody waited
}

TEST(group_commit, may_go_before_its_turn_and_inside_it) {
  fake_loop loop;
  memory_store s;
  struct waiter final : commit_waiter {
    void committed(const result<void>&) override {
      ++told;
      commits.reset();
    }
    std::unique_ptr<group_commit> commits;
    int told = 0;
  };
  waiter a, b;
  auto early = std::make_unique<group_commit>(loop, s);
  early->wait(a);
  early.reset();
  loop.run();
  EXPECT_EQ(a.told, 0);
  a.commits = std::make_unique<group_commit>(loop, s);
  a.commits->wait(a);
  a.commits->wait(b);
  loop.run();
  EXPECT_EQ(a.told, 1);
  EXPECT_EQ(b.told, 0);
}

TEST(group_commit, costs_no_allocation_per_commit) {
  fake_loop loop;
  memory_store s;
  group_commit commits(loop, s);
  struct waiter final : commit_waiter {
    void committed(const result<void>&) override {}
  };
  waiter w;
  const std::size_t before = allocations();
  for (int i = 0; i < 100; ++i) {
    commits.wait(w);
    loop.turn();
  }
  EXPECT_EQ(allocations(), before);
}

}  // namespace
}  // namespace parley::test
