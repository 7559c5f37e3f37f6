// Handlers and callbacks that drop, replace or end themselves while they run.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <parley/core/api/served_handler.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace parley {
namespace {

TEST(run_aside, a_callback_that_ran_goes_back_to_its_place) {
  int calls = 0;
  callback<void()> at = [&calls] { ++calls; };
  for (int i = 0; i < 2; ++i) {
    const auto ran = run_aside(
        at,
        [&](callback<void()>& running) {
          EXPECT_FALSE(at);
          running();
        },
        [&] { return &at; });
    EXPECT_TRUE(ran);
  }
  EXPECT_EQ(calls, 2);
}

TEST(run_aside, what_came_meanwhile_stays) {
  const auto held = std::make_shared<int>(0);
  std::string said;
  callback<void()> at;
  at = [&at, &said, held] {
    at = [&said] { said += "new"; };
    said += "old" + std::to_string(held.use_count());
  };
  const auto run = [&] {
    return run_aside(at, [](callback<void()>& running) { running(); }, [&] { return &at; });
  };
  EXPECT_TRUE(run());
  EXPECT_EQ(held.use_count(), 1);  // the old one has gone, and not before its end
  EXPECT_TRUE(run());
  EXPECT_EQ(said, "old2new");
}

TEST(run_aside, its_place_may_have_gone) {
  auto owner = std::make_unique<callback<void()>>();
  const auto held = std::make_shared<int>(0);
  int seen = 0;
  *owner = [&owner, &seen, held] {
    owner.reset();
    seen = ++*held;
  };
  const auto ran =
      run_aside(*owner, [](callback<void()>& running) { running(); }, [&] { return owner.get(); });
  EXPECT_TRUE(ran);
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(run_aside, one_that_throws_goes_back_too) {
  callback<void()> at = [] { throw std::runtime_error("no luck"); };
  for (int i = 0; i < 2; ++i) {
    const auto ran =
        run_aside(at, [](callback<void()>& running) { running(); }, [&] { return &at; });
    EXPECT_EQ(ran.error(), errc::callback_threw);
  }
}

// Hears of what handlers throw.
struct fault_list final : fault_sink {
  void retain() noexcept override {}
  void release() noexcept override {}
  void callback_failed(const error& why) override { all.push_back(why.to_string()); }
  std::vector<std::string> all{};
};

result<value> ask(served_handler& h, fault_sink& faults, std::string_view request = "1") {
  return h.run(as_bytes(request), nullptr, faults);
}

TEST(served_handler, answers_until_it_is_dropped) {
  fault_list faults;
  served_handler h(
      [](const value& v) -> result<value> { return value(std::string(v.text()) + "!"); });
  EXPECT_EQ(ask(h, faults, "a"), value("a!"));
  EXPECT_EQ(ask(h, faults, "b"), value("b!"));
  EXPECT_TRUE(h.is_serving());
  h.drop();
  EXPECT_FALSE(h.is_serving());
  EXPECT_EQ(ask(h, faults).error(), errc::not_supported);
  EXPECT_TRUE(faults.all.empty());
}

// An error of the handler is its answer; what it throws is a fault, and it goes on.
TEST(served_handler, what_it_throws_is_told) {
  fault_list faults;
  bool throws = true;
  served_handler h([&throws](const value&) -> result<value> {
    if (throws) throw std::runtime_error("no luck");
    return fail(errc::refused, "none");
  });
  EXPECT_EQ(ask(h, faults).error(), errc::callback_threw);
  ASSERT_EQ(faults.all.size(), 1U);
  EXPECT_NE(faults.all.front().find("no luck"), std::string::npos);
  throws = false;
  EXPECT_EQ(ask(h, faults).error(), errc::refused);
  EXPECT_EQ(faults.all.size(), 1U);
}

TEST(served_handler, may_drop_itself_and_does_not_run_within_itself) {
  fault_list faults;
  std::optional<served_handler> h;
  const auto held = std::make_shared<int>(0);
  std::optional<error> within;
  h.emplace([&, held](const value&) -> result<value> {
    within = ask(*h, faults).error();
    h->drop();
    return value(held.use_count());
  });
  EXPECT_EQ(ask(*h, faults), value(2));
  EXPECT_EQ(*within, errc::not_supported);
  EXPECT_FALSE(h->is_serving());
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace parley
