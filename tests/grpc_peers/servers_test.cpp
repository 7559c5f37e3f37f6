// Our client against other people's servers, on every loop.
#include <limits>

#include "grpc_peers/programs.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;

const std::vector<value>& exact_values() {
  using limit = std::numeric_limits<std::int64_t>;
  static const std::vector<value> all{
      value(limit::min()),
      value(limit::max()),
      value((std::int64_t{1} << 53) + 1),
      value(std::numeric_limits<std::uint64_t>::max()),
      value(nullptr),
      value(false),
      value(0.1),
      value("gr\xc3\xbc\xc3\x9f"),
      value::from_bytes(as_bytes(all_bytes())),
      value::object(),
      array(),
      fields("z", array(1, -1), "a", ""),
  };
  return all;
}

task<result<std::vector<std::int64_t>>> integers(grpc_stream s) {
  std::vector<std::int64_t> got;
  for (;;) {
    auto next = co_await s.read();
    if (!next) co_return std::unexpected(next.error());
    if (!*next) co_return got;
    got.push_back(integer_of(**next));
  }
}

task<result<void>> send_up_to(grpc_stream s, std::int64_t end) {
  for (std::int64_t i = 0; i < end; ++i) {
    value next(i);
    if (auto ok = co_await s.write(std::move(next)); !ok) co_return ok;
  }
  s.end();
  co_return result<void>();
}

template <class L>
class grpc_servers_on : public grpc_peers_on<L> {
 protected:
  void expect_values() {
    for (const value& sent : exact_values()) {
      const auto got = this->at.wait(this->ours->call("echo", sent));
      ASSERT_TRUE(got) << got.error().to_string();
      EXPECT_EQ(got->message.content(), sent);
    }
    std::string raw;
    for (int i = 0; i < 4000; ++i) raw += all_bytes();
    auto got = this->at.wait(this->ours->call("echo", grpc_message::from_bytes(as_bytes(raw))));
    ASSERT_TRUE(got) << got.error().to_string();
    EXPECT_TRUE(got->message.is_raw());
    EXPECT_TRUE(std::move(got->message).take_bytes() == raw);
  }
  void expect_streams() {
    auto down = this->ours->open("count", grpc_kind::server_stream, 1000);
    ASSERT_TRUE(down);
    const auto counted = this->at.wait(spawn(this->home, integers(*std::move(down))));
    ASSERT_TRUE(counted) << counted.error().to_string();
    ASSERT_EQ(counted->size(), 1000u);
    EXPECT_EQ(counted->back(), 999);

    for (const auto kind : {grpc_kind::client_stream, grpc_kind::both}) {
      const bool is_sum = kind == grpc_kind::client_stream;
      auto s = this->ours->open(is_sum ? "sum" : "mirror", kind);
      ASSERT_TRUE(s);
      auto sending = spawn(this->home, send_up_to(*s, 1000));
      const auto got = this->at.wait(spawn(this->home, integers(*s)));
      EXPECT_TRUE(this->at.wait(std::move(sending)));
      ASSERT_TRUE(got) << got.error().to_string();
      ASSERT_EQ(got->size(), is_sum ? 1u : 1000u);
      EXPECT_EQ(got->back(), is_sum ? 499500 : 999);
    }
  }
  void expect_errors() {
    const auto refused = this->at.wait(this->ours->call("fail", nullptr));
    ASSERT_FALSE(refused);
    const error& why = refused.error();
    EXPECT_EQ(why.kind(), error_class::limit) << why.to_string();
    EXPECT_THAT(why.to_string(), HasSubstr("the shelf"));
    EXPECT_EQ(why.hint(), "take something away");
    EXPECT_EQ(why.retry_after(), 250ms);
    const auto unknown = this->at.wait(this->ours->call("nobody has this", nullptr));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error(), grpc_errc::unimplemented) << unknown.error().to_string();
    grpc_call_options soon;
    soon.timeout = 200ms;
    const auto late = this->at.wait(this->ours->call("sleep", nullptr, soon));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error(), errc::timed_out) << late.error().to_string();
  }
  void expect_metadata() {
    const grpc_metadata sent{{"x-ask", "who"}};
    grpc_call_options options;
    options.metadata = &sent;
    const auto got = this->at.wait(this->ours->call("meta", 1, options));
    ASSERT_TRUE(got) << got.error().to_string();
    EXPECT_EQ(got->message.content(), value(1));
    EXPECT_EQ(find(got->headers, "x-answer"), "who");
    EXPECT_EQ(find(got->trailers, "x-end-bin"), std::string_view("\xab\0who", 5));
  }
  void expect_channels() {
    std::vector<std::string> heard;
    const auto on_message = [&](const message& m) {
      heard.push_back(std::string(m.topic()) + " " + std::string(m.text()));
    };
    auto listening = this->at.wait(this->ours->create_speaker("news/+", on_message));
    ASSERT_TRUE(listening) << listening.error().to_string();
    EXPECT_TRUE(this->at.run_until([&] { return !heard.empty(); }));
    EXPECT_THAT(heard, ::testing::ElementsAre("news/one {\"n\":1}"));
    auto speaker = this->at.wait(this->ours->create_speaker("news/today"));
    ASSERT_TRUE(speaker);
    const auto told = this->at.wait(speaker->shout("rain"));
    ASSERT_TRUE(told) << told.error().to_string();
    EXPECT_EQ(told->receivers, 4);
    EXPECT_TRUE(this->at.wait(listening->stop_listening()));
  }
  void expect_all(const std::vector<std::string>& words) {
    for (const wire w : {wire::tcp, wire::tls}) {
      SCOPED_TRACE(static_cast<int>(w));
      ASSERT_NO_FATAL_FAILURE(this->start(words, w));
      expect_values();
      expect_streams();
      expect_errors();
      expect_metadata();
      expect_channels();
      EXPECT_TRUE(this->at.wait(this->ours->close()));
      this->ours.reset();
    }
  }
  void expect_an_end_with(const std::vector<std::string>& words) {
    ASSERT_NO_FATAL_FAILURE(this->start(words, wire::tcp));
    auto call = this->ours->call("sleep", nullptr);
    auto s = this->ours->open("mirror", grpc_kind::both, 1);
    ASSERT_TRUE(s);
    const auto first = this->at.wait(s->read());
    ASSERT_TRUE(first) << first.error().to_string();
    this->theirs->kill();
    const auto got = this->at.wait(std::move(call));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind(), error_class::transient) << got.error().to_string();
    const auto next = this->at.wait(s->read());
    ASSERT_FALSE(next);
    EXPECT_EQ(next.error().kind(), error_class::transient) << next.error().to_string();
  }
};
TYPED_TEST_SUITE(grpc_servers_on, real_loops, loop_names);

TYPED_TEST(grpc_servers_on, python) {  // S33 to S38, S43 to S45
  this->expect_all(python_peer());
}

TYPED_TEST(grpc_servers_on, python_that_is_killed) { this->expect_an_end_with(python_peer()); }

#if PARLEY_TEST_GRPC_NODE
TYPED_TEST(grpc_servers_on, node) {  // S33 to S38, S43 to S45
  this->expect_all(node_peer());
}

TYPED_TEST(grpc_servers_on, node_that_is_killed) { this->expect_an_end_with(node_peer()); }
#endif

}  // namespace
}  // namespace parley::test
