// Channels over a stream of the server: shout, listen, wildcards, and a break in between.
#include "grpc_on.hpp"
#include "support/held_speakers.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;

template <class L>
class grpc_speakers : public grpc_on<L> {};
TYPED_TEST_SUITE(grpc_speakers, real_loops);

TYPED_TEST(grpc_speakers, what_a_server_shouts_comes_to_who_listens) {
  const auto server = this->up(this->served_on_socket());
  const auto client = this->up(this->called_on_socket());
  const auto other = this->up(this->called_on_socket());
  strings heard, here;
  const auto s = this->listen(*client, "news/today", heard);
  auto out = this->speak(*server, "news/today");
  EXPECT_EQ(this->shout(out, fields("n", 1)), 1);
  EXPECT_EQ(this->at.wait(out.shout_bytes(as_bytes("\x01")))->receivers, 1);
  ASSERT_TRUE(this->at.run_until([&] { return heard.size() == 2; }));
  EXPECT_THAT(heard, ElementsAre("news/today:{\"n\":1}", "news/today:\x01"));
}

TYPED_TEST(grpc_speakers, filters_have_wildcards) {
  const auto server = this->serve();
  const auto client = this->call();
  strings one, all, both;
  const auto a = this->listen(*client, "news/+/now", one);
  const auto b = this->listen(*client, "news/#", all);
  auto rome = this->speak(*server, "news/rome/now");
  auto sport = this->speak(*server, "news/sport");
  auto other = this->speak(*server, "olds/rome/now");
  EXPECT_EQ(this->shout(rome, value("x")), 1);  // once, whatever it listens to
  EXPECT_EQ(this->shout(sport, value("y")), 1);
  EXPECT_EQ(this->shout(other, value("z")), 0);
  ASSERT_TRUE(this->at.run_until([&] { return all.size() == 2; }));
  EXPECT_THAT(one, ElementsAre("news/rome/now:x"));
  EXPECT_THAT(all, ElementsAre("news/rome/now:x", "news/sport:y"));
  EXPECT_EQ(this->at.wait(client->create_speaker("a/#/b")).error(), errc::invalid_argument);
  EXPECT_EQ(this->at.wait(client->create_speaker("\xff")).error(), errc::invalid_argument);
  auto filter = this->speak(*client, "news/#");
  EXPECT_EQ(this->at.wait(filter.shout(value(1))).error(), errc::invalid_argument);
}

// Not a listener either, until the server has room for it.
TYPED_TEST(grpc_speakers, a_server_that_refuses_a_channel) {
  const auto server = this->serve();
  auto config = this->called();
  config.call_timeout = 60s;
  const auto client = this->up(config);
  strings got;
  std::vector<speaker> ears;
  int confirmed = 0;
  for (int i = 0; i < 10'000; ++i) {
    ears.push_back(this->speak(*client, "full/" + std::to_string(i)));
    ears.back().listen([](const message&) {}).then([&](const result<void>& r) {
      confirmed += r.has_value();
    });
  }
  ASSERT_TRUE(this->at.run_until([&] { return confirmed == 10'000; }, 60s));
  auto late = this->speak(*client, "late");
  const auto hears = [&](const message& m) { got.emplace_back(m.text()); };
  for (int times = 0; times < 2; ++times) {
    const auto refused = this->at.wait(late.listen(hears));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().to_string(), "an argument is not valid: too many channels (misuse)");
  }
  auto news = this->speak(*server, "late");
  EXPECT_EQ(this->shout(news, value("unheard")), 0);
  ASSERT_TRUE(this->at.wait(ears.back().stop_listening()));
  ASSERT_TRUE(this->at.wait(late.listen(hears)));
  EXPECT_EQ(this->shout(news, value("heard")), 1);
  ASSERT_TRUE(this->at.run_until([&] { return !got.empty(); }));
  EXPECT_THAT(got, ElementsAre("heard"));
}

TYPED_TEST(grpc_speakers, what_a_client_shouts_comes_to_the_server) {
  const auto server = this->serve();
  const auto client = this->call();
  strings heard;
  const auto s = this->listen(*server, "up/#", heard);
  auto out = this->speak(*client, "up/1");
  EXPECT_EQ(this->shout(out, value("x")), 1);
  auto nobody = this->speak(*client, "down");
  EXPECT_EQ(this->shout(nobody, value("x")), 0);
  ASSERT_TRUE(this->at.run_until([&] { return heard.size() == 1; }));
  EXPECT_THAT(heard, ElementsAre("up/1:x"));
}

TYPED_TEST(grpc_speakers, a_server_may_relay_between_clients) {
  auto config = this->served();
  config.relay = true;
  const auto server = this->up(config);
  const auto ann = this->call();
  const auto bob = this->call();
  strings at_ann, at_bob, at_server;
  const auto a = this->listen(*ann, "chat", at_ann);
  const auto b = this->listen(*bob, "chat", at_bob);
  const auto s = this->listen(*server, "chat", at_server);
  auto out = this->speak(*ann, "chat");
  EXPECT_EQ(this->shout(out, value("hi")), 2);  // not to who said it
  ASSERT_TRUE(this->at.run_until([&] { return !at_bob.empty() && !at_server.empty(); }));
  EXPECT_THAT(at_bob, ElementsAre("chat:hi"));
  EXPECT_TRUE(at_ann.empty());
}

TYPED_TEST(grpc_speakers, who_stops_listening_hears_no_more) {
  const auto server = this->serve();
  const auto client = this->call();
  strings heard, kept;
  std::optional<speaker> s = this->listen(*client, "a", heard);
  const auto still = this->listen(*client, "b", kept);
  auto a = this->speak(*server, "a");
  auto b = this->speak(*server, "b");
  s.reset();
  ASSERT_TRUE(this->at.run_until([&] { return this->shout(a, value(1)) == 0; }));
  EXPECT_EQ(this->shout(b, value("x")), 1);
  ASSERT_TRUE(this->at.run_until([&] { return !kept.empty(); }));
  EXPECT_TRUE(heard.empty());
}

TYPED_TEST(grpc_speakers, listening_goes_on_after_a_break) {
  auto server = this->serve();
  const auto client = this->call();
  strings heard;
  const auto s = this->listen(*client, "a", heard);
  server.reset();
  ASSERT_TRUE(this->at.run_until([&] { return client->status().state != provider_state::up; }));
  // One that asks meanwhile is confirmed when the server is back.
  bool confirmed = false;
  strings late;
  client->create_speaker("b", [&](const message& m) { late.emplace_back(m.text()); })
      .then([&, kept = std::optional<speaker>()](result<speaker> r) mutable {
        confirmed = r.has_value();
        if (r) this->keep = *r;
      });
  server = this->serve();
  ASSERT_TRUE(this->at.run_until([&] { return confirmed; }));
  EXPECT_EQ(client->status().connects, 2U);
  EXPECT_EQ(this->watch.restored, 1U);
  auto a = this->speak(*server, "a");
  auto b = this->speak(*server, "b");
  EXPECT_EQ(this->shout(a, value("again")), 1);
  EXPECT_EQ(this->shout(b, value("new")), 1);
  ASSERT_TRUE(this->at.run_until([&] { return !heard.empty() && !late.empty(); }));
  this->keep.reset();
}

TYPED_TEST(grpc_speakers, who_reads_slowly_costs_nobody_else) {
  auto config = this->served();
  config.write_limit = 1024 * 1024;
  config.write_policy = overflow::drop_oldest;
  const auto server = this->up(config);
  const auto slow = this->call();
  strings heard;
  const auto s = this->listen(*slow, "a", heard);
  auto out = this->speak(*server, "a");
  // In one turn of the loop nobody hears: of 50 MB more is lost than the box and what the client's
  // threads read ahead (16 MiB) hold, but for the newest.
  const std::string large(256 * 1024, 'x');
  int done = 0;
  for (int i = 0; i < 200; ++i) {
    out.shout(value(large)).then([&](result<delivery>) { ++done; });
  }
  out.shout(value("last")).then([&](result<delivery>) { ++done; });
  ASSERT_TRUE(this->at.run_until([&] { return !heard.empty() && heard.back() == "a:last"; }));
  EXPECT_EQ(done, 201);
  EXPECT_LT(heard.size(), 201U);
}

TYPED_TEST(grpc_speakers, what_is_waited_for_may_be_cancelled) {
  const auto server = this->serve();
  grpc_provider client(this->home, this->called());
  const auto is_over = [this](auto op) {
    op.cancel();
    EXPECT_TRUE(op.is_complete());
    const auto r = this->at.wait(std::move(op));
    return !r && r.error() == errc::cancelled;
  };
  EXPECT_TRUE(is_over(client.initialize()));
  // The connection goes on all the same.
  EXPECT_TRUE(this->at.run_until([&] { return client.status().state == provider_state::up; }));
  strings heard;
  const auto hear = [&](const message& m) { heard.emplace_back(m.text()); };
  EXPECT_TRUE(is_over(client.create_speaker("a", hear)));
  auto s = this->speak(client, "b");
  EXPECT_TRUE(is_over(s.listen(hear)));
  EXPECT_TRUE(is_over(s.shout("x")));
  // Neither listens, until it is told to again.
  auto a = this->speak(*server, "a");
  EXPECT_TRUE(this->at.run_until([&] { return this->shout(a, value("x")) == 0; }));
  auto b = this->speak(*server, "b");
  EXPECT_TRUE(this->at.run_until([&] { return this->shout(b, value("y")) == 0; }));
  ASSERT_TRUE(this->at.wait(s.listen(hear)));
  EXPECT_EQ(this->shout(b, value("z")), 1);
  // What was on its way before may come as well.
  EXPECT_TRUE(this->at.run_until([&] { return !heard.empty() && heard.back() == "z"; }));
}

TYPED_TEST(grpc_speakers, a_callback_may_end_it_all) {
  const auto server = this->serve();
  auto client = this->call();
  bool gone = false;
  auto s = this->at.wait(client->create_speaker("a", [&](const message&) {
    client.reset();
    gone = true;
  }));
  ASSERT_TRUE(s);
  auto out = this->speak(*server, "a");
  EXPECT_EQ(this->shout(out, value(1)), 1);
  EXPECT_TRUE(this->at.run_until([&] { return gone; }));
}

TYPED_TEST(grpc_speakers, a_callback_may_hold_other_speakers) {
  auto server = this->serve();
  auto client = this->call();
  end_while_a_speaker_is_held(this->at, *client, [&] { client.reset(); });
  end_while_a_speaker_is_held(this->at, *server, [&] { server.reset(); });
}

}  // namespace
}  // namespace parley::test
