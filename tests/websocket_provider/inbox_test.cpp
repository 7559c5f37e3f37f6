// Messages that are fetched instead of told, on every loop: senders wait for a full inbox, and
// nothing is lost (S118).
#include "websocket_provider/provider_on.hpp"

namespace parley::test {
namespace {

template <class L>
class websocket_inbox_on : public websocket_provider_on<L> {
 protected:
  inbox open(websocket_provider& p, std::string_view name) {
    auto box = this->at.wait(p.create_inbox(name));
    EXPECT_TRUE(box) << box.error().to_string();
    return *std::move(box);
  }
  std::string next(inbox& from) {
    auto m = this->at.wait(from.receive());
    EXPECT_TRUE(m) << m.error().to_string();
    return m ? std::string(m->topic()) + ":" + std::string(m->text()) : "";
  }
};
TYPED_TEST_SUITE(websocket_inbox_on, all_loops, loop_names);

TYPED_TEST(websocket_inbox_on, what_comes_is_fetched_in_order) {
  auto server = this->serve();
  auto client = this->call();
  inbox box = this->open(*client, "news/+");
  EXPECT_FALSE(box.try_receive());
  auto early = box.receive();
  auto sport = this->speak(*server, "news/sport");
  for (int i = 0; i < 5; ++i) this->shout(sport, i);
  auto first = this->at.wait(std::move(early));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->topic(), "news/sport");
  EXPECT_EQ(first->pattern(), "news/+");
  EXPECT_EQ(first->value(), value(0));
  for (int i = 1; i < 5; ++i) {
    EXPECT_EQ(this->next(box), "news/sport:" + std::to_string(i));
  }
  EXPECT_EQ(box.size(), 0U);
  EXPECT_EQ(box.bytes(), 0U);
  EXPECT_EQ(box.channel().name(), "news/+");
}

// S118: the client reads no more at max_queue, so that the server's queue fills and says so; then
// all that it took comes, in order.
TYPED_TEST(websocket_inbox_on, a_full_one_makes_the_server_wait) {
  auto s = this->served();
  s.write_limit = 256 * 1024;
  auto server = this->up(s);
  auto c = this->called();
  c.max_queue = 4;
  auto client = this->up(c);
  inbox box = this->open(*client, "news");
  auto news = this->speak(*server, "news");
  const std::string large(60'000, 'x');
  int sent = 0;
  // The sockets have room for some megabytes on their own.
  for (int refused = 0; refused < 3;) {
    this->shout(news, std::to_string(sent) + large) == 1 ? ++sent : ++refused;
    this->at.run_for(1ms);
    ASSERT_LT(sent, 2000);
  }
  EXPECT_EQ(box.size(), 4U);
  EXPECT_LT(box.bytes(), 4U * 61'000);
  const auto lost = server->counts().lost;
  EXPECT_EQ(lost, 3U);
  for (int i = 0; i < sent; ++i) {
    const std::string got = this->next(box);
    ASSERT_EQ(got.substr(0, got.find('x')), "news:" + std::to_string(i));
    ASSERT_LE(box.size(), 4U);
  }
  // It goes on as if nothing had been.
  EXPECT_EQ(this->shout(news, "again"), 1);
  EXPECT_EQ(this->next(box), "news:again");
}

// Whoever sends to a full inbox waits; a client that does not is served all the same.
TYPED_TEST(websocket_inbox_on, a_full_one_makes_only_its_senders_wait) {
  auto s = this->served();
  s.max_queue = 8;
  s.ping_interval = 20ms;
  s.ping_timeout = 20ms;
  auto server = this->up(s);
  ASSERT_TRUE(this->at.wait(server->create_callable(
      "twice", [](const value& v) -> result<value> { return value(*v.as_int() * 2); })));
  inbox box = this->open(*server, "work");
  auto busy = this->call();
  auto quiet = this->call();
  auto work = this->speak(*busy, "work");
  for (int i = 0; i < 50; ++i) this->shout(work, i);
  ASSERT_TRUE(this->at.run_until([&] { return box.size() == 8; }));
  // Its silence is no fault: nobody reads its pongs.
  this->at.run_for(200ms);
  EXPECT_EQ(box.size(), 8U);
  EXPECT_EQ(server->counts().clients, 2U);
  auto twice = this->at.wait(quiet->create_callable("twice"));
  ASSERT_TRUE(twice);
  auto answer = this->at.wait(twice->call(21));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, value(42));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(this->next(box), "work:" + std::to_string(i));
  EXPECT_EQ(busy->status().connects, 1U);
}

// It is full by bytes as well.
TYPED_TEST(websocket_inbox_on, large_messages_fill_it_too) {
  auto s = this->served();
  s.max_size = 100'000;
  auto server = this->up(s);
  inbox box = this->open(*server, "work");
  auto client = this->call();
  auto work = this->speak(*client, "work");
  const std::string large(60'000, 'x');
  for (int i = 0; i < 10; ++i) this->shout(work, large);
  ASSERT_TRUE(this->at.run_until([&] { return box.size() == 2; }));
  this->at.run_for(20ms);
  EXPECT_EQ(box.size(), 2U);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(this->next(box).size(), 60'005U);
}

TYPED_TEST(websocket_inbox_on, its_end_is_told_and_lets_senders_go) {
  auto s = this->served();
  s.max_queue = 2;
  auto server = this->up(s);
  std::optional<inbox> box = this->open(*server, "work");
  strings heard;
  auto ear = this->listen(*server, "other", heard);
  auto client = this->call();
  auto work = this->speak(*client, "work");
  auto other = this->speak(*client, "other");
  for (int i = 0; i < 5; ++i) this->shout(work, i);
  this->shout(other, "behind");
  ASSERT_TRUE(this->at.run_until([&] { return box->size() == 2; }));
  this->at.run_for(20ms);
  EXPECT_TRUE(heard.empty());
  box.reset();
  ASSERT_TRUE(this->at.run_until([&] { return heard.size() == 1; }));
  // A reader that waits, one that has given up, and the provider's end.
  inbox last = this->open(*server, "last");
  auto given_up = last.receive();
  auto waits = last.receive();
  given_up.cancel();
  EXPECT_EQ(this->at.wait(std::move(given_up)).error(), errc::cancelled);
  auto end = this->speak(*client, "last");
  this->shout(end, "one");
  auto one = this->at.wait(std::move(waits));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->text(), "one");
  this->shout(end, "two");
  ASSERT_TRUE(this->at.run_until([&] { return last.size() == 1; }));
  auto copy = last;
  server.reset();
  EXPECT_EQ(this->next(copy), "last:two");
  EXPECT_EQ(this->at.wait(last.receive()).error(), errc::cancelled);
}

TYPED_TEST(websocket_inbox_on, none_for_what_is_no_filter_or_without_a_provider) {
  websocket_provider idle(this->home, this->served());
  EXPECT_EQ(this->at.wait(idle.create_inbox("news")).error(), errc::not_connected);
  auto server = this->serve();
  EXPECT_EQ(this->at.wait(server->create_inbox("a/#/b")).error(), errc::invalid_argument);
}

// A client that does not read does not see the end either, until it has read what was before it.
TYPED_TEST(websocket_inbox_on, the_end_of_a_connection_is_behind_its_messages) {
  auto s = this->served();
  s.close_timeout = 100ms;
  auto server = this->up(s);
  auto c = this->called();
  c.max_queue = 2;
  auto client = this->up(c);
  inbox box = this->open(*client, "news");
  auto news = this->speak(*server, "news");
  for (int i = 0; i < 4; ++i) this->shout(news, i);
  ASSERT_TRUE(this->at.run_until([&] { return box.size() == 2; }));
  ASSERT_TRUE(this->at.wait(server->close()));
  EXPECT_EQ(client->status().connects, 1U);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(this->next(box), "news:" + std::to_string(i));
  server = this->serve();
  news = this->speak(*server, "news");
  ASSERT_TRUE(this->at.run_until([&] { return client->status().connects == 2; }));
  // The new connection is heard and held like the first.
  ASSERT_TRUE(this->at.run_until([&] { return this->shout(news, "new") == 1; }));
  for (int i = 0; i < 4; ++i) this->shout(news, i);
  ASSERT_TRUE(this->at.run_until([&] { return box.size() == 2; }));
  this->at.run_for(20ms);
  EXPECT_EQ(box.size(), 2U);
  EXPECT_EQ(this->next(box), "news:new");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(this->next(box), "news:" + std::to_string(i));
}

}  // namespace
}  // namespace parley::test
