// Clients of one server that share a connection, on every loop.
#include <parley/codecs/websocket/websocket_connections.hpp>

#include "websocket_provider/provider_on.hpp"

namespace parley::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

template <class L>
class websocket_sharing_on : public websocket_provider_on<L> {
 protected:
  websocket_config sharing() {
    auto c = this->called();
    c.share = &shared;
    c.watch = nullptr;
    return c;
  }
  websocket_connections shared;
};
TYPED_TEST_SUITE(websocket_sharing_on, all_loops, loop_names);

// S100
TYPED_TEST(websocket_sharing_on, several_use_one_connection) {
  auto server = this->serve();
  ASSERT_TRUE(this->at.wait(
      server->create_callable("same", [](const value& v) -> result<value> { return v; })));
  auto a = this->up(this->sharing());
  auto told = this->sharing();
  told.watch = &this->watch;
  auto b = this->up(told);
  EXPECT_THAT(this->watch.states, Contains(provider_state::up));
  EXPECT_EQ(server->counts().clients, 1U);
  EXPECT_EQ(this->shared.size(), 1U);
  strings of_a, of_b;
  auto ear_a = this->listen(*a, "news/+", of_a);
  auto ear_b = this->listen(*b, "news/sport", of_b);
  auto sport = this->speak(*server, "news/sport");
  auto other = this->speak(*server, "news/other");
  EXPECT_EQ(this->shout(sport, "1"), 1);
  EXPECT_EQ(this->shout(other, "2"), 1);
  ASSERT_TRUE(this->at.run_until([&] { return of_a.size() == 2; }));
  EXPECT_THAT(of_a, ElementsAre("news/sport:1", "news/other:2"));
  EXPECT_THAT(of_b, ElementsAre("news/sport:1"));
  // Answers find who has asked.
  auto ask_a = this->at.wait(a->create_callable("same"));
  auto ask_b = this->at.wait(b->create_callable("same"));
  auto first = ask_a->call("from a");
  auto second = ask_b->call("from b");
  EXPECT_EQ(this->at.wait(std::move(second)), value("from b"));
  EXPECT_EQ(this->at.wait(std::move(first)), value("from a"));
}

// What both listen to is given up when neither does, whoever goes first and however.
TYPED_TEST(websocket_sharing_on, a_channel_is_kept_while_one_listens) {
  auto server = this->serve();
  auto a = this->up(this->sharing());
  auto b = this->up(this->sharing());
  strings of_a, of_b, only;
  auto ear_a = this->listen(*a, "news", of_a);
  auto ear_only = this->listen(*a, "only", only);
  std::optional<speaker> ear_b = this->listen(*b, "news", of_b);
  auto news = this->speak(*server, "news");
  auto of_only = this->speak(*server, "only");
  ASSERT_TRUE(this->at.wait(ear_a.stop_listening()));
  EXPECT_EQ(this->shout(news, "1"), 1);
  ASSERT_TRUE(this->at.run_until([&] { return of_b.size() == 1; }));
  EXPECT_TRUE(of_a.empty());
  a.reset();
  ASSERT_TRUE(this->at.run_until([&] { return this->shout(of_only, "x") == 0; }));
  EXPECT_EQ(this->shout(news, "2"), 1);
  ASSERT_TRUE(this->at.run_until([&] { return of_b.size() == 2; }));
  ear_b.reset();
  ASSERT_TRUE(this->at.run_until([&] { return this->shout(news, "3") == 0; }));
  EXPECT_EQ(server->counts().clients, 1U);
}

TYPED_TEST(websocket_sharing_on, the_last_one_ends_it_and_it_begins_again) {
  auto server = this->serve();
  auto a = this->up(this->sharing());
  auto b = this->up(this->sharing());
  strings of_a;
  auto ear = this->listen(*a, "news", of_a);
  ASSERT_TRUE(this->at.wait(a->close()));
  EXPECT_EQ(a->status().state, provider_state::closed);
  EXPECT_EQ(b->status().state, provider_state::up);
  EXPECT_EQ(server->counts().clients, 1U);
  // What it listened to it listens to again.
  ASSERT_TRUE(this->at.wait(a->initialize()));
  auto news = this->speak(*server, "news");
  ASSERT_TRUE(this->at.run_until([&] { return this->shout(news, "x") == 1; }));
  ASSERT_TRUE(this->at.run_until([&] { return of_a.size() == 1; }));
  ASSERT_TRUE(this->at.wait(a->close()));
  ASSERT_TRUE(this->at.wait(b->close()));
  EXPECT_EQ(this->shared.size(), 0U);
  ASSERT_TRUE(this->at.run_until([&] { return server->counts().clients == 0; }));
  ASSERT_TRUE(this->at.wait(b->initialize()));
  EXPECT_EQ(this->shared.size(), 1U);
}

TYPED_TEST(websocket_sharing_on, a_break_is_everybodys) {
  auto server = this->serve();
  auto a = this->up(this->sharing());
  auto b = this->up(this->sharing());
  strings of_a, of_b;
  auto ear_a = this->listen(*a, "news", of_a);
  auto ear_b = this->listen(*b, "news", of_b);
  ASSERT_TRUE(this->at.wait(server->close()));
  ASSERT_TRUE(this->at.run_until([&] { return a->status().state != provider_state::up; }));
  EXPECT_NE(b->status().state, provider_state::up);
  auto out = this->speak(*b, "up");
  EXPECT_EQ(this->shout(out, "while away"), -1);
  strings heard;
  server = this->serve();
  auto up = this->listen(*server, "up", heard);
  auto news = this->speak(*server, "news");
  ASSERT_TRUE(this->at.run_until([&] { return this->shout(news, "again") == 1; }));
  ASSERT_TRUE(this->at.run_until(
      [&] { return of_a.size() == 1 && of_b.size() == 1 && heard.size() == 1; }));
  EXPECT_EQ(server->counts().clients, 1U);
}

TYPED_TEST(websocket_sharing_on, other_ways_to_a_server_are_other_connections) {
  auto server = this->serve();
  auto a = this->up(this->sharing());
  auto other_path = this->sharing();
  other_path.uri += "feed";
  auto b = this->up(other_path);
  auto other_user = this->sharing();
  other_user.headers = {{"Authorization", "Bearer x"}};
  auto c = this->up(other_user);
  auto own = this->call();
  EXPECT_EQ(server->counts().clients, 4U);
  EXPECT_EQ(this->shared.size(), 3U);
}

// The others are told all the same.
TYPED_TEST(websocket_sharing_on, one_may_go_while_all_are_told) {
  auto server = this->serve();
  auto a = this->up(this->sharing());
  auto b = this->up(this->sharing());
  auto c = this->up(this->sharing());
  strings of_c;
  auto first = this->at.wait(a->create_speaker("news", [&](const message&) { b.reset(); }));
  bool told = false;
  auto second = this->at.wait(b->create_speaker("news", [&](const message&) { told = true; }));
  auto third = this->listen(*c, "news", of_c);
  auto news = this->speak(*server, "news");
  EXPECT_EQ(this->shout(news, "x"), 1);
  ASSERT_TRUE(this->at.run_until([&] { return of_c.size() == 1; }));
  EXPECT_FALSE(told);
  EXPECT_EQ(b, nullptr);
}

}  // namespace
}  // namespace parley::test
