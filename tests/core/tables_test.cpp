// The tables by which optional parts meet, and observers.
#include <gtest/gtest.h>

#include <parley/core/api/tables.hpp>
#include <parley/core/version.hpp>

#include "fake_loop.hpp"
#include "support/allocations.hpp"
#include "toy_machines.hpp"

namespace parley {
namespace {

TEST(unavailable, names_the_option_and_the_package) {  // S160
  for (const char* part : {"redis", "json", "uv"}) {
    const error e = unavailable_part(part);
    EXPECT_EQ(e, errc::unavailable);
    EXPECT_EQ(e.kind(), error_class::configuration);
    EXPECT_NE(e.to_string().find("protocol not available"), std::string::npos);
    EXPECT_NE(e.message().find(part), std::string_view::npos);
    EXPECT_NE(e.hint().find("-DPARLEY_"), std::string_view::npos) << part;
    EXPECT_NE(e.hint().find("package "), std::string_view::npos) << part;
  }
}

// The commonest mistake: `ssl` without `with`.
TEST(unavailable, tells_a_forgotten_table_from_a_part_that_is_missing) {
  for (const build_part& part : build_parts) {
    const error e = unavailable_part(part.name);
    EXPECT_EQ(e.message().contains("not in the table"), part.built) << part.name;
    EXPECT_EQ(e.hint().contains("add_built_in()"), part.built) << part.name;
  }
  EXPECT_EQ(unavailable_part("tls_server").hint(), unavailable_part("tls").hint());
}

// All that a part needs, so that who follows the hint has it.
TEST(unavailable, names_each_option_that_a_part_needs) {
  const auto hint = [](const char* part) { return std::string(unavailable_part(part).hint()); };
  EXPECT_NE(hint("grpc").find("-DPARLEY_GRPC=ON -DPARLEY_FILES=ON -DPARLEY_TLS=ON "
                              "-DPARLEY_JSON=ON; package libgrpc++-dev"),
            std::string::npos);
  EXPECT_NE(hint("websocket").find("-DPARLEY_WEBSOCKET=ON -DPARLEY_HTTP=ON; package libssl-dev"),
            std::string::npos);
  EXPECT_NE(hint("web_files").find("-DPARLEY_WEB_FILES=ON -DPARLEY_HTTP=ON -DPARLEY_JSON=ON;"),
            std::string::npos);
  EXPECT_TRUE(hint("mqtt").ends_with("-DPARLEY_MQTT=ON"));  // of no package
  // A room that is there, and its provider is not.
  test::fake_loop loop;
  protocols nothing;
  const auto made = nothing.make(loop, *uri::parse("ws://gateway"), nullptr);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().hint().find("-DPARLEY_JSON=ON"), std::string_view::npos);
}

TEST(unavailable, says_what_no_build_of_this_version_has) {
  const error e = unavailable_part("gopher");
  EXPECT_EQ(e, errc::unavailable);
  EXPECT_NE(e.message().find("gopher"), std::string_view::npos);
  EXPECT_EQ(e.hint().find("-D"), std::string_view::npos);
  EXPECT_FALSE(e.hint().empty());
}

TEST(protocols, a_scheme_leads_to_its_protocol) {
  EXPECT_EQ(protocols::of_scheme("redis"), "redis");
  EXPECT_EQ(protocols::of_scheme("rediss"), "redis");
  EXPECT_EQ(protocols::of_scheme("redis+unix"), "redis");
  EXPECT_EQ(protocols::of_scheme("mqtts"), "mqtt");
  EXPECT_EQ(protocols::of_scheme("https"), "rest");
  EXPECT_EQ(protocols::of_scheme("wss"), "websocket");
  EXPECT_EQ(protocols::of_scheme("ws+unix"), "websocket");
  EXPECT_EQ(protocols::of_scheme("grpc+unix"), "grpc");
  EXPECT_EQ(protocols::of_scheme("gopher"), "");
  EXPECT_EQ(protocols::of_scheme(""), "");
}

TEST(protocols, what_is_missing_is_an_error_and_no_crash) {  // S161
  test::fake_loop loop;
  protocols table;
  EXPECT_FALSE(table.has("redis"));
  const auto where = uri::parse("redis://localhost:6379");
  ASSERT_TRUE(where);
  const auto missing = table.make(loop, *where);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), errc::unavailable);
  const auto odd = uri::parse("gopher://localhost");
  ASSERT_TRUE(odd);
  const auto unknown = table.make(loop, *odd);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error(), errc::bad_configuration);
  EXPECT_NE(unknown.error().message().find("gopher"), std::string_view::npos);
}

TEST(protocols, the_last_maker_of_a_name_is_called_with_what_was_given) {
  test::fake_loop loop;
  struct watcher : observer {
  } watch;
  protocols table;
  int calls = 0;
  table.add("redis", [](parley::loop&, const uri&, observer*) -> result<std::unique_ptr<provider>> {
    return fail(errc::io);
  });
  table.add("redis",
            [&](parley::loop& l, const uri& u, observer* o) -> result<std::unique_ptr<provider>> {
              ++calls;
              EXPECT_EQ(&l, &loop);
              EXPECT_EQ(o, &watch);
              EXPECT_EQ(u.host(), "example.org");
              return fail(errc::refused);
            });
  EXPECT_TRUE(table.has("redis"));
  const auto made = table.make(loop, *uri::parse("rediss://example.org"), &watch);
  EXPECT_EQ(made.error(), errc::refused);
  EXPECT_EQ(calls, 1);
}

TEST(transports, make_a_layer_or_say_what_is_missing) {
  transports table;
  transport_request request;
  request.host = "example.org";
  EXPECT_FALSE(table.has("tls"));
  EXPECT_EQ(table.make("tls", request).error(), errc::unavailable);
  table.add("tls", [](const transport_request& r) -> result<layer_ptr> {
    EXPECT_EQ(r.host, "example.org");
    return std::make_unique<test::frame_layer>('k');
  });
  EXPECT_TRUE(table.has("tls"));
  const auto made = table.make("tls", request);
  ASSERT_TRUE(made);
  EXPECT_FALSE((*made)->open());
  table.add("tls", [](const transport_request&) -> result<layer_ptr> { return fail(errc::io); });
  EXPECT_EQ(table.make("tls", request).error(), errc::io);
}

TEST(observer, does_nothing_unless_it_is_told_to) {
  struct quiet : observer {
  } watch;
  const error why(errc::io);
  const std::size_t before = test::allocations();
  watch.log(log_level::warning, "redis", "text");
  watch.record({.name = "calls_total", .protocol = "redis", .operation = "GET", .status = "ok"});
  watch.state_changed("redis", provider_state::up, nullptr);
  watch.state_changed("redis", provider_state::failed, &why);
  watch.callback_failed("redis", why);
  EXPECT_EQ(test::allocations(), before);
}

TEST(observer, names_levels_and_states) {
  EXPECT_EQ(to_string(log_level::debug), "debug");
  EXPECT_EQ(to_string(log_level::error), "error");
  EXPECT_EQ(to_string(provider_state::idle), "idle");
  EXPECT_EQ(to_string(provider_state::waiting), "waiting");
  EXPECT_EQ(to_string(provider_state::closed), "closed");
}

}  // namespace
}  // namespace parley
