// The provider on every loop, against the fake server: what it does, and what it
// does when things go wrong.
#include <gtest/gtest.h>

#include <parley/codecs/resp/redis_provider.hpp>
#include <parley/core/async/task.hpp>
#include <stdexcept>

#include "redis/redis_on.hpp"
#include "support/held_speakers.hpp"

namespace parley::test {
namespace {

TYPED_TEST_SUITE(redis_on, all_loops, loop_names);

// S16, S21, S22
TYPED_TEST(redis_on, initialize_connects_and_says_so) {
  std::unique_ptr<redis_provider> redis = this->up();
  EXPECT_EQ(redis->status().state, provider_state::up);
  EXPECT_EQ(redis->status().connects, 1u);
  EXPECT_EQ(this->server.seen.front(), (std::vector<std::string>{"HELLO", "3"}));
}

// S8, S17, S18, S19, S20
TYPED_TEST(redis_on, a_shout_reaches_the_listener_decoded) {
  std::unique_ptr<redis_provider> redis = this->up();
  std::vector<value> got;
  auto on_message = [&](const message& m) { got.push_back(m.value()); };
  auto speaker = this->at.wait(redis->create_speaker("events", on_message));
  ASSERT_TRUE(speaker) << speaker.error().to_string();
  auto sent = this->at.wait(speaker->shout({{"type", "update"}, {"value", 42}}));
  ASSERT_TRUE(sent) << sent.error().to_string();
  EXPECT_EQ(sent->receivers, 1);
  ASSERT_TRUE(this->at.run_until([&] { return !got.empty(); }));
  EXPECT_EQ(got[0]["type"], value("update"));
  EXPECT_EQ(got[0]["value"], value(42));
}

// The original called the first callback for every channel (requirements, part 3).
TYPED_TEST(redis_on, each_speaker_gets_its_own_channel) {
  std::unique_ptr<redis_provider> redis = this->up();
  std::string a, b, both;
  auto on_a = [&](const message& m) { a += m.text(); };
  auto on_b = [&](const message& m) { b += m.text(); };
  auto on_both = [&](const message& m) { both += m.topic(); };
  auto one = this->at.wait(redis->create_speaker("a", on_a));
  auto two = this->at.wait(redis->create_speaker("b", on_b));
  auto three = this->at.wait(redis->create_speaker("?", on_both, pattern()));  // S14
  ASSERT_TRUE(one && two && three);
  ASSERT_TRUE(this->at.wait(one->shout("1")));
  ASSERT_TRUE(this->at.wait(two->shout("2")));
  ASSERT_TRUE(this->at.run_until([&] { return both.size() == 2; }));
  EXPECT_EQ(a, "1");
  EXPECT_EQ(b, "2");
  EXPECT_EQ(both, "ab");
}

TYPED_TEST(redis_on, two_speakers_share_a_channel) {
  std::unique_ptr<redis_provider> redis = this->up();
  int first = 0, second = 0;
  auto on_first = [&](const message&) { ++first; };
  auto on_second = [&](const message&) { ++second; };
  auto one = this->at.wait(redis->create_speaker("c", on_first));
  auto two = this->at.wait(redis->create_speaker("c", on_second));
  ASSERT_TRUE(one && two);
  ASSERT_TRUE(this->at.wait(one->shout("x")));
  ASSERT_TRUE(this->at.run_until([&] { return first == 1 && second == 1; }));
  ASSERT_TRUE(this->at.wait(one->stop_listening()));
  auto sent = this->at.wait(two->shout("y"));
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->receivers, 1) << "the other speaker is still subscribed";
  ASSERT_TRUE(this->at.run_until([&] { return second == 2; }));
  EXPECT_EQ(first, 1);
}

// S30, and binary payloads that the original lost.
TYPED_TEST(redis_on, bytes_survive) {
  std::unique_ptr<redis_provider> redis = this->up();
  const std::string raw("\x00\xff\r\n\x80", 5);
  std::string got;
  auto on_message = [&](const message& m) { got = m.text(); };
  auto speaker = this->at.wait(redis->create_speaker("raw", on_message));
  ASSERT_TRUE(speaker);
  ASSERT_TRUE(this->at.wait(speaker->shout_bytes(as_bytes(raw))));
  ASSERT_TRUE(this->at.run_until([&] { return !got.empty(); }));
  EXPECT_EQ(got, raw);
}

TYPED_TEST(redis_on, resp2_servers_work_as_well) {
  this->server.knows_hello = false;
  std::unique_ptr<redis_provider> redis = this->up();
  std::string got;
  auto on_message = [&](const message& m) { got = m.text(); };
  auto speaker = this->at.wait(redis->create_speaker("old", on_message));
  ASSERT_TRUE(speaker) << speaker.error().to_string();
  ASSERT_TRUE(this->at.wait(speaker->shout("hi")));
  ASSERT_TRUE(this->at.run_until([&] { return got == "hi"; }));
}

TYPED_TEST(redis_on, stop_listening_ends_the_subscription) {
  std::unique_ptr<redis_provider> redis = this->up();
  int count = 0;
  auto on_message = [&](const message&) { ++count; };
  auto speaker = this->at.wait(redis->create_speaker("s", on_message));
  ASSERT_TRUE(speaker);
  ASSERT_TRUE(this->at.wait(speaker->stop_listening()));
  auto sent = this->at.wait(speaker->shout("nobody"));
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->receivers, 0);
  ASSERT_TRUE(this->at.wait(speaker->listen(on_message)));
  ASSERT_TRUE(this->at.wait(speaker->shout("again")));
  ASSERT_TRUE(this->at.run_until([&] { return count == 1; }));
}

TYPED_TEST(redis_on, a_dropped_speaker_unsubscribes) {
  std::unique_ptr<redis_provider> redis = this->up();
  auto ignore = [](const message&) {};
  {
    auto gone = this->at.wait(redis->create_speaker("d", ignore));
    ASSERT_TRUE(gone);
  }
  auto plain = this->at.wait(redis->create_speaker("d"));
  ASSERT_TRUE(plain);
  ASSERT_TRUE(this->at.run_until([&] {
    auto sent = this->at.wait(plain->shout("x"));
    return sent && sent->receivers == 0;
  }));
}

// S23, S24, S25, S12, S144
TYPED_TEST(redis_on, a_wrong_password_fails_at_once_with_advice) {
  this->server.password = "right";
  auto c = this->config();
  c.password = "wrong";
  redis_provider redis(this->home, c);
  auto ok = this->at.wait(redis.initialize());
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error(), resp::errc::wrong_password);
  EXPECT_EQ(ok.error().kind(), error_class::authentication);
  EXPECT_NE(ok.error().to_string().find("password"), std::string::npos);
  EXPECT_EQ(redis.status().state, provider_state::failed);
  EXPECT_EQ(this->server.accepted, 1u) << "authentication errors are not retried";
  EXPECT_EQ(ok.error().to_string().find("wrong\""), std::string::npos);
}

TYPED_TEST(redis_on, a_missing_password_is_said) {
  this->server.password = "right";
  redis_provider redis(this->home, this->config());
  auto ok = this->at.wait(redis.initialize());
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error(), resp::errc::no_auth);
  EXPECT_NE(ok.error().hint().find("password"), std::string_view::npos);
}

// S157
TYPED_TEST(redis_on, refused_is_reported_with_address_and_advice) {
  this->server.kill();
  auto c = this->config();
  c.connect_timeout = 200ms;
  redis_provider redis(this->home, c);
  auto ok = this->at.wait(redis.initialize());
  ASSERT_FALSE(ok);
  const std::string text = ok.error().to_string();
  EXPECT_NE(text.find("refused"), std::string::npos) << text;
  EXPECT_NE(text.find(std::to_string(this->port)), std::string::npos) << text;
  EXPECT_NE(text.find("firewall"), std::string::npos) << text;
}

// P1, P2: the first connect is retried like any other.
TYPED_TEST(redis_on, a_server_that_comes_late_is_found) {
  this->server.kill();
  redis_provider redis(this->home, this->config());
  bool up = false;
  redis.initialize().then([&](result<void> r) { up = r.has_value(); });
  this->at.run_until([] { return false; }, 50ms);
  EXPECT_FALSE(up);
  this->listen();
  EXPECT_TRUE(this->at.run_until([&] { return up; }));
}

TYPED_TEST(redis_on, a_peer_that_is_no_redis_is_named) {
  this->server.garbage = "HTTP/1.1 400 Bad Request\r\n\r\n";
  redis_provider redis(this->home, this->config());
  auto ok = this->at.wait(redis.initialize());
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error(), resp::errc::not_redis);
  EXPECT_EQ(this->server.accepted, 1u) << "this will not heal by itself";
  EXPECT_NE(ok.error().to_string().find("HTTP"), std::string::npos) << ok.error().to_string();
}

TYPED_TEST(redis_on, a_silent_server_times_out) {
  std::unique_ptr<redis_provider> redis = this->up([&] {
    auto c = this->config();
    c.command_timeout = 50ms;
    return c;
  }());
  this->server.mute = true;
  auto got = this->at.wait(redis->get("x"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), errc::timed_out);
}

// P29: the reply of a cancelled command is not given to another.
TYPED_TEST(redis_on, cancelling_never_shifts_replies) {
  std::unique_ptr<redis_provider> redis = this->up();
  auto first = redis->command("ECHO", "first");
  auto second = redis->command_as<std::string>("ECHO", "second");
  first.cancel();
  auto one = this->at.wait(std::move(first));
  auto two = this->at.wait(std::move(second));
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error(), errc::cancelled);
  ASSERT_TRUE(two);
  EXPECT_EQ(*two, "second");
}

TYPED_TEST(redis_on, an_error_reply_is_the_operations_error) {
  std::unique_ptr<redis_provider> redis = this->up();
  auto got = this->at.wait(redis->command("NOSUCH", 1, 2.5));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), resp::errc::unknown_command);
  EXPECT_EQ(this->server.seen.back(), (std::vector<std::string>{"NOSUCH", "1", "2.5"}));
}

// P3, P24: what a callback throws is caught and reported; the rest goes on.
TYPED_TEST(redis_on, a_throwing_callback_is_reported) {
  std::unique_ptr<redis_provider> redis = this->up();
  int calls = 0;
  auto on_message = [&](const message&) {
    ++calls;
    throw std::runtime_error("boom");
  };
  auto speaker = this->at.wait(redis->create_speaker("t", on_message));
  ASSERT_TRUE(speaker);
  ASSERT_TRUE(this->at.wait(speaker->shout("1")));
  ASSERT_TRUE(this->at.wait(speaker->shout("2")));
  ASSERT_TRUE(this->at.run_until([&] { return calls == 2; }));
  ASSERT_EQ(this->watch.faults.size(), 2u);
  EXPECT_NE(this->watch.faults[0].find("boom"), std::string::npos);
}

TYPED_TEST(redis_on, a_completion_that_throws_is_reported) {
  std::unique_ptr<redis_provider> redis = this->up();
  redis->get("k").then([](result<value>) { throw std::runtime_error("bang"); });
  ASSERT_TRUE(this->at.run_until([&] { return !this->watch.faults.empty(); }));
  EXPECT_NE(this->watch.faults[0].find("bang"), std::string::npos);
}

TYPED_TEST(redis_on, a_speaker_may_be_dropped_in_its_callback) {
  std::unique_ptr<redis_provider> redis = this->up();
  std::optional<speaker> mine;
  int calls = 0;
  auto on_message = [&](const message&) {
    ++calls;
    mine.reset();
  };
  auto made = this->at.wait(redis->create_speaker("x", on_message));
  ASSERT_TRUE(made);
  mine = *std::move(made);
  auto other = this->at.wait(redis->create_speaker("x"));
  ASSERT_TRUE(this->at.wait(other->shout("1")));
  ASSERT_TRUE(this->at.wait(other->shout("2")));
  this->at.run_until([] { return false; }, 30ms);
  EXPECT_EQ(calls, 1);
}

TYPED_TEST(redis_on, the_provider_may_be_destroyed_in_a_message_callback) {
  std::unique_ptr<redis_provider> redis = this->up();
  bool called = false;
  std::optional<error> pending;
  auto on_message = [&](const message&) {
    called = true;
    redis.reset();
  };
  auto speaker = this->at.wait(redis->create_speaker("x", on_message));
  ASSERT_TRUE(speaker);
  speaker->shout("1").then([&](result<delivery> r) {
    if (!r) pending = r.error();
  });
  ASSERT_TRUE(this->at.run_until([&] { return called; }));
  auto late = this->at.wait(speaker->shout("2"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error(), errc::not_connected);
}

TYPED_TEST(redis_on, a_callback_may_hold_other_speakers) {
  std::unique_ptr<redis_provider> redis = this->up();
  end_while_a_speaker_is_held(this->at, *redis, [&] { redis.reset(); });
}

TYPED_TEST(redis_on, destroying_the_provider_cancels_what_is_pending) {
  std::unique_ptr<redis_provider> redis = this->up();
  this->server.mute = true;
  int ended = 0;
  for (int i = 0; i < 5; ++i) {
    redis->get("k").then([&](result<value> r) {
      ASSERT_FALSE(r);
      EXPECT_EQ(r.error(), errc::cancelled);
      ++ended;
    });
  }
  redis.reset();
  EXPECT_EQ(ended, 0) << "no callback inside the destructor";
  ASSERT_TRUE(this->at.run_until([&] { return ended == 5; }));
}

// P4: desired state is restored; the user learns of the gap.
TYPED_TEST(redis_on, subscriptions_come_back_after_a_crash) {
  std::unique_ptr<redis_provider> redis = this->up();
  std::string got;
  auto on_message = [&](const message& m) { got = m.text(); };
  auto speaker = this->at.wait(redis->create_speaker("back", on_message));
  auto wide = this->at.wait(redis->create_speaker("b*", on_message, pattern()));
  ASSERT_TRUE(speaker && wide);
  this->server.kill();
  auto lost = this->at.wait(speaker->shout("lost"));
  EXPECT_FALSE(lost);
  this->listen();
  ASSERT_TRUE(this->at.run_until([&] { return this->watch.restored == 2; }));
  ASSERT_TRUE(this->at.run_until([&] { return redis->status().state == provider_state::up; }));
  ASSERT_TRUE(this->at.wait(speaker->shout("found")));
  ASSERT_TRUE(this->at.run_until([&] { return got == "found"; }));
}

TYPED_TEST(redis_on, every_operation_ends_once_when_the_server_dies) {
  std::unique_ptr<redis_provider> redis = this->up();
  std::array<int, 200> ended{};
  for (std::size_t i = 0; i < ended.size(); ++i) {
    redis->command_as<std::int64_t>("INCR", "n").then([&ended, i](result<std::int64_t>) {
      ++ended[i];
    });
    if (i == 100) {
      this->at.run_until([&] { return this->server.seen.size() > 50; });
      this->server.kill();
    }
  }
  ASSERT_TRUE(this->at.run_until([&] { return std::ranges::count(ended, 1) == 200; }));
}

TYPED_TEST(redis_on, a_refused_subscription_is_an_error_of_that_one) {
  this->server.deny = "secret";
  std::unique_ptr<redis_provider> redis = this->up();
  auto ignore = [](const message&) {};
  auto no = this->at.wait(redis->create_speaker("secret", ignore));
  ASSERT_FALSE(no);
  EXPECT_EQ(no.error(), resp::errc::no_permission);
  auto yes = this->at.wait(redis->create_speaker("open", ignore));
  EXPECT_TRUE(yes);
}

TYPED_TEST(redis_on, calls_before_initialize_say_so) {
  redis_provider redis(this->home, this->config());
  auto speaker = this->at.wait(redis.create_speaker("x"));
  ASSERT_FALSE(speaker);
  EXPECT_EQ(speaker.error(), errc::not_connected);
  auto got = this->at.wait(redis.get("x"));
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().to_string().find("initialize"), std::string::npos);
}

// S26, S160, S161: an error value that names what is missing, never a crash.
TYPED_TEST(redis_on, tls_that_is_not_there_is_reported) {
  auto c = this->config();
  c.ssl = true;
  redis_provider redis(this->home, c);
  auto ok = this->at.wait(redis.initialize());
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error(), errc::unavailable);
  EXPECT_NE(ok.error().to_string().find("tls"), std::string::npos);
}

TYPED_TEST(redis_on, a_coroutine_reads_like_the_design) {
  std::unique_ptr<redis_provider> redis = this->up();
  std::string got;
  auto on_message = [&](const message& m) { got = m.text(); };
  result<speaker> speaker = fail(errc::misuse);
  auto body = [&]() -> task<bool> {
    speaker = co_await redis->create_speaker("co", on_message);
    if (!speaker) co_return false;
    auto sent = co_await speaker->shout(fields("a", 1, "b", array(1, "two")));
    co_return sent && sent->receivers == 1;
  };
  auto ok = this->at.wait(spawn(this->home, body()));
  ASSERT_TRUE(ok && *ok);
  ASSERT_TRUE(this->at.run_until([&] { return got == R"({"a":1,"b":[1,"two"]})"; }));
}

// --- lives and ends --------------------------------------------------------------

// A callback that holds the only handle of its own speaker.
TYPED_TEST(redis_on, a_callback_may_own_its_speaker) {
  this->server.deny = "mine";
  std::unique_ptr<redis_provider> redis = this->up();
  std::optional<error> why;
  {
    auto made = this->at.wait(redis->create_speaker("mine"));
    ASSERT_TRUE(made);
    speaker held = *std::move(made);
    auto on_message = [held](const message&) {};
    held.listen(std::move(on_message)).then([&](result<void> r) {
      if (!r) why = r.error();
    });
  }
  ASSERT_TRUE(this->at.run_until([&] { return why.has_value(); }));
  EXPECT_EQ(*why, resp::errc::no_permission);
}

TYPED_TEST(redis_on, stop_and_listen_again_inside_the_callback) {
  std::unique_ptr<redis_provider> redis = this->up();
  std::optional<speaker> mine;
  int stopped = 0, again = 0;
  auto second = [&](const message&) { ++again; };
  auto first = [&](const message&) {
    mine->stop_listening().then([&](result<void>) { ++stopped; });
    mine->listen(second).then([](result<void>) {});
  };
  auto made = this->at.wait(redis->create_speaker("x", first));
  ASSERT_TRUE(made);
  mine = *std::move(made);
  ASSERT_TRUE(this->at.wait(mine->shout("1")));
  ASSERT_TRUE(this->at.run_until([&] { return stopped == 1; }));
  ASSERT_TRUE(this->at.run_until([&] {
    auto sent = this->at.wait(mine->shout("2"));
    return again > 0;
  }));
}

TYPED_TEST(redis_on, stopping_before_the_confirmation_ends_both) {
  this->server.deny = "no";
  std::unique_ptr<redis_provider> redis = this->up();
  for (const char* name : {"yes", "no"}) {
    auto made = this->at.wait(redis->create_speaker(name));
    ASSERT_TRUE(made);
    auto ignore = [](const message&) {};
    auto listening = made->listen(ignore);
    auto ended = this->at.wait(made->stop_listening());
    EXPECT_TRUE(ended) << name;
    auto cut = this->at.wait(std::move(listening));
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error(), errc::cancelled);
  }
}

TYPED_TEST(redis_on, a_second_listen_waits_for_the_confirmation_too) {
  this->server.deny = "no";
  std::unique_ptr<redis_provider> redis = this->up();
  auto made = this->at.wait(redis->create_speaker("no"));
  ASSERT_TRUE(made);
  auto ignore = [](const message&) {};
  auto first = made->listen(ignore);
  auto second = made->listen(ignore);
  EXPECT_FALSE(this->at.wait(std::move(first)));
  EXPECT_FALSE(this->at.wait(std::move(second)));
}

TYPED_TEST(redis_on, close_and_initialize_again) {
  std::unique_ptr<redis_provider> redis = this->up();
  int heard = 0;
  auto on_message = [&](const message&) { ++heard; };
  auto before = this->at.wait(redis->create_speaker("x", on_message));
  ASSERT_TRUE(before);
  ASSERT_TRUE(this->at.wait(redis->close()));
  EXPECT_EQ(redis->status().state, provider_state::closed);
  EXPECT_FALSE(this->at.wait(before->shout("closed")));
  ASSERT_TRUE(this->at.wait(redis->initialize()));
  ASSERT_TRUE(this->at.wait(before->listen(on_message)));
  ASSERT_TRUE(this->at.wait(before->shout("open")));
  EXPECT_TRUE(this->at.run_until([&] { return heard == 1; }));
  EXPECT_EQ(this->watch.restored, 0u) << "nothing was lost";
}

TYPED_TEST(redis_on, listening_without_tls_that_was_asked_for_is_an_error) {
  auto c = this->config();
  c.ssl = true;
  redis_provider redis(this->home, c);
  ASSERT_FALSE(this->at.wait(redis.initialize()));
  auto ignore = [](const message&) {};
  auto made = this->at.wait(redis.create_speaker("x", ignore));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error(), errc::unavailable);
}

TYPED_TEST(redis_on, parts_are_for_machines_not_for_providers) {
  auto c = this->config();
  c.reply.parts_above = 1024;
  std::unique_ptr<redis_provider> redis = this->up(c);
  const std::string large(100'000, 'x');
  ASSERT_TRUE(this->at.wait(redis->set("k", large)));
  auto got = this->at.wait(redis->get("k"));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->text().size(), large.size());
}

// An operation and a speaker may be destroyed after provider and loop.
TEST(redis_lives, handles_may_outlive_the_loop) {
  std::optional<speaker> late;
  std::optional<operation<value>> old;
  {
    blocking::loop loop;
    fake_redis server(loop);
    auto where = server.listen(*address::parse_ip("127.0.0.1", 0));
    ASSERT_TRUE(where);
    {
      redis_provider redis(loop, {.host = "127.0.0.1", .port = where->port()});
      ASSERT_TRUE(loop.wait(redis.initialize()));
      auto ignore = [](const message&) {};
      auto made = loop.wait(redis.create_speaker("x", ignore));
      ASSERT_TRUE(made);
      late = *made;
      old.emplace(redis.get("k"));
    }
    server.kill();
    loop.run();
  }
  late.reset();
  old.reset();
}

}  // namespace
}  // namespace parley::test
