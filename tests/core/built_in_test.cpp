// parley::all: the tables hold what was built, and name what was not.
#include <gtest/gtest.h>

#include <parley/adapters/all/built_in.hpp>
#include <parley/core/version.hpp>

#include "fake_loop.hpp"

namespace parley {
namespace {

TEST(built_in, the_tables_hold_what_this_build_contains) {  // S160, S161
  test::fake_loop loop;
  transports lower;
  protocols upper;
  add_built_in(upper, lower);
  EXPECT_EQ(upper.has("redis"), find_build_part("redis")->built);
  EXPECT_EQ(upper.has("grpc"), find_build_part("grpc")->built);
  EXPECT_EQ(upper.has("mqtt"), find_build_part("mqtt_provider")->built);
  EXPECT_EQ(lower.has("tls"), find_build_part("files")->built);
  EXPECT_EQ(lower.has("websocket/mqtt"), find_build_part("websocket")->built);
  EXPECT_EQ(lower.has("websocket_server/mqtt"), find_build_part("websocket")->built);
  const auto mqtt = upper.make(loop, *uri::parse("mqtt+ws://localhost"));
  EXPECT_EQ(mqtt.has_value(), find_build_part("mqtt_provider")->built);
  const auto made = upper.make(loop, *uri::parse("redis://localhost"));
  EXPECT_EQ(made.has_value(), find_build_part("redis")->built);
  EXPECT_TRUE(made || made.error() == errc::unavailable);
}

TEST(built_in, a_protocol_that_was_left_out_is_an_error_value) {  // S161
  test::fake_loop loop;
  protocols upper;  // as in a build without any
  for (const char* where : {"grpc://localhost", "redis://localhost", "mqtt://localhost"}) {
    const auto made = upper.make(loop, *uri::parse(where));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error(), errc::unavailable);
    EXPECT_FALSE(made.error().hint().empty());
  }
}

TEST(built_in, what_the_user_adds_afterwards_wins) {
  test::fake_loop loop;
  transports lower;
  protocols upper;
  add_built_in(upper, lower);
  upper.add("redis", [](parley::loop&, const uri&, observer*) -> result<std::unique_ptr<provider>> {
    return fail(errc::refused);
  });
  EXPECT_EQ(upper.make(loop, *uri::parse("redis://localhost")).error(), errc::refused);
}

}  // namespace
}  // namespace parley
