// The provider on every loop: channels, broadcast, calls, and what it does when things go wrong.
#include <gtest/gtest.h>

#include <stdexcept>

#include "support/held_speakers.hpp"
#include "websocket_provider/provider_on.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TYPED_TEST_SUITE(websocket_provider_on, all_loops, loop_names);

// S7, S99, S101, S104 to S107, S140
TYPED_TEST(websocket_provider_on, a_broadcast_reaches_all_who_listen) {
  auto server = this->serve();
  std::vector<std::unique_ptr<websocket_provider>> clients;
  std::vector<speaker> ears;
  std::vector<strings> got(3);
  for (strings& g : got) {
    clients.push_back(this->call());
    ears.push_back(this->listen(*clients.back(), "updates", g));
  }
  strings other;
  ears.push_back(this->listen(*clients[0], "other", other));
  EXPECT_EQ(server->counts().clients, 3U);
  auto updates = this->speak(*server, "updates");
  EXPECT_EQ(this->shout(updates, {{"event", "status"}, {"value", "online"}}), 3);
  ASSERT_TRUE(this->at.run_until(
      [&] { return std::ranges::all_of(got, [](const strings& g) { return g.size() == 1; }); }));
  for (const strings& g : got) {
    EXPECT_THAT(g, ElementsAre("updates:{\"event\":\"status\",\"value\":\"online\"}"));
  }
  EXPECT_THAT(other, ElementsAre());
}

TYPED_TEST(websocket_provider_on, a_client_reaches_the_server_decoded) {
  auto server = this->serve();
  std::vector<value> got;
  auto on_message = [&](const message& m) { got.push_back(m.value()); };
  auto heard = this->at.wait(server->create_speaker("chat/+", on_message));
  ASSERT_TRUE(heard);
  auto client = this->call();
  auto room = this->speak(*client, "chat/room");
  EXPECT_EQ(this->shout(room, {{"n", 1}}), -1);
  EXPECT_EQ(this->shout(room, "text"), -1);
  ASSERT_TRUE(this->at.wait(room.shout_bytes(as_bytes("\xff\x00z"))));
  auto elsewhere = this->speak(*client, "chat/room/deep");
  this->shout(elsewhere, "not heard");
  ASSERT_TRUE(this->at.run_until([&] { return got.size() == 3; }));
  EXPECT_EQ(got[0]["n"], value(1));
  EXPECT_EQ(got[1], value("text"));
  EXPECT_TRUE(got[2].is_bytes());
}

// Not a listener either, until the server has room for it.
TYPED_TEST(websocket_provider_on, a_server_that_refuses_a_channel) {
  auto server = this->serve();
  auto client = this->call();
  strings got;
  std::vector<speaker> ears;
  ears.reserve(1000);
  for (int i = 0; i < 1000; ++i) {
    ears.push_back(this->listen(*client, "full/" + std::to_string(i), got));
  }
  auto late = this->speak(*client, "late");
  const auto hears = [&](const message& m) { got.emplace_back(m.text()); };
  for (int times = 0; times < 2; ++times) {
    const auto refused = this->at.wait(late.listen(hears));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("queue_full: too many channels"));
  }
  auto news = this->speak(*server, "late");
  EXPECT_EQ(this->shout(news, "unheard"), 0);
  ASSERT_TRUE(this->at.wait(ears.back().stop_listening()));
  ASSERT_TRUE(this->at.wait(late.listen(hears)));
  EXPECT_EQ(this->shout(news, "heard"), 1);
  ASSERT_TRUE(this->at.run_until([&] { return !got.empty(); }));
  EXPECT_THAT(got, ElementsAre("heard"));
}

TYPED_TEST(websocket_provider_on, wildcards_and_several_speakers) {
  auto server = this->serve();
  auto client = this->call();
  strings all, one, same;
  auto a = this->listen(*client, "#", all);
  auto b = this->listen(*client, "a/+", one);
  auto c = this->listen(*client, "a/+", same);
  for (const auto* name : {"a/b", "a", "x/y/z"}) {
    auto s = this->speak(*server, name);
    // Once to each client, whatever it listens to.
    EXPECT_EQ(this->shout(s, name), 1);
  }
  ASSERT_TRUE(this->at.run_until([&] { return all.size() == 3; }));
  EXPECT_THAT(all, ElementsAre("a/b:a/b", "a:a", "x/y/z:x/y/z"));
  EXPECT_THAT(one, ElementsAre("a/b:a/b"));
  EXPECT_EQ(one, same);
  ASSERT_TRUE(this->at.wait(a.stop_listening()));
  ASSERT_TRUE(this->at.wait(b.stop_listening()));
  auto s = this->speak(*server, "a/c");
  EXPECT_TRUE(this->at.run_until([&] { return this->shout(s, "still") == 1; }));
  ASSERT_TRUE(this->at.run_until([&] { return same.size() >= 2; }));
  EXPECT_EQ(one.size(), 1U);
  ASSERT_TRUE(this->at.wait(c.stop_listening()));
  EXPECT_TRUE(this->at.run_until([&] { return this->shout(s, "nobody") == 0; }));
  EXPECT_EQ(this->at.wait(a.shout("x")).error(), errc::invalid_argument);
}

TYPED_TEST(websocket_provider_on, calls_are_answered) {
  auto server = this->serve();
  auto served = this->at.wait(server->create_callable("add", [](const value& v) -> result<value> {
    if (!v["a"].as_int()) return fail(errc::invalid_argument, "a is no number");
    return value(*v["a"].as_int() + *v["b"].as_int());
  }));
  ASSERT_TRUE(served) << served.error().to_string();
  auto throws = [](const value&) -> result<value> { throw std::runtime_error("oops"); };
  ASSERT_TRUE(this->at.wait(server->create_callable("throws", throws)));
  auto client = this->call();
  auto add = this->at.wait(client->create_callable("add"));
  ASSERT_TRUE(add);
  auto sum = this->at.wait(add->call({{"a", 2}, {"b", 40}}));
  ASSERT_TRUE(sum) << sum.error().to_string();
  EXPECT_EQ(*sum, value(42));
  // Several at once, each with its own answer.
  std::vector<std::int64_t> sums;
  for (int i = 0; i < 10; ++i) {
    add->call({{"a", i}, {"b", i}}).then([&](result<value> r) { sums.push_back(*r->as_int()); });
  }
  ASSERT_TRUE(this->at.run_until([&] { return sums.size() == 10; }));
  EXPECT_THAT(sums, ElementsAre(0, 2, 4, 6, 8, 10, 12, 14, 16, 18));
  const auto bad = this->at.wait(add->call({{"a", "x"}, {"b", 1}}));
  EXPECT_EQ(bad.error(), websocket::errc::call_failed);
  EXPECT_THAT(bad.error().to_string(), HasSubstr("a is no number"));
  auto none = this->at.wait(client->create_callable("none"));
  EXPECT_EQ(this->at.wait(none->call(value())).error(), errc::not_supported);
  auto thrower = this->at.wait(client->create_callable("throws"));
  EXPECT_EQ(this->at.wait(thrower->call(value())).error(), websocket::errc::call_failed);
  EXPECT_EQ(this->at.wait(server->create_callable("add")).error(), errc::not_supported);
}

TYPED_TEST(websocket_provider_on, a_foreign_peer_speaks_in_bare_payloads) {
  auto server = this->serve();
  strings heard;
  auto ear = this->listen(*server, "updates", heard);
  auto c = this->called();
  c.names = websocket_names::raw;
  auto client = this->up(c);
  strings got;
  auto other = this->listen(*client, "whatever", got);
  auto updates = this->speak(*server, "updates");
  EXPECT_EQ(this->shout(updates, "hello"), 1);
  ASSERT_TRUE(this->at.run_until([&] { return !got.empty(); }));
  EXPECT_THAT(got, ElementsAre("whatever:hello"));
  this->shout(other, "back");
  ASSERT_TRUE(this->at.run_until([&] { return !heard.empty(); }));
  EXPECT_THAT(heard, ElementsAre("updates:back"));
  auto add = this->at.wait(client->create_callable("add"));
  EXPECT_EQ(this->at.wait(add->call(value())).error(), errc::not_supported);
}

TYPED_TEST(websocket_provider_on, a_relay_carries_between_clients) {
  auto s = this->served();
  s.relay = true;
  auto server = this->up(s);
  auto a = this->call(), b = this->call();
  strings at_a, at_b;
  auto ear_a = this->listen(*a, "room", at_a), ear_b = this->listen(*b, "room", at_b);
  this->shout(ear_a, "hi");
  ASSERT_TRUE(this->at.run_until([&] { return !at_b.empty(); }));
  EXPECT_THAT(at_b, ElementsAre("room:hi"));
  EXPECT_THAT(at_a, ElementsAre()) << "not to who said it";
}

// S102, S114
TYPED_TEST(websocket_provider_on, compressed_both_ways) {
  auto s = this->served();
  s.compression = "deflate";
  auto server = this->up(s);
  strings heard;
  auto ear = this->listen(*server, "up", heard);
  auto c = this->called();
  c.compression = "deflate";
  auto small = this->up(c);
  auto plain = this->call();
  strings at_small, at_plain;
  auto one = this->listen(*small, "down", at_small), two = this->listen(*plain, "down", at_plain);
  std::string text;
  for (int i = 0; i < 500; ++i) text += "row " + std::to_string(i * i) + "\n";
  auto down = this->speak(*server, "down");
  auto up = this->speak(*small, "up");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(this->shout(down, text), 2);
    this->shout(up, text);
  }
  ASSERT_TRUE(this->at.run_until(
      [&] { return at_small.size() == 3 && at_plain.size() == 3 && heard.size() == 3; }));
  EXPECT_TRUE(at_small == at_plain && at_small[2] == "down:" + text);
  EXPECT_TRUE(heard[2] == "up:" + text);
}

// Rows of equal letters: what one side compresses the other one takes.
TYPED_TEST(websocket_provider_on, what_compresses_too_well) {
  auto s = this->served();
  s.compression = "deflate";
  auto server = this->up(s);
  auto c = this->called();
  c.compression = "deflate";
  auto client = this->up(c);
  std::vector<std::size_t> got;
  const auto hear = [&](const message& m) { got.push_back(m.payload().size()); };
  auto here = *this->at.wait(server->create_speaker("up", hear));
  auto there = *this->at.wait(client->create_speaker("down", hear));
  auto up = this->speak(*client, "up");
  auto down = this->speak(*server, "down");
  const std::string large(3'000'000, 'a'), small(5000, 'a');
  for (const speaker& way : {up, down}) {
    speaker to = way;
    got.clear();
    for (const std::string* each : {&small, &large, &small}) {
      const std::size_t before = got.size();
      this->shout(to, *each);
      ASSERT_TRUE(this->at.run_until([&] { return got.size() > before; }));
      EXPECT_EQ(got.back(), each->size());
    }
  }
  EXPECT_EQ(client->status().connects, 1u);
}

// S117, S156, S162
TYPED_TEST(websocket_provider_on, a_message_that_is_too_large) {
  auto s = this->served();
  s.max_size = 1000;
  auto server = this->up(s);
  auto client = this->call();
  auto at_server = this->speak(*server, "x");
  const auto refused = this->at.wait(at_server.shout(std::string(2000, 'x')));
  EXPECT_EQ(refused.error(), errc::too_large);
  auto up = this->speak(*client, "x");
  this->shout(up, std::string(2000, 'x'));
  ASSERT_TRUE(this->at.run_until([&] { return client->status().last_error.has_value(); }));
  EXPECT_THAT(client->status().last_error->to_string(), HasSubstr("max_size"));
  // S162
  const std::string told = server->status().last_error->to_string();
  EXPECT_THAT(told, HasSubstr("message exceeds maximum size"));
  EXPECT_THAT(told, HasSubstr("raise max_size"));
}

// P19, P20: the client comes again by itself and listens to what it listened to.
TYPED_TEST(websocket_provider_on, a_client_comes_again) {
  auto server = this->serve();
  auto client = this->call();
  strings got;
  auto ear = this->listen(*client, "news", got);
  server.reset();
  ASSERT_TRUE(this->at.run_until([&] { return client->status().state != provider_state::up; }));
  // What is said meanwhile waits.
  auto out = this->speak(*client, "up");
  EXPECT_EQ(this->shout(out, "while away"), -1);
  server = this->serve();
  strings heard;
  auto up = this->listen(*server, "up", heard);
  ASSERT_TRUE(this->at.run_until([&] { return server->counts().clients == 1; }));
  auto news = this->speak(*server, "news");
  ASSERT_TRUE(this->at.run_until([&] { return this->shout(news, "again") == 1; }));
  ASSERT_TRUE(this->at.run_until([&] { return !got.empty() && !heard.empty(); }));
  EXPECT_EQ(got.back(), "news:again");
  EXPECT_THAT(heard, ElementsAre("up:while away"));
  EXPECT_EQ(client->status().connects, 2U);
}

// S157
TYPED_TEST(websocket_provider_on, nobody_answers) {
  this->serve().reset();  // its port is free now
  auto c = this->called();
  c.connect_timeout = 300ms;
  websocket_provider client(this->home, c);
  const auto ok = this->at.wait(client.initialize());
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error(), errc::refused);
}

TYPED_TEST(websocket_provider_on, close_is_orderly_on_both_sides) {
  auto server = this->serve();
  auto client = this->call();
  ASSERT_TRUE(this->at.wait(client->close()));
  ASSERT_TRUE(this->at.run_until([&] { return server->counts().clients == 0; }));
  EXPECT_FALSE(server->status().last_error) << server->status().last_error->to_string();
  EXPECT_EQ(client->status().state, provider_state::closed);
  EXPECT_EQ(this->at.wait(client->create_speaker("x")).error(), errc::not_connected);
  // Begun again before the end has come.
  auto again = this->call();
  auto ending = again->close();
  ASSERT_TRUE(this->at.wait(again->initialize()));
  EXPECT_EQ(again->status().state, provider_state::up);
  ASSERT_TRUE(this->at.wait(server->close()));
  ASSERT_TRUE(this->at.run_until([&] { return again->status().last_error.has_value(); }));
  // The first reason: the next attempt, which is refused, may have followed already.
  ASSERT_FALSE(this->watch.reasons.empty());
  EXPECT_EQ(this->watch.reasons.front(), websocket::errc::peer_unavailable);
}

TYPED_TEST(websocket_provider_on, a_provider_may_go_in_its_own_callback) {
  auto server = this->serve();
  auto client = this->call();
  bool told = false;
  auto on_message = [&](const message&) {
    client.reset();
    told = true;
  };
  auto ear = this->at.wait(client->create_speaker("x", on_message));
  ASSERT_TRUE(ear);
  auto x = this->speak(*server, "x");
  EXPECT_EQ(this->shout(x, "1"), 1);
  ASSERT_TRUE(this->at.run_until([&] { return told; }));
  auto again = this->call();
  auto on_server = [&](const message&) { server.reset(); };
  auto heard = this->at.wait(server->create_speaker("y", on_server));
  auto y = this->speak(*again, "y");
  this->shout(y, "2");
  ASSERT_TRUE(this->at.run_until([&] { return server == nullptr; }));
}

TYPED_TEST(websocket_provider_on, a_callback_may_hold_other_speakers) {
  auto server = this->serve();
  auto client = this->call();
  end_while_a_speaker_is_held(this->at, *client, [&] { client.reset(); });
  end_while_a_speaker_is_held(this->at, *server, [&] { server.reset(); });
}

// Of two that hear the same message, too.
TYPED_TEST(websocket_provider_on, who_is_dropped_by_a_callback_hears_no_more) {
  auto server = this->serve();
  auto client = this->call();
  strings heard;
  std::optional<speaker> later;
  int drops = 0;
  auto drop = [&](const message&) {
    later.reset();
    ++drops;
  };
  auto first = this->at.wait(client->create_speaker("x", drop));
  later = this->listen(*client, "x", heard);
  auto out = this->speak(*server, "x");
  this->shout(out, "1");
  ASSERT_TRUE(this->at.run_until([&] { return drops == 1; }));
  EXPECT_TRUE(heard.empty());
}

TEST(websocket_config, says_every_fault_at_once) {
  websocket_config c;
  EXPECT_TRUE(c.validate());
  c.uri = "ws://x";
  c.compression = "zip";
  c.max_queue = 0;
  const auto faults = c.validate();
  ASSERT_FALSE(faults);
  EXPECT_THAT(faults.error().to_string(), HasSubstr("a server has no uri"));
  EXPECT_THAT(faults.error().to_string(), HasSubstr("compression"));
  EXPECT_THAT(faults.error().to_string(), HasSubstr("max_queue"));
  c = {};
  c.is_server = false;
  EXPECT_THAT(c.validate().error().to_string(), HasSubstr("uri: it is empty"));
  c.uri = "http://x";
  EXPECT_THAT(c.validate().error().to_string(), HasSubstr("ws+unix"));
}

// S108 to S118
TEST(websocket_config, has_the_defaults_of_the_specification) {
  const websocket_config c;
  EXPECT_EQ(c.host, "0.0.0.0");
  EXPECT_EQ(c.port, 8765);
  EXPECT_TRUE(c.uri.empty() && c.is_server && c.ssl_cert.empty() && c.ssl_key.empty());
  EXPECT_TRUE(c.compression.empty());
  EXPECT_EQ(c.ping_interval, std::chrono::seconds(20));  // S154
  EXPECT_EQ(c.ping_timeout, std::chrono::seconds(20));
  EXPECT_EQ(c.max_size, 10U * 1024 * 1024);
  EXPECT_EQ(c.max_queue, 32U);
}

}  // namespace
}  // namespace parley::test
