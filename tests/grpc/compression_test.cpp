// How messages are compressed, by provider and by call, counted on the wire.
#include <parley/adapters/grpc/grpc_typed.hpp>

#include "cut_wire.hpp"
#include "greeter.grpc.pb.h"
#include "grpc_on.hpp"

namespace parley::test {
namespace {

using enum grpc_compression;

constexpr std::size_t large = 100'000;
constexpr std::size_t small = 10'000;  // far more than what all the rest of a call takes

template <class L>
class grpc_compressed : public grpc_on<L> {
 protected:
  void start(grpc_compression servers, grpc_compression clients) {
    client.reset();
    wire.reset();
    auto c = this->served();
    c.port = 0;
    c.compression = servers;
    server = this->up(c);
    ASSERT_TRUE(server->serve(
        "size", [](grpc_answer a) { a.reply(grpc_message(value(a.request().bytes().size()))); }));
    ASSERT_TRUE(server->serve(
        "fill", [](grpc_answer a) { a.reply(grpc_message::from_bytes(std::string(large, 'x'))); }));
    wire.emplace(this->home, this->port);
    auto by = this->called();
    by.port = wire->port();
    by.compression = clients;
    client = this->up(by);
  }
  static grpc_call_options with(std::optional<grpc_compression> how) {
    grpc_call_options o;
    o.compression = how;
    return o;
  }
  // What a large request takes on its way.
  std::size_t asks(std::optional<grpc_compression> how = std::nullopt) {
    const std::size_t before = wire->to_server();
    const auto r = this->at.wait(
        client->call("size", grpc_message::from_bytes(std::string(large, 'x')), with(how)));
    EXPECT_TRUE(r) << r.error().to_string();
    EXPECT_TRUE(r && r->message.content() == value(large));
    return wire->to_server() - before;
  }
  // And a large reply.
  std::size_t is_answered(std::optional<grpc_compression> how = std::nullopt) {
    const std::size_t before = wire->to_client();
    const auto r = this->at.wait(client->call("fill", {}, with(how)));
    EXPECT_TRUE(r) << r.error().to_string();
    EXPECT_TRUE(r && r->message.bytes().size() == large);
    return wire->to_client() - before;
  }

  std::unique_ptr<grpc_provider> server;
  std::optional<cut_wire> wire;
  std::unique_ptr<grpc_provider> client;
};
TYPED_TEST_SUITE(grpc_compressed, real_loops);

TYPED_TEST(grpc_compressed, by_call) {
  this->start(none, none);
  EXPECT_GT(this->asks(), large);
  EXPECT_LT(this->asks(gzip), small);
  EXPECT_LT(this->asks(deflate), small);
  EXPECT_GT(this->asks(none), large);
  // It is the client's word for what the client sends.
  EXPECT_GT(this->is_answered(gzip), large);
}

TYPED_TEST(grpc_compressed, by_provider) {
  this->start(none, gzip);
  EXPECT_LT(this->asks(), small);
  EXPECT_LT(this->asks(deflate), small);
  EXPECT_GT(this->asks(none), large);
  EXPECT_GT(this->is_answered(), large);
  this->start(deflate, none);
  EXPECT_GT(this->asks(), large);
  EXPECT_LT(this->is_answered(), small);
}

TYPED_TEST(grpc_compressed, streams) {
  this->start(none, none);
  std::vector<grpc_stream> ends;
  ASSERT_TRUE(
      this->server->serve_stream("s", [&](grpc_stream s) { ends.push_back(std::move(s)); }));
  for (const grpc_compression how : {none, gzip, deflate}) {
    ends.clear();
    const std::size_t before = this->wire->to_server();
    auto s = this->client->open("s", grpc_kind::both, {}, this->with(how));
    ASSERT_TRUE(s);
    for (int i = 0; i < 3; ++i) {
      auto sent = s->write(grpc_message::from_bytes(std::string(large, 'x')));
      ASSERT_TRUE(this->at.run_until([&] { return !ends.empty(); }));
      const auto got = this->read(ends.front());
      ASSERT_TRUE(got && *got);
      EXPECT_EQ((*got)->bytes().size(), large);
      EXPECT_TRUE(this->at.wait(std::move(sent)));
    }
    const std::size_t taken = this->wire->to_server() - before;
    EXPECT_TRUE(how == none ? taken > 3 * large : taken < small) << taken;
  }
}

TYPED_TEST(grpc_compressed, a_call_that_is_carried_out_again) {
  this->start(none, none);
  int runs = 0;
  std::vector<grpc_answer> unanswered;
  ASSERT_TRUE(this->server->serve("hold", [&](grpc_answer a) {
    if (++runs == 1) return unanswered.push_back(std::move(a));
    a.reply(grpc_message(value(a.request().bytes().size())));
  }));
  auto again = this->with(gzip);
  again.repeatable = true;
  const std::size_t before = this->wire->to_server();
  auto op = this->client->call("hold", grpc_message::from_bytes(std::string(large, 'x')), again);
  ASSERT_TRUE(this->at.run_until([&] { return runs == 1; }));
  this->wire->cut();
  const auto r = this->at.wait(std::move(op));
  ASSERT_TRUE(r) << r.error().to_string();
  EXPECT_EQ(r->message.content(), value(large));
  EXPECT_EQ(runs, 2);
  EXPECT_LT(this->wire->to_server() - before, small);
}

TYPED_TEST(grpc_compressed, calls_of_services_of_ones_own) {
  using parley_test::Greeting;
  this->start(none, none);
  const auto stub = parley_test::Greeter::NewStub(*grpc_typed::channel(*this->client));
  Greeting text;
  text.set_text(std::string(large, 'x'));
  const std::size_t before = this->wire->to_server();
  // That the server has no such service is said behind the request.
  auto op = grpc_typed::call<Greeting>(
      *this->client, text, [&](auto... all) { stub->async()->Greet(all...); }, this->with(gzip));
  const auto r = this->at.wait(std::move(op));
  ASSERT_TRUE(r) << r.error().to_string();
  EXPECT_EQ(r->status.error_code(), ::grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_LT(this->wire->to_server() - before, small);
}

}  // namespace
}  // namespace parley::test
