#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <parley/core/async/callback.hpp>
#include <parley/core/async/guard.hpp>
#include <stdexcept>
#include <string>

#include "support/allocations.hpp"

namespace parley {
namespace {

int twice(int n) { return 2 * n; }

// Counts its own copies, moves and ends.
struct census {
  struct counts {
    int alive = 0, moves = 0, calls = 0;
  };
  explicit census(counts& c) : to(&c) { ++to->alive; }
  census(census&& other) noexcept : to(other.to) { ++to->alive, ++to->moves; }
  census(const census&) = delete;
  census& operator=(const census&) = delete;
  ~census() { --to->alive; }
  void operator()() { ++to->calls; }
  counts* to;
};

struct large_census : census {
  using census::census;
  std::array<char, 200> weight{};
};

TEST(callback, calls_what_it_was_made_of) {
  callback<int(int)> f = twice;
  EXPECT_EQ(f(21), 42);
  int base = 1;
  f = [&base](int n) { return base += n; };
  EXPECT_EQ(f(2), 3);
  EXPECT_EQ(f(2), 5);
  EXPECT_EQ(base, 5);
}

TEST(callback, is_empty_until_given_something) {
  callback<void()> f;
  EXPECT_FALSE(f);
  f = [] {};
  EXPECT_TRUE(f);
  f.reset();
  EXPECT_FALSE(f);
  f.reset();
}

TEST(callback, passes_move_only_arguments_and_references) {
  callback<int(std::unique_ptr<int>, int&)> f = [](std::unique_ptr<int> p, int& out) {
    out = *p;
    return *p + 1;
  };
  int seen = 0;
  EXPECT_EQ(f(std::make_unique<int>(7), seen), 8);
  EXPECT_EQ(seen, 7);
}

TEST(callback, small_callables_cost_no_allocation) {
  std::array<void*, 6> six{};
  const std::size_t before = test::allocations();
  callback<std::size_t()> f = [six] { return six.size(); };  // 48 bytes: just fits
  callback<std::size_t()> g = std::move(f);
  EXPECT_EQ(g(), 6u);
  EXPECT_EQ(test::allocations(), before);
}

TEST(callback, large_callables_cost_one_and_moving_them_none) {
  std::array<void*, 7> seven{};
  const std::size_t before = test::allocations();
  callback<std::size_t()> f = [seven] { return seven.size(); };
  EXPECT_EQ(test::allocations(), before + 1);
  callback<std::size_t()> g = std::move(f);
  EXPECT_EQ(g(), 7u);
  EXPECT_FALSE(f);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(test::allocations(), before + 1);
}

template <class F>
void lives_once() {
  census::counts counts;
  {
    callback<void()> a = F(counts);
    EXPECT_EQ(counts.alive, 1);
    callback<void()> b = std::move(a);
    EXPECT_EQ(counts.alive, 1);
    b();
    callback<void()> c;
    c = std::move(b);
    EXPECT_FALSE(b);  // NOLINT(bugprone-use-after-move)
    c();
    callback<void()>& same = c;
    c = std::move(same);
    EXPECT_TRUE(c);
    EXPECT_EQ(counts.alive, 1);
    c = F(counts);  // the old one ends
    EXPECT_EQ(counts.alive, 1);
    c.reset();
    EXPECT_EQ(counts.alive, 0);
    c = F(counts);
  }
  EXPECT_EQ(counts.alive, 0);
  EXPECT_EQ(counts.calls, 2);
}

TEST(callback, destroys_what_it_holds_exactly_once_inline) { lives_once<census>(); }
TEST(callback, destroys_what_it_holds_exactly_once_on_the_heap) { lives_once<large_census>(); }

// Moving a callback must not throw, so a callable whose move may is kept apart.
struct throwing_move {
  throwing_move() = default;
  throwing_move(throwing_move&& other) noexcept(false) : n(other.n) {}
  int operator()() const { return n; }
  int n = 5;
};

TEST(callback, never_moves_a_callable_that_could_throw) {
  const std::size_t before = test::allocations();
  callback<int()> f = throwing_move{};
  EXPECT_EQ(test::allocations(), before + 1);
  callback<int()> g = std::move(f);
  EXPECT_EQ(g(), 5);
}

TEST(callback, leaves_nothing_behind_when_memory_ends) {
  census::counts counts;
  for (std::size_t allowed = 0; allowed < 2; ++allowed) {
    test::failing_allocation limit(allowed);
    try {
      callback<void()> f = large_census(counts);
      // A compiler may leave out an allocation that nothing else could see.
      callback<void()>* volatile seen = &f;
      (*seen)();
    } catch (const std::bad_alloc&) {
      EXPECT_EQ(allowed, 0u);
    }
    EXPECT_EQ(counts.alive, 0);
  }
  EXPECT_EQ(counts.calls, 1);
}

TEST(guarded, turns_exceptions_into_errors) {
  EXPECT_TRUE(guarded([] {}));
  const auto known = guarded([] { throw std::runtime_error("broken"); });
  ASSERT_FALSE(known);
  EXPECT_EQ(known.error(), errc::callback_threw);
  EXPECT_EQ(known.error().message(), "broken");
  const auto unknown = guarded([] { throw 7; });
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error(), errc::callback_threw);
}

}  // namespace
}  // namespace parley
