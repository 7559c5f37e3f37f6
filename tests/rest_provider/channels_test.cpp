// Channels over server-sent events, at the server, on every loop. Its client is a script of bytes.
#include "rest_provider/served_on.hpp"
#include "support/held_speakers.hpp"

namespace parley::test {
namespace {

using namespace std::string_view_literals;

template <class L>
class rest_channels_on : public rest_served_on<L> {
 protected:
  // One that listens, and what it has got so far.
  std::unique_ptr<raw_peer> listener(const std::string& target, const std::string& fields = {}) {
    auto peer = std::make_unique<raw_peer>(
        this->home, this->at.bind_address().with_port(this->server->local_address()->port()));
    peer->send("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    EXPECT_TRUE(this->at.run_until([&] { return peer->received.contains("\r\n\r\n"); }));
    return peer;
  }
  // The events in it, as "channel:data" each.
  static strings events(const raw_peer& peer) {
    strings found;
    std::string type;
    for (std::size_t at = 0; at < peer.received.size();) {
      const std::size_t end = peer.received.find('\n', at);
      const std::string line = peer.received.substr(at, end - at);
      at = end == std::string::npos ? peer.received.size() : end + 1;
      if (line.starts_with("event: ")) type = line.substr(7);
      if (line.starts_with("data: ")) found.push_back(type + ":" + line.substr(6));
    }
    return found;
  }
  static std::string last_id(const raw_peer& peer) {
    const std::size_t at = peer.received.rfind("id: ");
    return peer.received.substr(at + 4, peer.received.find('\n', at) - at - 4);
  }
  speaker speak(std::string_view name) {
    auto s = this->at.wait(this->server->create_speaker(name));
    EXPECT_TRUE(s) << s.error().to_string();
    return *s;
  }
  std::int64_t shout(speaker& s, const value& v) {
    auto sent = this->at.wait(s.shout(v));
    EXPECT_TRUE(sent) << sent.error().to_string();
    return sent ? sent->receivers : -2;
  }
};
TYPED_TEST_SUITE(rest_channels_on, all_loops, loop_names);

// S138
TYPED_TEST(rest_channels_on, who_listens_is_told) {
  this->start();
  auto sport = this->speak("news/sport");
  EXPECT_EQ(this->shout(sport, "nobody hears"), 0);
  auto one = this->listener("/events/news/sport");
  auto all = this->listener("/events?channel=news%2F%2B&channel=%23");
  auto other = this->listener("/events?channel=news/other");
  EXPECT_THAT(one->received, HasSubstr("Content-Type: text/event-stream"));
  EXPECT_THAT(one->received, HasSubstr("Cache-Control: no-store"));
  EXPECT_EQ(this->shout(sport, parley::fields("goal", 1)), 2);
  EXPECT_EQ(this->shout(sport, "text"), 2);
  ASSERT_TRUE(this->at.wait(sport.shout_bytes(as_bytes("\xff\x00z"sv))));
  ASSERT_TRUE(this->at.run_until(
      [&] { return this->events(*one).size() == 3 && this->events(*all).size() == 3; }));
  EXPECT_THAT(this->events(*one),
              ElementsAre(R"(news/sport:{"goal":1})", "news/sport:text", "news/sport;base64:/wB6"));
  EXPECT_EQ(this->events(*one), this->events(*all));
  EXPECT_TRUE(this->events(*other).empty());
}

TYPED_TEST(rest_channels_on, what_was_missed_is_told_within_a_bound) {
  auto c = this->served();
  c.history = 1000;
  this->start(c);
  auto news = this->speak("news");
  auto first = this->listener("/events/news");
  this->shout(news, "one");
  ASSERT_TRUE(this->at.run_until([&] { return this->events(*first).size() == 1; }));
  const std::string id = this->last_id(*first);
  first.reset();
  for (const std::string_view missed : {"two", "three"}) this->shout(news, missed);
  auto other = this->speak("other");
  this->shout(other, "not asked for");
  auto again = this->listener("/events/news", "Last-Event-ID: " + id + "\r\n");
  ASSERT_TRUE(this->at.run_until([&] { return this->events(*again).size() == 2; }));
  EXPECT_THAT(this->events(*again), ElementsAre("news:two", "news:three"));
  // Of another run of the server: all that is kept, and no more than is kept.
  for (int i = 0; i < 100; ++i) this->shout(news, i);
  auto stranger = this->listener("/events/news", "Last-Event-ID: 00000000-7\r\n");
  this->at.run_for(20ms);
  const auto got = this->events(*stranger);
  EXPECT_LT(got.size(), 30U);
  EXPECT_GT(got.size(), 5U);
  EXPECT_EQ(got.back(), "news:99");
  // One that is new hears what comes from now on.
  auto fresh = this->listener("/events/news");
  this->shout(news, "now");
  ASSERT_TRUE(this->at.run_until([&] { return this->events(*fresh).size() == 1; }));
}

// However much that is: it waits in the history, and no policy for slow listeners is asked.
TYPED_TEST(rest_channels_on, much_that_was_missed_is_no_slow_listener) {
  auto c = this->served();
  c.history = std::size_t{8} << 20;
  c.write_limit = 64 * 1024;
  c.write_policy = overflow::close;
  this->start(c);
  auto news = this->speak("news");
  const std::string large(50'000, 'x');
  for (int i = 0; i < 20; ++i) this->shout(news, std::to_string(i) + large);
  auto back = this->listener("/events/news", "Last-Event-ID: 00000000-1\r\n");
  this->shout(news, "and now");
  ASSERT_TRUE(this->at.run_until([&] { return back->received.contains("data: and now"); }));
  const auto got = this->events(*back);
  ASSERT_EQ(got.size(), 21U);
  for (int i = 0; i < 20; ++i) {
    const std::string begin = "news:" + std::to_string(i) + "x";
    ASSERT_TRUE(got[static_cast<std::size_t>(i)].starts_with(begin)) << i;
  }
  EXPECT_EQ(got.back(), "news:and now");
}

TYPED_TEST(rest_channels_on, clients_speak_too) {
  auto c = this->served();
  c.relay = true;
  this->start(c);
  strings heard;
  auto ear = this->at.wait(this->server->create_speaker("chat/+", [&](const message& m) {
    heard.push_back(std::string(m.topic()) + ":" + std::string(m.text()));
  }));
  ASSERT_TRUE(ear);
  auto listens = this->listener("/events/chat/room");
  EXPECT_EQ(this->ask("POST", "/events/chat/room", R"({"n":1})").status, 202);
  EXPECT_EQ(this->ask("POST", "/events/chat/%2B", "x").status, 400);
  EXPECT_EQ(this->ask("GET", "/events").status, 400);
  EXPECT_EQ(this->ask("GET", "/events?channel=a%2F%23%2Fb").status, 400);
  ASSERT_TRUE(this->at.run_until([&] { return this->events(*listens).size() == 1; }));
  EXPECT_THAT(heard, ElementsAre(R"(chat/room:{"n":1})"));
  ASSERT_TRUE(this->at.wait(ear->stop_listening()));
  EXPECT_EQ(this->ask("POST", "/events/chat/room", "2").status, 202);
  EXPECT_EQ(heard.size(), 1U);
}

TYPED_TEST(rest_channels_on, a_callback_may_hold_other_speakers) {
  this->start();
  end_while_a_speaker_is_held(this->at, *this->server, [&] { this->server.reset(); });
}

// One that reads nothing costs the others nothing, and is bounded by the policy.
TYPED_TEST(rest_channels_on, a_slow_listener_is_bounded) {
  for (const overflow policy : {overflow::reject, overflow::drop_oldest, overflow::close}) {
    auto c = this->served();
    c.write_limit = 256 * 1024;
    c.write_policy = policy;
    c.history = 0;
    this->start(c);
    auto good = this->listener("/events/news");
    auto bad = this->listener("/events/news");
    bad->read(false);
    auto news = this->speak("news");
    const std::string large(100'000, 'x');
    std::int64_t reached = 0;
    for (int i = 0; i < 200; ++i) {
      reached += this->shout(news, large);
      const auto wanted = static_cast<std::size_t>(i + 1) * large.size();
      ASSERT_TRUE(this->at.run_until([&] { return good->received.size() > wanted; }));
    }
    EXPECT_EQ(reached == 400, policy == overflow::drop_oldest) << reached;
    const bool is_gone = this->server->connections() == 1;
    EXPECT_EQ(is_gone, policy == overflow::close);
  }
}

// Signs of life, and an end that lets clients come again.
TYPED_TEST(rest_channels_on, silence_is_broken_and_the_end_is_told) {
  auto c = this->served();
  c.stream_ping = 20ms;
  this->start(c);
  auto listens = this->listener("/events/news");
  const std::size_t head = listens->received.size();
  ASSERT_TRUE(this->at.run_until([&] { return listens->received.size() > head + 15; }));
  ASSERT_TRUE(this->at.wait(this->server->close()));
  ASSERT_TRUE(this->at.run_until([&] { return listens->received.ends_with("0\r\n\r\n"); }));
  this->server.reset();
}

TYPED_TEST(rest_channels_on, there_need_not_be_any) {
  auto c = this->served();
  c.events_path = "";
  this->start(c);
  EXPECT_EQ(this->ask("GET", "/events/news").status, 404);
}

}  // namespace
}  // namespace parley::test
