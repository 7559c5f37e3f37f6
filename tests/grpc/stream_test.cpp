// Streams of the three kinds, with back-pressure (S34 to S36, S128).
#include "grpc_on.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <class L>
class grpc_streams : public grpc_on<L> {
 protected:
  void SetUp() override {
    server = this->serve();
    client = this->call();
  }
  grpc_stream open(std::string_view name, grpc_kind kind, grpc_message first = {}) {
    auto s = client->open(name, kind, std::move(first));
    EXPECT_TRUE(s);
    return *s;
  }

  // A server's end whose handler does nothing but keep it.
  void kept(std::string_view name) {
    EXPECT_TRUE(
        server->serve_stream(name, [this](grpc_stream s) { ends.push_back(std::move(s)); }));
  }
  grpc_stream& wait_for_end() {
    EXPECT_TRUE(this->at.run_until([&] { return !ends.empty(); }));
    return ends.front();
  }

  std::unique_ptr<grpc_provider> server, client;
  std::vector<grpc_stream> ends;
};
TYPED_TEST_SUITE(grpc_streams, real_loops);

task<void> count(grpc_stream s) {
  auto request = co_await s.read();
  const std::int64_t to = *(*request)->content()["to"].as_int();
  for (std::int64_t i = 1; i <= to; ++i) {
    grpc_message m(std::to_string(i));
    auto ok = co_await s.write(std::move(m));
    if (!ok) co_return;
  }
  s.end();
}

TYPED_TEST(grpc_streams, a_server_sends_many_replies) {  // S34, S128
  ASSERT_TRUE(this->server->serve_stream("count", [this](grpc_stream s) {
    EXPECT_EQ(s.kind(), grpc_kind::server_stream);
    EXPECT_EQ(s.name(), "count");
    (void)spawn(this->home, count(std::move(s)));
  }));
  auto s = this->open("count", grpc_kind::server_stream, fields("to", 3));
  EXPECT_THAT(this->read_all(s), ElementsAre("1", "2", "3"));
  EXPECT_FALSE(s.is_open());
  EXPECT_EQ(this->at.wait(s.write(value(1))).error(), errc::misuse);
}

task<void> join(grpc_stream s) {
  std::string all;
  for (;;) {
    auto next = co_await s.read();
    if (!next) co_return;
    if (!*next) break;
    all += (*next)->content().text();
  }
  grpc_message m(all);
  (void)co_await s.write(std::move(m));
  s.end();
}

TYPED_TEST(grpc_streams, a_client_sends_many_requests) {  // S35
  ASSERT_TRUE(this->server->serve_stream(
      "join", [this](grpc_stream s) { (void)spawn(this->home, join(std::move(s))); }));
  auto s = this->open("join", grpc_kind::client_stream);
  for (const char* text : {"a", "b", "c"}) EXPECT_TRUE(this->at.wait(s.write(value(text))));
  s.end();
  EXPECT_THAT(this->read_all(s), ElementsAre("abc"));
  EXPECT_EQ(this->at.wait(s.write(value(1))).error(), errc::closed);
}

task<void> reply_each(grpc_stream s) {
  for (;;) {
    auto next = co_await s.read();
    if (!next || !*next) break;
    (void)co_await s.write(**std::move(next));
  }
  s.end();
}

TYPED_TEST(grpc_streams, both_ends_send_in_any_order) {  // S36
  ASSERT_TRUE(this->server->serve_stream(
      "echo", [this](grpc_stream s) { (void)spawn(this->home, reply_each(std::move(s))); }));
  auto s = this->open("echo", grpc_kind::both, value("first"));
  EXPECT_EQ((*this->read(s))->content(), value("first"));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(this->at.wait(s.write(grpc_message::from_bytes(std::to_string(i)))));
    const auto back = this->read(s);
    ASSERT_TRUE(back && *back);
    EXPECT_EQ(as_text((*back)->bytes()), std::to_string(i));
  }
  s.end();
  EXPECT_THAT(this->read_all(s), IsEmpty());
}

TYPED_TEST(grpc_streams, a_stream_without_messages_ends_well) {
  ASSERT_TRUE(this->server->serve_stream(
      "echo", [this](grpc_stream s) { (void)spawn(this->home, reply_each(std::move(s))); }));
  auto s = this->open("echo", grpc_kind::both);
  s.end();
  EXPECT_THAT(this->read_all(s), IsEmpty());
}

TYPED_TEST(grpc_streams, who_does_not_read_holds_back_who_writes) {  // S128
  this->kept("flood");
  auto s = this->open("flood", grpc_kind::server_stream);
  grpc_stream& end = this->wait_for_end();
  const std::string large(256 * 1024, 'x');
  // Without a reader gRPC takes some, and the queue before it is bounded.
  int taken = 0, refused = 0, written = 0;
  const auto fill = [&] {
    end.write(grpc_message::from_bytes(std::string(large))).then([&](result<void> r) {
      r ? ++written : r.error() == errc::queue_full ? ++refused : 0;
    });
    ++taken;
    return taken > 400;
  };
  EXPECT_FALSE(this->at.run_until([&] { return fill() || refused > 20; }) && taken > 400);
  EXPECT_LT(written, taken - refused);
  EXPECT_GT(end.queued_bytes(), 0U);
  EXPECT_LE(end.queued_bytes(), std::size_t{1} << 20);
  // With one all of it comes.
  int came = 0;
  end.end();
  for (;;) {
    const auto next = this->read(s);
    ASSERT_TRUE(next) << next.error().to_string();
    if (!*next) break;
    EXPECT_EQ((*next)->bytes().size(), large.size());
    ++came;
  }
  EXPECT_EQ(written, came);
  EXPECT_EQ(written + refused, taken);
}

TYPED_TEST(grpc_streams, a_writer_that_waits_is_as_slow_as_its_reader) {
  this->kept("sink");
  auto s = this->open("sink", grpc_kind::client_stream);
  grpc_stream& end = this->wait_for_end();
  int sent = 0;
  const std::string large(256 * 1024, 'x');
  const auto send = [](grpc_stream to, const std::string& bytes, int& n) -> task<void> {
    for (; n < 40; ++n) {
      auto m = grpc_message::from_bytes(std::string(bytes));
      auto ok = co_await to.write(std::move(m));
      if (!ok) co_return;
    }
    to.end();
  };
  (void)spawn(this->home, send(s, large, sent));
  this->at.run_for(100ms);
  EXPECT_LT(sent, 40);
  int came = 0;
  for (;;) {
    const auto next = this->at.wait(end.read());
    ASSERT_TRUE(next);
    if (!*next) break;
    ++came;
  }
  EXPECT_EQ(came, 40);
  ASSERT_TRUE(this->at.wait(end.write(value("done"))));
  EXPECT_EQ(this->at.wait(end.write(value("more"))).error(), errc::misuse);
  end.end();
  EXPECT_THAT(this->read_all(s), ElementsAre("done"));
}

TYPED_TEST(grpc_streams, an_error_of_the_handler_ends_it_with_code_and_trailer) {
  ASSERT_TRUE(this->server->serve_stream("fails", [](grpc_stream s) {
    EXPECT_TRUE(s.set_trailer("left", "2"));
    EXPECT_EQ(s.set_trailer("Left", "2").error(), errc::invalid_argument);
    (void)s.write(value("one"));
    s.end(error(grpc_errc::out_of_range, "no more"));
  }));
  ASSERT_TRUE(this->server->serve_stream("throws",
                                         [](grpc_stream) { throw std::runtime_error("broken"); }));
  ASSERT_TRUE(this->server->serve_stream("drops", [](grpc_stream) {}));
  auto s = this->open("fails", grpc_kind::server_stream);
  auto next = this->read(s);
  while (next && *next) next = this->read(s);  // it may overtake the message
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error(), grpc_errc::out_of_range);
  EXPECT_EQ(next.error().message(), "no more");
  EXPECT_EQ(find(s.trailers(), "left"), "2");
  // It stays so.
  EXPECT_EQ(this->read(s).error(), grpc_errc::out_of_range);
  auto thrown = this->open("throws", grpc_kind::both);
  EXPECT_EQ(this->read(thrown).error(), errc::callback_threw);
  auto dropped = this->open("drops", grpc_kind::client_stream);
  EXPECT_EQ(this->read(dropped).error(), errc::cancelled);
  auto unknown = this->open("nobody", grpc_kind::both);
  EXPECT_EQ(this->read(unknown).error(), errc::not_supported);
}

TYPED_TEST(grpc_streams, a_client_that_cancels_or_lets_go_is_noticed) {
  this->kept("stream");
  for (const grpc_kind kind :
       {grpc_kind::server_stream, grpc_kind::client_stream, grpc_kind::both}) {
    this->ends.clear();
    std::optional<grpc_stream> s = this->open("stream", kind);
    grpc_stream& end = this->wait_for_end();
    if (kind == grpc_kind::server_stream) {
      s->cancel();
      EXPECT_EQ(this->read(*s).error(), errc::cancelled);
    }
    s.reset();
    EXPECT_TRUE(this->at.run_until([&] { return !end.is_open(); }));
    EXPECT_EQ(this->at.wait(end.write(value(1))).error(), errc::closed);
  }
}

TYPED_TEST(grpc_streams, a_server_that_cancels_is_noticed) {
  this->kept("stream");
  auto s = this->open("stream", grpc_kind::both);
  this->wait_for_end().cancel();
  EXPECT_EQ(this->read(s).error(), errc::cancelled);
  EXPECT_EQ(this->at.wait(this->ends.front().read()).error(), errc::closed);
}

TYPED_TEST(grpc_streams, one_read_at_a_time) {
  this->kept("stream");
  auto s = this->open("stream", grpc_kind::both);
  auto first = s.read();
  EXPECT_EQ(this->read(s).error(), errc::misuse);
  grpc_stream& end = this->wait_for_end();
  auto there = end.read();
  EXPECT_EQ(this->at.wait(end.read()).error(), errc::misuse);
  ASSERT_TRUE(this->at.wait(end.write(value("now"))));
  EXPECT_EQ((*this->at.wait(std::move(first)))->content(), value("now"));
  s.end();
  EXPECT_FALSE(*this->at.wait(std::move(there)));
}

TYPED_TEST(grpc_streams, a_deadline_ends_a_stream) {
  this->kept("stream");
  grpc_call_options soon;
  soon.timeout = 50ms;
  auto s = this->client->open("stream", grpc_kind::both, {}, soon);
  EXPECT_EQ(this->read(*s).error(), errc::timed_out);
}

TYPED_TEST(grpc_streams, ends_may_outlive_their_providers) {
  this->kept("stream");
  auto s = this->open("stream", grpc_kind::both);
  grpc_stream& end = this->wait_for_end();
  auto waits = s.read();
  auto waits_there = end.read();
  this->client.reset();
  EXPECT_EQ(this->at.wait(std::move(waits)).error(), errc::cancelled);
  this->server.reset();
  EXPECT_EQ(this->at.wait(std::move(waits_there)).error().kind(), error_class::cancelled);
  EXPECT_FALSE(s.is_open());
  EXPECT_FALSE(end.is_open());
  EXPECT_EQ(this->read(s).error(), errc::cancelled);
  EXPECT_EQ(this->at.wait(s.write(value(1))).error(), errc::closed);
  EXPECT_EQ(this->at.wait(end.write(value(1))).error(), errc::closed);
}

}  // namespace
}  // namespace parley::test
