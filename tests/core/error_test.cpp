#include <gtest/gtest.h>

#include <array>
#include <parley/core/error.hpp>
#include <set>
#include <string>
#include <type_traits>

#include "support/allocations.hpp"

namespace parley {
namespace {

constexpr std::array every_code{errc::misuse,
                                errc::invalid_argument,
                                errc::cancelled,
                                errc::closed,
                                errc::timed_out,
                                errc::refused,
                                errc::unreachable,
                                errc::unresolvable,
                                errc::reset,
                                errc::truncated,
                                errc::io,
                                errc::bad_configuration,
                                errc::unavailable,
                                errc::not_supported,
                                errc::not_connected,
                                errc::too_large,
                                errc::queue_full,
                                errc::dropped,
                                errc::bad_value,
                                errc::callback_threw,
                                errc::out_of_memory};

static_assert(sizeof(error) <= 16);
static_assert(std::is_nothrow_move_constructible_v<error>);
static_assert(std::is_nothrow_copy_constructible_v<error>);
static_assert(every_code.size() == static_cast<std::size_t>(errc::out_of_memory) + 1);

TEST(error, each_code_is_described) {
  std::set<std::string_view> names;
  for (const errc code : every_code) {
    const error_info& info = describe(code);
    EXPECT_EQ(info.domain, "core");
    EXPECT_TRUE(names.insert(info.name).second) << info.name << " twice";
    EXPECT_FALSE(info.text.empty()) << info.name;
    EXPECT_NE(info.text.back(), '.') << info.name;
    EXPECT_FALSE(to_string(info.kind).empty());
  }
  // The table is in the order of the enumeration.
  EXPECT_EQ(describe(errc::timed_out).name, "timed_out");
  EXPECT_EQ(describe(errc::unavailable).name, "unavailable");
  EXPECT_EQ(describe(errc::out_of_memory).name, "out_of_memory");
}

TEST(error, classes_decide_whether_to_retry) {
  EXPECT_TRUE(error(errc::refused).is_transient());
  EXPECT_TRUE(error(errc::timed_out).is_transient());
  EXPECT_FALSE(error(errc::bad_configuration).is_transient());
  EXPECT_EQ(error(errc::unavailable).kind(), error_class::configuration);
  EXPECT_EQ(error(errc::too_large).kind(), error_class::limit);
  EXPECT_EQ(to_string(error_class::misuse), "misuse");
  EXPECT_EQ(to_string(error_class::reply), "reply");
}

// S157, S162: the hints that people act on.
TEST(error, hints_name_what_to_do) {
  const error refused(errc::refused, "127.0.0.1:6379");
  for (const char* word : {"running", "host", "port", "firewall"}) {
    EXPECT_NE(refused.hint().find(word), std::string_view::npos) << word;
  }
  const error large(errc::too_large);
  EXPECT_NE(large.to_string().find("message exceeds maximum size"), std::string::npos);
  for (const char* word : {"raise", "split", "compress"}) {
    EXPECT_NE(large.hint().find(word), std::string_view::npos) << word;
  }
}

TEST(error, what_a_peer_said_is_shown_without_harm) {
  const error why(errc::io, "a\x1b[2J\r\nb\x7f" + std::string(5000, 'x'));
  EXPECT_TRUE(why.to_string().contains("a.[2J..b.xxx"));
  EXPECT_LT(why.to_string().size(), 2000u);
  EXPECT_EQ(why.message().size(), 5009u);  // as it was
}

TEST(error, without_detail_allocates_nothing) {
  const std::size_t before = test::allocations();
  error a(errc::closed);
  error b = a;
  error c = std::move(b);
  a = c;
  const result<int> r = fail(errc::closed);
  EXPECT_EQ(test::allocations(), before);
  EXPECT_EQ(a.message(), "");
  EXPECT_EQ(a.cause(), nullptr);
  EXPECT_FALSE(a.retry_after());
  EXPECT_EQ(r.error(), errc::closed);
}

TEST(error, copies_share_their_detail) {
  const error first(errc::refused, std::string(100, 'x'));
  const std::size_t before = test::allocations();
  const error second = first;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(test::allocations(), before);
  EXPECT_EQ(second.message().data(), first.message().data());
}

TEST(error, adding_detail_leaves_copies_alone) {
  error original(errc::refused, "message");
  original = std::move(original).with_hint("hint").with_cause(error(errc::io, "below"));
  const error copy = original;
  const error changed = std::move(original).with_message("other");
  EXPECT_EQ(copy.message(), "message");
  EXPECT_EQ(changed.message(), "other");
  // What was not changed came along.
  EXPECT_EQ(changed.hint(), "hint");
  ASSERT_NE(changed.cause(), nullptr);
  EXPECT_EQ(changed.cause()->message(), "below");
  EXPECT_EQ(changed, errc::refused);
  ASSERT_NE(copy.cause(), nullptr);
  EXPECT_EQ(copy.cause()->message(), "below");
}

TEST(error, detail_of_its_own_overrides_the_code) {
  const error e = error(errc::timed_out).with_hint("look at the fuse");
  EXPECT_EQ(e.hint(), "look at the fuse");
  EXPECT_EQ(error(errc::timed_out).hint(), describe(errc::timed_out).hint);
  // An empty hint is none.
  EXPECT_EQ(error(errc::timed_out).with_hint("").hint(), describe(errc::timed_out).hint);
}

TEST(error, keeps_the_chain_of_causes) {
  error chain(errc::io, "0");
  for (int i = 1; i < 4; ++i) {
    chain = error(errc::reset, std::to_string(i)).with_cause(std::move(chain));
  }
  int depth = 0;
  for (const error* e = &chain; e; e = e->cause()) {
    EXPECT_EQ(e->message(), std::to_string(3 - depth));
    ++depth;
  }
  EXPECT_EQ(depth, 4);
}

TEST(error, to_string_tells_everything_in_order) {
  const error e = error(errc::refused, "127.0.0.1:6379")
                      .with_hint("start it")
                      .with_cause(error(errc::closed, "before"));
  EXPECT_EQ(e.to_string(),
            "connection refused: 127.0.0.1:6379 (transient); hint: start it; cause: the "
            "connection was closed: before (transient)");
  EXPECT_EQ(error(errc::cancelled).to_string(), "the operation was cancelled (cancelled)");
}

TEST(error, compares_codes_and_never_detail) {
  EXPECT_EQ(error(errc::io, "a"), error(errc::io, "b"));
  EXPECT_FALSE(error(errc::io) == error(errc::reset));
  EXPECT_TRUE(error(errc::io, "a") == errc::io);
  EXPECT_FALSE(error(errc::io) == errc::reset);
}

TEST(error, carries_how_long_to_wait) {
  const error e = error(errc::closed).with_retry_after(std::chrono::seconds(3));
  EXPECT_EQ(e.retry_after(), std::chrono::milliseconds(3000));
  const error copy = e;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(copy.retry_after(), std::chrono::milliseconds(3000));
}

TEST(error, survives_assignment_to_itself) {
  error e(errc::io, "text");
  error& same = e;
  e = same;
  EXPECT_EQ(e.message(), "text");
}

}  // namespace
}  // namespace parley
