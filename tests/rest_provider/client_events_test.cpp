// Channels of a REST client over server-sent events, on every loop.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "rest_provider/rest_on.hpp"
#include "support/held_speakers.hpp"

namespace parley::test {
namespace {

// Streams that a test writes itself.
class event_origin final : public http_handler {
 public:
  void on_event(http_peer& peer, http::server::event& event, time_point now) override {
    if (const auto* begin = std::get_if<http::request_event>(&event)) {
      targets.emplace_back(begin->head->target);
      ids.emplace_back(begin->head->headers.value_of(http::field::last_event_id));
    } else if (const auto* end = std::get_if<http::request_end>(&event)) {
      const http::header type{"Content-Type", content_type};
      if (refuses_with != 0) {
        (void)peer.machine().respond(end->id, {.status = refuses_with}, std::string_view(), now);
        return;
      }
      (void)peer.machine().begin(end->id, {.headers = {&type, 1}}, std::nullopt, now);
      streams.emplace_back(&peer, end->id);
    } else if (std::holds_alternative<closed>(event)) {
      std::erase_if(streams, [&](const auto& s) { return s.first == &peer; });
      ++closes;
    }
  }
  void send(loop& home, std::string_view text) {
    for (const auto& [peer, id] : streams) {
      // It may be gone, and not have said so.
      (void)peer->machine().write(id, as_bytes(text), home.now());
      peer->wake();
    }
  }
  void end(loop& home) {
    for (const auto& [peer, id] : std::exchange(streams, {})) {
      EXPECT_TRUE(peer->machine().finish(id, {}, home.now()));
      peer->wake();
    }
  }

  std::vector<std::string> targets, ids;
  std::vector<std::pair<http_peer*, http::request_id>> streams;
  std::string content_type = "text/event-stream; charset=utf-8";
  std::uint16_t refuses_with = 0;
  int closes = 0;
};

template <class L>
class rest_events_on : public rest_on<L> {
 protected:
  rest_events_on() {
    http_server_config c;
    c.port = 0;
    server.emplace(this->home, origin, c);
    EXPECT_TRUE(server->listen());
  }
  // Before the handler.
  void TearDown() override { server.reset(); }
  rest_config listening() {
    return this->asking("http://127.0.0.1:" + std::to_string(server->local_address()->port()) +
                        "/v1");
  }
  operation<speaker> begin(rest_provider& p, std::string_view name) {
    return p.create_speaker(name, [this](const message& m) {
      got.push_back(std::string(m.topic()) + ":" + std::string(m.text()));
    });
  }
  speaker listen(rest_provider& p, std::string_view name) {
    auto s = this->at.wait(begin(p, name));
    EXPECT_TRUE(s) << s.error().to_string();
    return *s;
  }
  // A server learns by writing that nobody reads: the end of the client's bytes alone is none.
  bool is_left(int times) {
    for (int i = 0; i < 200 && origin.closes < times; ++i) {
      origin.send(this->home, ":\n\n");
      (void)this->at.run_until([&] { return origin.closes >= times; }, 20ms);
    }
    return origin.closes >= times;
  }
  bool hears(std::size_t n) {
    return this->at.run_until([&] { return got.size() >= n; });
  }

  event_origin origin;
  std::optional<http_server> server;
  std::vector<std::string> got;
};
TYPED_TEST_SUITE(rest_events_on, all_loops, loop_names);

TYPED_TEST(rest_events_on, what_a_server_sends) {
  auto client = this->up(this->listening());
  auto ear = this->listen(*client, "prices/eur");
  EXPECT_THAT(this->origin.targets, ElementsAre("/v1/events/prices/eur"));
  this->origin.send(this->home, ": hello\n\nevent: prices/eur\nid: 1\ndata: {\"v\":1}\n\n");
  this->origin.send(this->home, "data: two\ndata: lines\n\n");
  this->origin.send(this->home, "event: prices/eur;base64\ndata: AAEC\n\n");
  ASSERT_TRUE(this->hears(3));
  EXPECT_EQ(this->got[0], "prices/eur:{\"v\":1}");
  EXPECT_EQ(this->got[1], "prices/eur:two\nlines");
  EXPECT_EQ(this->got[2], std::string("prices/eur:\0\1\2", 14));
  EXPECT_EQ(client->status().pending, 0u);
}

// Filters and names that no path has go as a parameter; one stream serves all with the same name.
TYPED_TEST(rest_events_on, filters) {
  auto client = this->up(this->listening());
  auto one = this->listen(*client, "a/+/#");
  auto two = this->listen(*client, "a/+/#");
  auto odd = this->listen(*client, "x/../y");
  EXPECT_THAT(this->origin.targets,
              ElementsAre("/v1/events?channel=a%2F%2B%2F%23", "/v1/events?channel=x%2F..%2Fy"));
  this->origin.streams.pop_back();
  this->origin.send(this->home, "event: a/b/c\ndata: 1\n\n");
  ASSERT_TRUE(this->hears(2));
  EXPECT_THAT(this->got, ElementsAre("a/b/c:1", "a/b/c:1"));
  // The last listener takes the stream with it.
  EXPECT_TRUE(this->at.wait(one.stop_listening()));
  this->at.run_for(20ms);
  EXPECT_EQ(this->origin.closes, 0);
  EXPECT_TRUE(this->at.wait(two.stop_listening()));
  EXPECT_TRUE(this->is_left(1));
}

TYPED_TEST(rest_events_on, channels_are_where_the_configuration_says) {
  auto c = this->listening();
  c.events_path = "/feed/live";
  auto client = this->up(c);
  auto one = this->listen(*client, "a");
  auto two = this->listen(*client, "b/+");
  auto spoken = *this->at.wait(client->create_speaker("c"));
  auto sent = spoken.shout("x");
  ASSERT_TRUE(this->at.run_until([&] { return this->origin.targets.size() == 3; }));
  EXPECT_THAT(this->origin.targets,
              ElementsAre("/v1/feed/live/a", "/v1/feed/live?channel=b%2F%2B", "/v1/feed/live/c"));
  c.events_path = "";
  auto none = this->up(c);
  EXPECT_EQ(this->at.wait(none->create_speaker("a")).error(), errc::bad_configuration);
  c.events_path = "feed";
  rest_provider wrong(this->home, c);
  EXPECT_EQ(this->at.wait(wrong.initialize()).error(), errc::bad_configuration);
}

// It is made again, from where it was.
TYPED_TEST(rest_events_on, comes_back_with_the_last_id) {
  auto client = this->up(this->listening());
  auto ear = this->listen(*client, "news");
  this->origin.send(this->home, "retry: 1\nid: 41\ndata: a\n\nid: 42\ndata: b\n\ndata: half");
  ASSERT_TRUE(this->hears(2));
  this->origin.end(this->home);
  ASSERT_TRUE(this->at.run_until([&] { return this->origin.streams.size() == 1; }));
  EXPECT_THAT(this->origin.ids, ElementsAre("", "42"));
  this->origin.send(this->home, "id: 43\ndata: c\n\n");
  ASSERT_TRUE(this->hears(3));
  EXPECT_EQ(this->got[2], "news:c");
  EXPECT_EQ(this->watch.restored, 1u);
  // Also when the server is away for a while.
  const auto port = this->server->local_address()->port();
  this->server.reset();
  this->at.run_for(30ms);
  http_server_config c;
  c.port = port;
  this->server.emplace(this->home, this->origin, c);
  ASSERT_TRUE(this->server->listen());
  ASSERT_TRUE(this->at.run_until([&] { return this->origin.streams.size() == 1; }));
  EXPECT_EQ(this->origin.ids.back(), "43");
  EXPECT_TRUE(this->at.run_until([&] { return this->watch.restored == 2; }));
}

TYPED_TEST(rest_events_on, refusals) {
  auto client = this->up(this->listening());
  this->origin.refuses_with = 404;
  EXPECT_EQ(this->at.wait(this->begin(*client, "none")).error(), http::rest_errc::not_found);
  EXPECT_EQ(this->origin.targets.size(), 1u);
  this->origin.refuses_with = 0;
  this->origin.content_type = "text/html";
  // A page that never ends, where a stream was asked for.
  auto c = this->listening();
  c.timeout = 50ms;
  auto hasty = this->up(c);
  EXPECT_EQ(this->at.wait(this->begin(*hasty, "page")).error(), errc::timed_out);
  this->origin.content_type = "text/event-stream";
  this->origin.refuses_with = 503;
  const auto busy = this->at.wait(this->begin(*hasty, "busy"));
  ASSERT_FALSE(busy);
  EXPECT_TRUE(busy.error().is_transient()) << busy.error().to_string();
  EXPECT_EQ(hasty->status().pending, 0u);
  // Nothing goes on behind the caller's back.
  const auto asked = this->origin.targets.size();
  this->at.run_for(200ms);
  EXPECT_EQ(this->origin.targets.size(), asked);

  EXPECT_EQ(this->at.wait(client->create_speaker("a/#/b")).error(), errc::invalid_argument);
  auto homeless = this->up(this->asking({}));
  EXPECT_EQ(this->at.wait(this->begin(*homeless, "x")).error(), errc::bad_configuration);
}

TYPED_TEST(rest_events_on, an_event_without_end) {
  auto c = this->listening();
  c.max_reply = 1000;
  auto client = this->up(c);
  auto ear = this->listen(*client, "news");
  this->origin.send(this->home, "data: " + std::string(2000, 'x'));
  EXPECT_TRUE(this->is_left(1));
  EXPECT_TRUE(this->at.run_until([&] { return this->origin.streams.size() == 1; }));
  EXPECT_EQ(this->got.size(), 0u);
}

// A callback may do anything.
TYPED_TEST(rest_events_on, callbacks_that_destroy) {
  std::unique_ptr<rest_provider> client = this->up(this->listening());
  std::optional<speaker> ear;
  int heard = 0;
  const auto hear = [&](const message&) {
    ++heard;
    ear.reset();
  };
  ear = *this->at.wait(client->create_speaker("one", hear));
  this->origin.send(this->home, "data: 1\n\ndata: 2\n\n");
  ASSERT_TRUE(this->is_left(1));
  EXPECT_EQ(heard, 1);
  const auto end = [&](const message&) {
    ++heard;
    client.reset();
  };
  auto kept = *this->at.wait(client->create_speaker("two", end));
  this->origin.send(this->home, "data: 1\n\ndata: 2\n\n");
  ASSERT_TRUE(this->is_left(2));
  EXPECT_EQ(heard, 2);
  EXPECT_EQ(this->at.wait(kept.shout("x")).error(), errc::not_connected);
}

TYPED_TEST(rest_events_on, a_callback_may_hold_other_speakers) {
  auto client = this->up(this->listening());
  end_while_a_speaker_is_held(this->at, *client, [&] { client.reset(); });
}

TYPED_TEST(rest_events_on, one_that_throws) {
  auto client = this->up(this->listening());
  auto ear = *this->at.wait(
      client->create_speaker("news", [](const message&) { throw std::runtime_error("no luck"); }));
  this->origin.send(this->home, "data: 1\n\n");
  ASSERT_TRUE(this->at.run_until([&] { return !this->watch.faults.empty(); }));
  EXPECT_THAT(this->watch.faults.front(), HasSubstr("no luck"));
  EXPECT_EQ(this->origin.closes, 0);
}

TYPED_TEST(rest_events_on, shouting) {
  auto& posted = this->serve([](const seen_request& r) -> canned {
    return r.target == "/events/n" ? json_reply(R"({"receivers":3})") : canned{204, {}, {}};
  });
  auto client = this->client_of(posted);
  auto news = *this->at.wait(client->create_speaker("n"));
  EXPECT_EQ(this->at.wait(news.shout(fields("a", 1)))->receivers, 3);
  EXPECT_EQ(posted.seen.back().line(), "POST /events/n");
  EXPECT_EQ(posted.seen.back().field("Content-Type"), "application/json");
  EXPECT_EQ(posted.seen.back().body, R"({"a":1})");
  EXPECT_TRUE(this->at.wait(news.shout("text")));
  EXPECT_EQ(posted.seen.back().field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(posted.seen.back().body, "text");
  auto other = *this->at.wait(client->create_speaker("deep/er name"));
  EXPECT_EQ(this->at.wait(other.shout_bytes(as_bytes(std::string_view("\xff"))))->receivers, -1);
  EXPECT_EQ(posted.seen.back().line(), "POST /events/deep/er%20name");
  EXPECT_EQ(posted.seen.back().field("Content-Type"), "application/octet-stream");
  auto filter = *this->at.wait(client->create_speaker("a/#"));
  EXPECT_EQ(this->at.wait(filter.shout(1)).error(), errc::invalid_argument);
}

}  // namespace
}  // namespace parley::test
#endif
