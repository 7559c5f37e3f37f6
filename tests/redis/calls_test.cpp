// Callables of a redis_provider, on every loop: over redis-server, and the embedded one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <parley/codecs/resp/detail/redis_call_words.hpp>
#include <parley/codecs/resp/errc.hpp>

#include "redis/servers.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;

result<value> twice(const value& v) { return fields("x", 2 * *v["x"].as_int()); }

template <class Pair>
class redis_calls_with : public redis_with<Pair> {
 protected:
  callable serve(redis_provider& p, std::string_view name, call_handler handler) {
    auto made = this->at.wait(p.create_callable(name, std::move(handler)));
    if (!made) throw std::runtime_error(made.error().to_string());
    return *made;
  }
  callable caller(redis_provider& p, std::string_view name) {
    auto made = this->at.wait(p.create_callable(name));
    if (!made) throw std::runtime_error(made.error().to_string());
    return *made;
  }
};
TYPED_TEST_SUITE(redis_calls_with, loops_and_servers, pair_names);

// S119: the same call as over the other protocols.
TYPED_TEST(redis_calls_with, a_call_is_answered_in_both_versions) {
  for (const auto version : {resp::version_choice::resp2, resp::version_choice::resp3}) {
    auto c = this->config();
    c.protocol = version;
    const auto callee = this->up(c), client = this->up(c);
    (void)this->serve(*callee, "calc/twice", twice);
    auto call = this->caller(*client, "calc/twice");
    EXPECT_EQ(call.name(), "calc/twice");
    for (int i = 0; i < 20; ++i) {
      const auto r = this->at.wait(call.call(fields("x", i)));
      ASSERT_TRUE(r) << r.error().to_string();
      EXPECT_EQ((*r)["x"].as_int(), 2 * i);
    }
    // Many at once, answered in their order.
    int right = 0, ended = 0;
    for (int i = 0; i < 100; ++i) {
      call.call(fields("x", i)).then([&, i](const result<value>& r) {
        right += r && (*r)["x"].as_int() == 2 * i;
        ++ended;
      });
    }
    ASSERT_TRUE(this->at.run_until([&] { return ended == 100; }));
    EXPECT_EQ(right, 100);
  }
}

TYPED_TEST(redis_calls_with, values_survive) {
  const auto p = this->up();
  (void)this->serve(*p, "echo", [](const value& v) -> result<value> { return v; });
  auto call = this->caller(*p, "echo");
  const value all[] = {value(), value(INT64_MAX), value("text\nof two lines"),
                       fields("a", value(array(1, 2.5, true)), "b", "\u00b0"),
                       value::from_bytes(as_bytes(std::string_view("\xff\0\n", 3)))};
  for (const value& v : all) {
    const auto r = this->at.wait(call.call(v));
    ASSERT_TRUE(r) << r.error().to_string();
    EXPECT_EQ(*r, v);
  }
}

TYPED_TEST(redis_calls_with, errors_of_the_callee_are_told) {
  const auto callee = this->up(), client = this->up();
  (void)this->serve(*callee, "fails", [](const value& v) -> result<value> {
    if (v.as_text() == "throw") throw std::runtime_error("thrown");
    if (v.as_text() == "unknown") return fail(errc::not_supported, "not this");
    return fail(errc::bad_value, "x is\nno number");
  });
  auto call = this->caller(*client, "fails");
  const auto wrong = this->at.wait(call.call("x"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(), resp::errc::call_failed);
  EXPECT_EQ(wrong.error().message(), "bad_value: x is\nno number");
  EXPECT_EQ(this->at.wait(call.call("unknown")).error(), errc::not_supported);
  const auto thrown = this->at.wait(call.call("throw"));
  ASSERT_FALSE(thrown);
  EXPECT_THAT(thrown.error().to_string(), HasSubstr("thrown"));
  EXPECT_EQ(this->watch.faults.size(), 1U);
}

TYPED_TEST(redis_calls_with, an_absent_callee_is_noticed_at_once) {
  const auto client = this->up();
  auto call = this->caller(*client, "nobody");
  const auto r = this->at.wait(call.call(1));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), resp::errc::no_callee);
  EXPECT_FALSE(r.error().hint().empty());
  EXPECT_EQ(this->at.wait(client->create_callable("")).error(), errc::invalid_argument);
}

// Several answer the same name: each call is run by one of them.
TYPED_TEST(redis_calls_with, a_call_runs_once) {
  const auto one = this->up(), two = this->up(), client = this->up();
  int ran = 0;
  const auto count = [&ran](const value& v) -> result<value> {
    ++ran;
    return v;
  };
  (void)this->serve(*one, "job", count);
  (void)this->serve(*two, "job", count);
  auto call = this->caller(*client, "job");
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(this->at.wait(call.call(i)));
  this->at.run_for(20ms);
  EXPECT_EQ(ran, 30);
  // The next handler of a name takes the place of the one before.
  (void)this->serve(*one, "job", [](const value&) -> result<value> { return "new"; });
  EXPECT_TRUE(this->at.wait(two->close()));
  EXPECT_EQ(this->at.wait(call.call(1)), value("new"));
}

TYPED_TEST(redis_calls_with, a_late_answer_is_dropped) {
  const auto client = this->up(), foreign = this->up();
  std::string request;
  const auto hear = [&](const message& m) { request = m.text(); };
  auto ear = this->at.wait(foreign->create_speaker("parley:call:slow", hear));
  ASSERT_TRUE(ear);
  auto call = this->caller(*client, "slow");
  call_options soon;
  soon.timeout = 300ms;
  const auto late = this->at.wait(call.call(1, soon));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error(), errc::timed_out);
  auto r = parley::detail::read_redis_request(as_bytes(request));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->patience, 300ms);
  const std::string reply_to(r->reply_to);
  auto other = call.call(2);
  // Any program can answer; what is late, or nonsense, is none of it.
  auto mouth = this->at.wait(foreign->create_speaker(reply_to));
  ASSERT_TRUE(mouth);
  ASSERT_TRUE(this->at.run_until([&] { return request.ends_with("\n2"); }));
  const std::string number = std::to_string(r->number), next = std::to_string(r->number + 1);
  for (const std::string& text :
       {number + " ok\nlate", std::string("nonsense"), next + " no\n", next + " ok\n3"}) {
    ASSERT_TRUE(this->at.wait(mouth->shout_bytes(as_bytes(text))));
  }
  EXPECT_EQ(this->at.wait(std::move(other)), value(3));
}

TYPED_TEST(redis_calls_with, cancelling_and_closing_end_calls) {
  const auto client = this->up(), foreign = this->up();
  auto ear = this->at.wait(foreign->create_speaker("parley:call:deaf", [](const message&) {}));
  ASSERT_TRUE(ear);
  auto call = this->caller(*client, "deaf");
  auto op = call.call(1);
  op.cancel();
  EXPECT_EQ(this->at.wait(std::move(op)).error(), errc::cancelled);
  auto waits = call.call(2);
  EXPECT_TRUE(this->at.wait(client->close()));
  EXPECT_EQ(this->at.wait(std::move(waits)).error(), errc::cancelled);
  EXPECT_EQ(this->at.wait(call.call(3)).error(), errc::not_connected);
  // A callable is of one life of its provider.
  ASSERT_TRUE(this->at.wait(client->initialize()));
  EXPECT_EQ(this->at.wait(call.call(4)).error(), errc::closed);
  auto anew = this->caller(*client, "deaf");
  call_options soon;
  soon.timeout = 20ms;
  EXPECT_EQ(this->at.wait(anew.call(5, soon)).error(), errc::timed_out);
}

TYPED_TEST(redis_calls_with, a_handler_may_end_its_provider) {
  auto callee = this->up();
  const auto client = this->up();
  (void)this->serve(*callee, "end", [&callee](const value&) -> result<value> {
    callee.reset();
    return 1;
  });
  auto call = this->caller(*client, "end");
  call_options soon;
  soon.timeout = 50ms;
  EXPECT_FALSE(this->at.wait(call.call(1, soon)));
  EXPECT_EQ(callee, nullptr);
}

// S146: the server's rules are told, not waited for.
TYPED_TEST(redis_calls_with, what_a_user_may_not) {
  auto c = this->config();
  c.username = "bob";
  c.password = "poor";
  redis_provider bob(this->home, c);
  ASSERT_TRUE(this->at.wait(bob.initialize()));
  EXPECT_EQ(this->at.wait(bob.create_callable("x")).error(), resp::errc::no_permission);
  const auto echo = [](const value& v) -> result<value> { return v; };
  EXPECT_EQ(this->at.wait(bob.create_callable("x", echo)).error(), resp::errc::no_permission);
}

// --- a server that dies -----------------------------------------------------------------

template <class L>
class redis_calls_on : public loop_suite<L> {};
TYPED_TEST_SUITE(redis_calls_on, real_loops, loop_names);

TYPED_TEST(redis_calls_on, a_break_ends_calls_and_the_next_go_on) {
  redis_server own;
  redis_config c;
  c.host = "127.0.0.1";
  c.port = own.port();
  c.reconnect.base = 5ms;
  c.reconnect.cap = 100ms;
  redis_provider server(this->home, c), client(this->home, c);
  ASSERT_TRUE(this->at.wait(server.initialize()));
  ASSERT_TRUE(this->at.wait(client.initialize()));
  call_handler handler(twice);
  ASSERT_TRUE(this->at.wait(server.create_callable("calc", std::move(handler))));
  auto call = this->at.wait(client.create_callable("calc"));
  ASSERT_TRUE(call);
  ASSERT_TRUE(this->at.wait(call->call(fields("x", 1))));
  own.freeze();
  auto under_way = call->call(fields("x", 2));
  own.kill9();
  const auto broken = this->at.wait(std::move(under_way));
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error(), errc::timed_out);
  own.restart();
  // Both come back by themselves; until they have, calls fail at once.
  result<value> r = fail(errc::timed_out);
  ASSERT_TRUE(this->at.run_until([&] {
    r = this->at.wait(call->call(fields("x", 3)));
    return r.has_value();
  }));
  EXPECT_EQ((*r)["x"].as_int(), 6);
}

// --- the words on the wire ------------------------------------------------------------------

TEST(redis_call_words, what_is_written_is_read) {
  const std::string bytes = parley::detail::to_bytes(parley::detail::redis_request{
      .reply_to = "parley:reply:00ff", .number = 7, .patience = 5s, .payload = as_bytes("{}\n")});
  EXPECT_EQ(bytes, "parley:reply:00ff 7 5000\n{}\n");
  const auto r = parley::detail::read_redis_request(as_bytes(bytes));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->reply_to, "parley:reply:00ff");
  EXPECT_EQ(r->number, 7U);
  EXPECT_EQ(r->patience, 5s);
  EXPECT_EQ(as_text(r->payload), "{}\n");
  EXPECT_EQ(parley::detail::redis_claim_key(*r), "parley:claim:parley:reply:00ff:7");
  EXPECT_EQ(parley::detail::redis_reply_channel(as_bytes(std::string_view("\x00\xff", 2))),
            "parley:reply:00ff");

  EXPECT_EQ(parley::detail::to_bytes(parley::detail::redis_answer{7, "", as_bytes("1")}),
            "7 ok\n1");
  const std::string bad =
      parley::detail::to_bytes(parley::detail::redis_answer{7, "bad_value", as_bytes("why")});
  EXPECT_EQ(bad, "7 error bad_value\nwhy");
  const auto a = parley::detail::read_redis_answer(as_bytes(bad));
  ASSERT_TRUE(a);
  EXPECT_EQ(a->error_name, "bad_value");
}

TEST(redis_call_words, nonsense_is_none) {
  for (const std::string_view text :
       {"", "\n", "a 1 1", "a 1\nx", " 1 1\nx", "a b 1\nx", "a 1 b\nx", "a 1 1 1\nx", "a -1 1\nx",
        "a 18446744073709551616 1\nx", "a 1 +1\nx"}) {
    EXPECT_FALSE(parley::detail::read_redis_request(as_bytes(text))) << text;
  }
  const std::string longest(513, 'x');
  EXPECT_FALSE(parley::detail::read_redis_request(as_bytes(longest + " 1 1\n")));
  for (const std::string_view text :
       {"", "\n", "1 ok", "1\n", "1 yes\n", "x ok\n", "1 ok more\n", "1 error\n", "1 error \n"}) {
    EXPECT_FALSE(parley::detail::read_redis_answer(as_bytes(text))) << text;
  }
}

}  // namespace
}  // namespace parley::test
