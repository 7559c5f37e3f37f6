// Services with schemas of a user's own, on the same server and over the same channel.
#include <parley/adapters/grpc/grpc_typed.hpp>

#include "greeter.grpc.pb.h"
#include "grpc_on.hpp"

namespace parley::test {
namespace {

using parley_test::Greeter;
using parley_test::Greeting;

Greeting greeting(std::string text) {
  Greeting g;
  g.set_text(std::move(text));
  return g;
}

// In gRPC's threads, as its users write it.
class greeter_service final : public Greeter::CallbackService {
  using context = ::grpc::CallbackServerContext;

  ::grpc::ServerUnaryReactor* Greet(context* c, const Greeting* from, Greeting* to) override {
    auto* const reactor = c->DefaultReactor();
    if (from->text() == "fail") {
      reactor->Finish({::grpc::StatusCode::NOT_FOUND, "nobody of that name"});
      return reactor;
    }
    if (from->text() == "never") return reactor;  // until it is cancelled: see below
    for (const auto& [name, text] : c->client_metadata()) {
      if (name == "who") c->AddTrailingMetadata("to", std::string(text.data(), text.size()));
    }
    to->set_text("hello " + from->text());
    reactor->Finish(::grpc::Status::OK);
    return reactor;
  }

  ::grpc::ServerWriteReactor<Greeting>* Count(context*, const Greeting* from) override {
    struct counter final : ::grpc::ServerWriteReactor<Greeting> {
      explicit counter(std::string t) : text(std::move(t)) { next(); }
      void next() {
        if (++n > 3) return Finish(::grpc::Status::OK);
        out = greeting(text + std::to_string(n));
        StartWrite(&out);
      }
      void OnWriteDone(bool ok) override { ok ? next() : Finish(::grpc::Status::CANCELLED); }
      void OnDone() override { delete this; }
      std::string text;
      Greeting out;
      int n = 0;
    };
    return new counter(from->text());
  }

  ::grpc::ServerReadReactor<Greeting>* Join(context*, Greeting* to) override {
    struct joiner final : ::grpc::ServerReadReactor<Greeting> {
      explicit joiner(Greeting* t) : to(t) { StartRead(&in); }
      void OnReadDone(bool ok) override {
        if (!ok) return Finish(::grpc::Status::OK);
        to->set_text(to->text() + in.text());
        StartRead(&in);
      }
      void OnDone() override { delete this; }
      Greeting in;
      Greeting* to;
    };
    return new joiner(to);
  }

  ::grpc::ServerBidiReactor<Greeting, Greeting>* Echo(context*) override {
    struct echoing final : ::grpc::ServerBidiReactor<Greeting, Greeting> {
      echoing() { StartRead(&m); }
      void OnReadDone(bool ok) override { ok ? StartWrite(&m) : Finish(::grpc::Status::OK); }
      void OnWriteDone(bool ok) override { ok ? StartRead(&m) : Finish(::grpc::Status::CANCELLED); }
      void OnDone() override { delete this; }
      Greeting m;
    };
    return new echoing;
  }
};

template <class L>
class grpc_typed_calls : public grpc_on<L> {
 protected:
  using stream = grpc_typed_stream<Greeting, Greeting>;

  void SetUp() override {
    server = std::make_unique<grpc_provider>(this->home, this->served());
    EXPECT_TRUE(grpc_typed::add_service(*server, service));
    EXPECT_TRUE(this->at.wait(server->initialize()));
    this->port = server->local_address()->port();
    EXPECT_EQ(grpc_typed::add_service(*server, service).error(), errc::misuse);
    client = this->call();
    stub = Greeter::NewStub(*grpc_typed::channel(*client));
  }
  void TearDown() override { stub.reset(); }

  auto greet(std::string text, grpc_call_options options = {}) {
    return grpc_typed::call<Greeting>(
        *client, greeting(std::move(text)),
        [&](auto* context, auto* request, auto* reply, auto done) {
          stub->async()->Greet(context, request, reply, std::move(done));
        },
        options);
  }
  stream open(const char* method) {
    const auto start =
        grpc_typed::by_name<Greeting, Greeting>(*grpc_typed::channel(*client), method);
    auto s = grpc_typed::open<Greeting, Greeting>(*client, start);
    EXPECT_TRUE(s);
    return *s;
  }
  strings read_all(stream& s) {
    strings all;
    for (;;) {
      auto next = this->at.wait(s.read());
      if (!next || !*next) return all;
      all.push_back((*next)->text());
    }
  }

  greeter_service service;
  std::unique_ptr<grpc_provider> server, client;
  std::unique_ptr<Greeter::Stub> stub;
};
TYPED_TEST_SUITE(grpc_typed_calls, real_loops);

TYPED_TEST(grpc_typed_calls, a_generated_stub_calls_a_generated_service) {
  const grpc_metadata who{{"who", "ann"}};
  grpc_call_options how;
  how.metadata = &who;
  const auto r = this->at.wait(this->greet("bob", how));
  ASSERT_TRUE(r);
  EXPECT_TRUE(r->status.ok());
  EXPECT_EQ(r->message.text(), "hello bob");
  EXPECT_EQ(find(r->trailers, "to"), "ann");
  const grpc_metadata bad{{"who", "ann\n"}};
  how.metadata = &bad;
  EXPECT_EQ(this->at.wait(this->greet("bob", how)).error(), errc::invalid_argument);
  // Beside parley's own.
  this->answer(*this->server, "echo", echo);
  EXPECT_EQ(this->ask(*this->client, "echo", value(1)), value(1));
}

TYPED_TEST(grpc_typed_calls, a_status_is_the_outcome_and_an_error_if_one_wishes) {
  const auto r = this->at.wait(this->greet("fail"));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->status.error_code(), ::grpc::StatusCode::NOT_FOUND);
  const error why = grpc_typed::error_of(r->status);
  EXPECT_EQ(why, grpc_errc::not_found);
  EXPECT_EQ(why.message(), "nobody of that name");
}

TYPED_TEST(grpc_typed_calls, streams_of_each_kind) {
  auto count = this->open("/parley_test.Greeter/Count");
  (void)count.write(greeting("n"));
  count.end();
  EXPECT_THAT(this->read_all(count), ::testing::ElementsAre("n1", "n2", "n3"));
  EXPECT_TRUE(this->at.wait(count.finish())->ok());

  auto join = this->open("/parley_test.Greeter/Join");
  for (const char* text : {"a", "b"}) EXPECT_TRUE(this->at.wait(join.write(greeting(text))));
  join.end();
  EXPECT_THAT(this->read_all(join), ::testing::ElementsAre("ab"));

  const auto start = [&](auto* context, auto* reactor) {
    this->stub->async()->Echo(context, reactor);
  };
  auto echoes = grpc_typed::open<Greeting, Greeting>(*this->client, start);
  ASSERT_TRUE(echoes);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(this->at.wait(echoes->write(greeting(std::to_string(i)))));
    EXPECT_EQ((*this->at.wait(echoes->read()))->text(), std::to_string(i));
  }
  echoes->end();
  EXPECT_TRUE(this->read_all(*echoes).empty());
  auto unknown = this->open("/parley_test.Greeter/Nothing");
  EXPECT_TRUE(this->read_all(unknown).empty());
  EXPECT_EQ(this->at.wait(unknown.finish())->error_code(), ::grpc::StatusCode::UNIMPLEMENTED);
}

TYPED_TEST(grpc_typed_calls, cancelling_and_the_end_of_the_provider) {
  auto s = this->open("/parley_test.Greeter/Echo");
  s.cancel();
  EXPECT_EQ(this->at.wait(s.finish())->error_code(), ::grpc::StatusCode::CANCELLED);
  auto other = this->open("/parley_test.Greeter/Echo");
  auto waits = other.read();
  auto call = this->greet("bob");
  this->stub.reset();
  this->client.reset();
  EXPECT_EQ(this->at.wait(std::move(waits)).error(), errc::cancelled);
  EXPECT_EQ(this->at.wait(std::move(call)).error(), errc::cancelled);
  EXPECT_EQ(this->at.wait(other.write(greeting("x"))).error(), errc::closed);
}

// Servers that know nothing of parley.
TYPED_TEST(grpc_typed_calls, a_server_without_channels_is_a_server_all_the_same) {
  ::grpc::ServerBuilder builder;
  int chosen = 0;
  builder.AddListeningPort("127.0.0.1:0", ::grpc::InsecureServerCredentials(), &chosen);
  greeter_service alone;
  builder.RegisterService(&alone);
  const auto foreign = builder.BuildAndStart();
  this->stub.reset();
  auto config = this->called();
  config.port = static_cast<std::uint16_t>(chosen);
  this->client = this->up(config);
  this->stub = Greeter::NewStub(*grpc_typed::channel(*this->client));
  EXPECT_EQ(this->at.wait(this->greet("bob"))->message.text(), "hello bob");
  EXPECT_EQ(this->at.wait(this->client->create_speaker("a", [](const message&) {})).error(),
            errc::not_supported);
  EXPECT_EQ(this->ask(*this->client, "x", value()).error(), grpc_errc::unimplemented);
  foreign->Shutdown(std::chrono::system_clock::now());
}

}  // namespace
}  // namespace parley::test
