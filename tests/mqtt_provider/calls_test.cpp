// Calls on every loop, with both versions, and what can go wrong with them.
#include <parley/core/async/task.hpp>

#include "mqtt_provider/provider_on.hpp"

namespace parley::test {
namespace {

template <class L>
class mqtt_calls_on : public mqtt_provider_on<L> {
 protected:
  static result<value> twice(const value& v) {
    return fields("result", v["x"].template to<int>().value_or(0) * 2);
  }
  mqtt_config of(std::string id, mqtt_versions v) {
    auto c = this->config(std::move(id));
    c.version = v;
    return c;
  }
};
TYPED_TEST_SUITE(mqtt_calls_on, all_loops, loop_names);

constexpr mqtt_versions both[] = {mqtt_versions::v5, mqtt_versions::v3_1_1};

TYPED_TEST(mqtt_calls_on, a_call_is_answered_with_both_versions) {
  for (const auto v : both) {
    auto server = this->up(this->of("server", v));
    // An identifier that is no level of a topic.
    auto client = this->up(this->of("cli/ent+#1", v));
    (void)this->serve(*server, "calc/twice", this->twice);
    auto c = this->caller(*client, "calc/twice");
    for (int i = 1; i < 4; ++i) {
      const auto r = this->at.wait(c.call(fields("x", i)));
      ASSERT_TRUE(r) << r.error().to_string();
      EXPECT_EQ((*r)["result"], value(2 * i));
    }
    EXPECT_EQ(server->version() == mqtt::version::v5, v == mqtt_versions::v5);
  }
}

// A caller of 3.1.1 reaches a callee of MQTT 5.
TYPED_TEST(mqtt_calls_on, versions_may_be_mixed) {
  auto server = this->up(this->of("server", mqtt_versions::v5));
  auto client = this->up(this->of("client", mqtt_versions::v3_1_1));
  (void)this->serve(*server, "$share/workers/calc", this->twice);
  auto c = this->caller(*client, "calc");
  const auto r = this->at.wait(c.call(fields("x", 4)));
  ASSERT_TRUE(r) << r.error().to_string();
  EXPECT_EQ((*r)["result"], value(8));
  EXPECT_THAT(this->broker.seen, Contains("SUBSCRIBE $share/workers/calc 1"));
  // Each version has its own topics.
  EXPECT_EQ(this->broker.count("SUBSCRIBE $share/workers/calc/call/+/+"), 1U);
}

// Errors carry name and text.
TYPED_TEST(mqtt_calls_on, errors_of_the_callee_are_told) {
  for (const auto v : both) {
    auto server = this->up(this->of("server", v));
    auto client = this->up(this->of("client", v));
    (void)this->serve(*server, "fails", [](const value& x) -> result<value> {
      if (x == value("throw")) throw std::runtime_error("it broke");
      if (x == value("unknown")) return fail(errc::not_supported, "never heard of");
      return fail(errc::bad_value, "no number");
    });
    auto c = this->caller(*client, "fails");
    const auto wrong = this->at.wait(c.call("x"));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error(), mqtt::client_errc::call_failed);
    EXPECT_EQ(wrong.error().message(), "bad_value: no number");
    EXPECT_EQ(this->at.wait(c.call("unknown")).error(), errc::not_supported);
    const auto thrown = this->at.wait(c.call("throw"));
    ASSERT_FALSE(thrown);
    EXPECT_THAT(std::string(thrown.error().message()), HasSubstr("it broke"));
    EXPECT_EQ(this->at.wait(c.call("x")).error(), mqtt::client_errc::call_failed);
  }
}

// Nobody there: at once where the server says so, else after the timeout.
TYPED_TEST(mqtt_calls_on, an_absent_callee_is_noticed) {
  auto client = this->up(this->of("client", mqtt_versions::v5));
  auto c = this->caller(*client, "nobody");
  EXPECT_EQ(this->at.wait(c.call(1)).error(), mqtt::client_errc::no_callee);
  auto old = this->up(this->of("old", mqtt_versions::v3_1_1));
  auto d = this->caller(*old, "nobody");
  call_options soon;
  soon.timeout = 30ms;
  EXPECT_EQ(this->at.wait(d.call(1, soon)).error(), errc::timed_out);
  EXPECT_EQ(old->status().pending, 0U);
}

// A late answer, and one that nobody asked for, change nothing.
TYPED_TEST(mqtt_calls_on, a_late_answer_is_dropped) {
  auto client = this->up(this->of("client", mqtt_versions::v5));
  strings requests;
  std::string answers;
  auto listener = this->up(this->of("slow", mqtt_versions::v5));
  auto s = this->at.wait(listener->create_speaker("slow", [&](const message& m) {
    requests.emplace_back(m.text());
    answers = listener->delivering()->props.text(mqtt::property::response_topic).value_or("");
  }));
  ASSERT_TRUE(s);
  auto c = this->caller(*client, "slow");
  call_options soon;
  soon.timeout = 30ms;
  EXPECT_EQ(this->at.wait(c.call(1, soon)).error(), errc::timed_out);
  ASSERT_THAT(answers, HasSubstr("parley/reply/client/"));
  auto late = this->speak(*listener, answers, qos::at_least_once);
  EXPECT_TRUE(this->shout(late, "too late"));
  auto other = c.call(2);
  ASSERT_TRUE(this->comes(requests, 2));
  // A foreign callee that knows no correlation data answers all the same.
  auto right = this->speak(*listener, answers, qos::at_least_once);
  EXPECT_TRUE(this->shout(right, "in time"));
  const auto r = this->at.wait(std::move(other));
  ASSERT_TRUE(r) << r.error().to_string();
  EXPECT_EQ(*r, value("in time"));
}

// A break ends calls, cancelling ends one, and the next ones go on.
TYPED_TEST(mqtt_calls_on, a_break_ends_calls_and_the_next_go_on) {
  auto server = this->up(this->of("server", mqtt_versions::v5));
  auto client = this->up(this->of("client", mqtt_versions::v5));
  auto c = this->caller(*client, "calc");
  strings got;
  auto s = this->listen(*server, "calc", got);
  auto cancelled = c.call(0);
  cancelled.cancel();
  EXPECT_EQ(this->at.wait(std::move(cancelled)).error(), errc::cancelled);
  auto op = c.call(1);
  ASSERT_TRUE(this->seen("PUBLISH calc"));
  this->broker.cut();
  EXPECT_FALSE(this->at.wait(std::move(op)));
  ASSERT_TRUE(this->at.run_until(
      [&] { return server->status().connects == 2 && client->status().connects == 2; }));
  (void)this->serve(*server, "calc", this->twice);
  const auto r = this->at.wait(c.call(fields("x", 1)));
  ASSERT_TRUE(r) << r.error().to_string();
  EXPECT_EQ(this->at.wait(this->serve(*server, "calc", this->twice).call(1)).error(),
            errc::not_supported);
}

// The handler may destroy its provider.
TYPED_TEST(mqtt_calls_on, a_handler_may_destroy_its_provider) {
  auto server = this->up(this->of("server", mqtt_versions::v5));
  auto client = this->up(this->of("client", mqtt_versions::v5));
  (void)this->serve(*server, "end", [&](const value&) -> result<value> {
    server.reset();
    return value(1);
  });
  auto c = this->caller(*client, "end");
  call_options soon;
  soon.timeout = 50ms;
  EXPECT_FALSE(this->at.wait(c.call(1, soon)));
  EXPECT_EQ(server, nullptr);
}

TYPED_TEST(mqtt_calls_on, refused_filters_are_errors_of_callables) {
  this->broker.refused = {"calc/call/+/+", "parley/reply/client/#"};
  auto p = this->up(this->of("client", mqtt_versions::v5));
  EXPECT_EQ(this->at.wait(p->create_callable("calc")).error(), mqtt::reason_code::not_authorized);
  EXPECT_EQ(this->at.wait(p->create_callable("calc", this->twice)).error(),
            mqtt::reason_code::not_authorized);
  EXPECT_EQ(this->at.wait(p->create_callable("a/+")).error(), errc::invalid_argument);
  this->broker.refused.clear();
  (void)this->caller(*p, "calc");
  (void)this->serve(*p, "calc", this->twice);
}

}  // namespace
}  // namespace parley::test
