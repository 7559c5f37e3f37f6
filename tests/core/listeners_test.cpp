// Who is told a message: what providers do with the speakers that listen.
#include <gmock/gmock.h>

#include <memory>
#include <new>
#include <parley/core/api/listeners.hpp>
#include <parley/core/async/callback.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/allocations.hpp"

namespace parley {
namespace {

using detail::listeners;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using strings = std::vector<std::string>;

// As a provider's speaker: counted, and gone from the list before it ends.
class ear_stub {
 public:
  ear_stub(listeners<ear_stub>& in, std::string_view name) : in_(in), name_(name) {}
  ear_stub(const ear_stub&) = delete;
  ear_stub& operator=(const ear_stub&) = delete;

  std::string_view name() const noexcept { return name_; }
  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }
  bool hears() const noexcept { return listening_ && references_ > 1; }
  void forget() noexcept {
    listening_ = false;
    const auto gone = std::move(on_message);
  }
  // As by its user: no message comes after this.
  bool stop() noexcept {
    listening_ = false;
    return in_.remove(*this);
  }
  void hear(strings& to) {
    to.emplace_back(name_);
    if (on_message) on_message();
  }

  callback<void()> on_message;

 private:
  ~ear_stub() { in_.remove(*this); }

  listeners<ear_stub>& in_;
  std::string name_;
  int references_ = 0;
  bool listening_ = true;
};

struct let_go {
  void operator()(ear_stub* e) const noexcept { e->release(); }
};
using handle = std::unique_ptr<ear_stub, let_go>;

class listeners_of_a_provider : public ::testing::Test {
 protected:
  handle make(std::string_view name) {
    auto* const made = new ear_stub(all, name);
    made->retain();
    return handle(made);
  }
  strings told(std::string_view topic) {
    strings heard;
    all.tell(topic, [&](ear_stub& e) { e.hear(heard); });
    return heard;
  }
  strings filters() const {
    strings names;
    for (const auto& [filter, count] : all.filters()) {
      names.push_back(filter + " " + std::to_string(count));
    }
    return names;
  }

  listeners<ear_stub> all;
};

TEST_F(listeners_of_a_provider, the_first_and_the_last_of_a_filter_are_told_apart) {
  const auto a = this->make("news/+"), b = this->make("news/+"), c = this->make("#");
  EXPECT_TRUE(all.add(*a));
  EXPECT_FALSE(all.add(*b));
  EXPECT_TRUE(all.add(*c));
  EXPECT_THAT(filters(), ElementsAre("# 1", "news/+ 2"));
  EXPECT_EQ(all.count("news/x"), 3);
  EXPECT_THAT(told("news/x"), ElementsAre("#", "news/+", "news/+"));
  EXPECT_THAT(told("other"), ElementsAre("#"));
  EXPECT_FALSE(a->stop());
  EXPECT_FALSE(a->stop());  // it is not there any more
  EXPECT_TRUE(all.has_filter("news/+"));
  EXPECT_TRUE(b->stop());
  EXPECT_FALSE(all.has_filter("news/+"));
  EXPECT_THAT(filters(), ElementsAre("# 1"));
  EXPECT_TRUE(all.add(*a));  // anew
}

TEST_F(listeners_of_a_provider, all_are_told_in_the_order_in_which_they_came) {
  const auto z = this->make("z"), a = this->make("a"), m = this->make("m/#");
  for (const auto* each : {&z, &a, &m}) all.add(**each);
  strings heard;
  all.tell_all([&](ear_stub& e) { e.hear(heard); });
  EXPECT_THAT(heard, ElementsAre("z", "a", "m/#"));
}

TEST_F(listeners_of_a_provider, callbacks_may_end_those_that_are_told_next) {
  auto a = this->make("x"), b = this->make("+"), c = this->make("#"), d = this->make("x");
  for (const auto* each : {&c, &a, &d, &b}) all.add(**each);
  // "#" is told first.
  c->on_message = [&] {
    b.reset();
    d->stop();
    c.reset();
  };
  EXPECT_THAT(told("x"), ElementsAre("#", "x"));
  EXPECT_THAT(filters(), ElementsAre("x 1"));
}

TEST_F(listeners_of_a_provider, callbacks_may_add_some_and_tell_another_message) {
  auto a = this->make("x"), late = this->make("x"), other = this->make("y");
  all.add(*a);
  all.add(*other);
  strings within;
  bool once = true;
  a->on_message = [&] {
    if (!std::exchange(once, false)) return;
    all.add(*late);
    within = told("y");
  };
  // The new one hears what comes from then on.
  EXPECT_THAT(told("x"), ElementsAre("x"));
  EXPECT_THAT(within, ElementsAre("y"));
  EXPECT_THAT(told("x"), ElementsAre("x", "x"));
}

// One whose callback holds the last handle of another, in both orders.
TEST_F(listeners_of_a_provider, forgetting_one_may_drop_others) {
  for (const bool is_first : {true, false}) {
    auto owner = this->make("owner");
    auto owned = this->make("owned");
    ear_stub& seen = *owned;
    if (is_first) all.add(*owner);
    all.add(seen);
    if (!is_first) all.add(*owner);
    owner->on_message = [held = std::move(owned)] {};
    all.forget_all();
    owner->retain();
    EXPECT_FALSE(owner->hears());
    owner->release();
    EXPECT_THAT(filters(), IsEmpty());
    EXPECT_THAT(told("owned"), IsEmpty());
  }
}

TEST_F(listeners_of_a_provider, no_allocation_for_a_message) {
  const auto a = this->make("x/+"), b = this->make("x/#");
  all.add(*a);
  all.add(*b);
  int heard = 0;
  const auto tell = [&] { all.tell("x/y", [&](ear_stub&) { ++heard; }); };
  tell();
  const auto before = test::allocations();
  for (int i = 0; i < 100; ++i) tell();
  EXPECT_EQ(test::allocations(), before);
  EXPECT_EQ(heard, 202);
}

TEST_F(listeners_of_a_provider, without_memory_nothing_changes) {
  const auto a = this->make("a/long/filter/that/needs/memory/of/its/own"), b = this->make("b/+");
  all.add(*b);
  std::size_t failures = 0;
  for (std::size_t allowed = 0;; ++allowed) {
    bool added = false;
    try {
      const test::failing_allocation limit(allowed);
      added = all.add(*a);
    } catch (const std::bad_alloc&) {
      ++failures;
    }
    if (added) break;
    ASSERT_THAT(filters(), ElementsAre("b/+ 1"));
    ASSERT_EQ(all.count(a->name()), 0);
  }
  EXPECT_GT(failures, 3U);
  EXPECT_EQ(all.count(a->name()), 1);
}

// Those that were kept are let go.
TEST_F(listeners_of_a_provider, without_memory_a_message_is_lost_and_nobody_with_it) {
  std::vector<handle> many;
  for (int i = 0; i < 10; ++i) {
    many.push_back(this->make("x"));
    all.add(*many.back());
  }
  std::size_t failures = 0;
  for (bool done = false; !done;) {
    int heard = 0;
    try {
      const test::failing_allocation limit(failures);
      std::vector<ear_stub*> room;
      detail::told_listeners<ear_stub> told(room);
      for (const handle& each : many) told.add(*each);
      told.tell([&](ear_stub&) { ++heard; });
      done = true;
    } catch (const std::bad_alloc&) {
      ++failures;
    }
    EXPECT_EQ(heard, done ? 10 : 0);
  }
  EXPECT_GT(failures, 2U);
  many.clear();
  EXPECT_THAT(filters(), IsEmpty());  // all have ended: nobody is kept
}

}  // namespace
}  // namespace parley
