// Servers that are absent, die in the middle, come back, or are something else.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "cut_wire.hpp"
#include "grpc_on.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;

template <class L>
class grpc_faults : public grpc_on<L> {
 protected:
  // A client behind a wire that can be cut.
  std::unique_ptr<grpc_provider> call_by(const cut_wire& wire) {
    auto c = this->called();
    c.port = wire.port();
    return this->up(std::move(c));
  }
  // Until the server has a call or a stream in its hands.
  template <class F>
  void until(F condition) {
    ASSERT_TRUE(this->at.run_until(condition));
  }
};
TYPED_TEST_SUITE(grpc_faults, real_loops);

TYPED_TEST(grpc_faults, an_absent_server_is_named_and_the_cause_is_true) {
  auto config = this->called_on_socket();
  config.connect_timeout = 200ms;
  grpc_provider client(this->home, config);
  const auto up = this->at.wait(client.initialize());
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error(), errc::refused) << up.error().to_string();
  EXPECT_THAT(std::string(up.error().message()), HasSubstr("grpc.sock"));
  EXPECT_FALSE(up.error().hint().empty());
  // A call says the same, at once.
  EXPECT_EQ(this->ask(client, "x", value()).error(), errc::refused);
}

TYPED_TEST(grpc_faults, a_server_that_appears_is_found) {
  grpc_provider client(this->home, this->called_on_socket());
  auto up = client.initialize();
  this->at.run_for(30ms);
  EXPECT_FALSE(up.is_complete());
  // What is called meanwhile fails or waits, and is never lost without a word.
  auto early = client.call("echo", value("early"));
  const auto server = this->up(this->served_on_socket());
  this->answer(*server, "echo", echo);
  const auto ok = this->at.wait(std::move(up));
  ASSERT_TRUE(ok) << ok.error().to_string();
  (void)this->at.wait(std::move(early));
  EXPECT_EQ(this->ask(client, "echo", value(1)), value(1));
}

TYPED_TEST(grpc_faults, initialize_may_fail_and_the_client_still_finds_the_server_later) {
  auto config = this->called_on_socket();
  config.connect_timeout = 50ms;
  grpc_provider client(this->home, config);
  EXPECT_FALSE(this->at.wait(client.initialize()));
  const auto server = this->up(this->served_on_socket());
  this->answer(*server, "echo", echo);
  this->until([&] { return client.status().state == provider_state::up; });
  EXPECT_EQ(this->ask(client, "echo", value(1)), value(1));
}

TYPED_TEST(grpc_faults, the_first_call_after_a_restart_succeeds) {
  auto server = this->serve();
  this->answer(*server, "echo", echo);
  const auto client = this->call();
  EXPECT_EQ(this->ask(*client, "echo", value(1)), value(1));
  for (int i = 0; i < 3; ++i) {
    server.reset();
    server = this->serve();
    this->answer(*server, "echo", echo);
    // The client may not have noticed yet that the old one has gone.
    const std::uint64_t before = client->status().connects;
    this->until([&] { return client->status().connects > before; });
    EXPECT_EQ(this->ask(*client, "echo", value(i)), value(i));
  }
}

TYPED_TEST(grpc_faults, the_same_providers_come_up_again_after_close) {
  (void)this->serve();  // finds a port, which is free again
  const auto server = this->serve();
  this->answer(*server, "echo", echo);
  const auto client = this->call();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(this->ask(*client, "echo", value(i)), value(i));
    ASSERT_TRUE(this->at.wait(client->close()));
    EXPECT_EQ(client->status().state, provider_state::closed);
    EXPECT_EQ(this->at.wait(client->call("echo", value())).error(), errc::not_connected);
    ASSERT_TRUE(this->at.wait(server->close()));
    EXPECT_FALSE(server->local_address());
    ASSERT_TRUE(this->at.wait(server->initialize()));  // handlers stay
    const auto up = this->at.wait(client->initialize());
    ASSERT_TRUE(up) << up.error().to_string();
  }
}

TYPED_TEST(grpc_faults, a_call_whose_server_dies_ends_with_an_error) {
  const auto server = this->serve();
  std::vector<grpc_answer> kept;
  ASSERT_TRUE(server->serve("never", [&](grpc_answer a) { kept.push_back(std::move(a)); }));
  cut_wire wire(this->home, this->port);
  const auto client = this->call_by(wire);
  auto op = client->call("never", value());
  this->until([&] { return !kept.empty(); });
  wire.cut();
  const auto r = this->at.wait(std::move(op));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), grpc_errc::unavailable) << r.error().to_string();
  this->until([&] { return kept.front().is_cancelled(); });
  // It was carried out once: what was not said to be repeatable is not.
  EXPECT_EQ(kept.size(), 1U);
  this->until([&] { return client->status().state == provider_state::up; });
}

TYPED_TEST(grpc_faults, a_repeatable_call_is_carried_out_again) {
  const auto server = this->serve();
  std::vector<grpc_answer> kept;
  ASSERT_TRUE(server->serve("once", [&](grpc_answer a) {
    if (!kept.empty()) a.reply(a.request());
    kept.push_back(std::move(a));
  }));
  cut_wire wire(this->home, this->port);
  const auto client = this->call_by(wire);
  grpc_call_options again;
  again.repeatable = true;
  auto op = client->call("once", value(7), again);
  this->until([&] { return !kept.empty(); });
  wire.cut();
  const auto r = this->at.wait(std::move(op));
  ASSERT_TRUE(r) << r.error().to_string();
  EXPECT_EQ(r->message.content(), value(7));
  EXPECT_EQ(kept.size(), 2U);
}

TYPED_TEST(grpc_faults, a_repeatable_call_gives_up_at_its_deadline_and_can_be_cancelled) {
  auto server = this->serve();
  auto config = this->called();
  config.retry.max_attempts = std::nullopt;
  config.retry.base = 5ms;
  const auto client = this->up(config);
  server.reset();
  this->until([&] { return client->status().state == provider_state::waiting; });
  grpc_call_options again;
  again.repeatable = true;
  again.timeout = 100ms;
  const auto late = this->at.wait(client->call("x", value(), again));
  ASSERT_FALSE(late);
  EXPECT_TRUE(late.error() == errc::refused || late.error() == errc::timed_out)
      << late.error().to_string();
  again.timeout = 10s;
  auto op = client->call("x", value(), again);
  this->at.run_for(20ms);
  op.cancel();
  EXPECT_EQ(this->at.wait(std::move(op)).error(), errc::cancelled);
}

TYPED_TEST(grpc_faults, streams_whose_server_dies_end_with_an_error) {
  const auto server = this->serve();
  std::vector<grpc_stream> ends;
  ASSERT_TRUE(server->serve_stream("s", [&](grpc_stream s) { ends.push_back(std::move(s)); }));
  cut_wire wire(this->home, this->port);
  const auto client = this->call_by(wire);
  for (const grpc_kind kind :
       {grpc_kind::server_stream, grpc_kind::client_stream, grpc_kind::both}) {
    ends.clear();
    this->until([&] { return client->status().state == provider_state::up; });
    auto s = client->open("s", kind);
    ASSERT_TRUE(s);
    this->until([&] { return !ends.empty(); });
    if (kind != grpc_kind::client_stream) {
      ASSERT_TRUE(this->at.wait(ends.front().write(value("one"))));
      EXPECT_EQ((*this->read(*s))->content(), value("one"));
    } else {
      ASSERT_TRUE(this->at.wait(s->write(value("one"))));
    }
    wire.cut();
    EXPECT_EQ(this->read(*s).error(), grpc_errc::unavailable);
    // The server has lost its client, and tells it from an end that was meant.
    this->until([&] { return !ends.front().is_open(); });
  }
}

TYPED_TEST(grpc_faults, a_client_that_disappears_is_an_error_at_the_reader) {
  const auto server = this->serve();
  std::vector<grpc_stream> ends;
  ASSERT_TRUE(server->serve_stream("s", [&](grpc_stream s) { ends.push_back(std::move(s)); }));
  cut_wire wire(this->home, this->port);
  const auto client = this->call_by(wire);
  auto s = client->open("s", grpc_kind::client_stream, value("one"));
  this->until([&] { return !ends.empty(); });
  EXPECT_EQ((*this->at.wait(ends.front().read()))->content(), value("one"));
  auto next = ends.front().read();
  wire.cut();
  const auto r = this->at.wait(std::move(next));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::cancelled);
}

TYPED_TEST(grpc_faults, a_server_that_goes_silent_ends_calls_at_their_deadline) {
  const auto server = this->serve();
  this->answer(*server, "echo", echo);
  cut_wire wire(this->home, this->port);
  const auto client = this->call_by(wire);
  wire.swallow();
  call_options soon;
  soon.timeout = 100ms;
  EXPECT_EQ(this->ask(*client, "echo", value(), soon).error(), errc::timed_out);
}

TYPED_TEST(grpc_faults, who_answers_with_garbage_is_no_server) {
  struct babbler final : acceptor {
    driver* accept(connection& c, const address&) override {
      peers.push_back(std::make_unique<raw_peer>(c));
      peers.back()->send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n\xff\xff\xff");
      return peers.back()->driven();
    }
    std::vector<std::unique_ptr<raw_peer>> peers;
  } babbler;
  const auto listener = *this->home.listen(*address::parse_ip("127.0.0.1", 0), babbler);
  auto config = this->called();
  config.port = listener->local_address().port();
  config.connect_timeout = 300ms;
  grpc_provider client(this->home, config);
  const auto up = this->at.wait(client.initialize());
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error().kind(), error_class::transient) << up.error().to_string();
}

// S130: a browser speaks another HTTP, and is refused.
TYPED_TEST(grpc_faults, garbage_on_the_port_harms_nobody) {
  const auto server = this->serve();
  this->answer(*server, "echo", echo);
  const auto client = this->call();
  raw_peer stranger(this->home, *address::parse_ip("127.0.0.1", this->port));
  stranger.send("GET / HTTP/1.1\r\n\r\n");
  stranger.send(std::string(10'000, '\xff'));
  EXPECT_EQ(this->ask(*client, "echo", value(1)), value(1));
  this->until([&] { return stranger.is_gone() || stranger.has_ended; });
  EXPECT_EQ(this->ask(*client, "echo", value(2)), value(2));
}

TYPED_TEST(grpc_faults, a_socket_is_taken_over_only_if_nobody_listens) {  // S32, S150
  const auto first = this->up(this->served_on_socket());
  const std::string path = this->folder / "grpc.sock";
  struct stat s{};
  ASSERT_EQ(::stat(path.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777U, 0600U);
  grpc_provider second(this->home, this->served_on_socket());
  const auto taken = this->at.wait(second.initialize());
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().to_string(), HasSubstr("somebody listens"));
  // The first is unharmed.
  this->answer(*first, "echo", echo);
  const auto client = this->up(this->called_on_socket());
  EXPECT_EQ(this->ask(*client, "echo", value(1)), value(1));
  ASSERT_TRUE(this->at.wait(first->close()));
  EXPECT_NE(::stat(path.c_str(), &s), 0);
  // One that was left behind.
  {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::strncpy(to.sun_path, path.c_str(), sizeof to.sun_path - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    ::close(fd);
  }
  auto config = this->served_on_socket();
  config.socket_mode = 0660;
  {
    const auto third = this->up(config);
    ASSERT_EQ(::stat(path.c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 0777U, 0660U);
  }
  // No socket at all.
  this->folder.write("grpc.sock", "text");
  grpc_provider fourth(this->home, config);
  EXPECT_FALSE(this->at.wait(fourth.initialize()));
  EXPECT_EQ(::stat(path.c_str(), &s), 0);
}

TYPED_TEST(grpc_faults, two_servers_cannot_have_one_port) {
  const auto first = this->serve();
  grpc_provider second(this->home, this->served());
  const auto taken = this->at.wait(second.initialize());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error(), errc::io);
}

TYPED_TEST(grpc_faults, close_waits_for_calls_that_run) {
  const auto server = this->serve();
  std::vector<grpc_answer> kept;
  ASSERT_TRUE(server->serve("later", [&](grpc_answer a) { kept.push_back(std::move(a)); }));
  const auto client = this->call();
  auto op = client->call("later", value());
  this->until([&] { return !kept.empty(); });
  auto closing = server->close();
  this->at.run_for(30ms);
  EXPECT_FALSE(closing.is_complete());
  kept.front().reply(grpc_message(value("done")));
  ASSERT_TRUE(this->at.wait(std::move(closing)));
  const auto r = this->at.wait(std::move(op));
  ASSERT_TRUE(r) << r.error().to_string();
  EXPECT_EQ(r->message.content(), value("done"));
}

// Its stream has no end of its own: the server would wait for it until stop_timeout.
TYPED_TEST(grpc_faults, a_client_that_comes_while_it_closes_is_not_waited_for) {
  auto config = this->served();
  config.stop_timeout = 60s;
  const auto server = this->up(config);
  grpc_provider client(this->home, this->called());
  auto coming = client.initialize();
  // gRPC has it, and the loop has not heard of it.
  std::this_thread::sleep_for(300ms);
  const auto closing = server->close();
  EXPECT_TRUE(this->at.run_until([&] { return closing.is_complete(); }));
  EXPECT_TRUE(this->at.wait(client.close()));
}

TYPED_TEST(grpc_faults, close_waits_no_longer_than_it_is_told) {
  auto config = this->served();
  config.stop_timeout = 50ms;
  const auto server = this->up(config);
  std::vector<grpc_answer> kept;
  ASSERT_TRUE(server->serve("never", [&](grpc_answer a) { kept.push_back(std::move(a)); }));
  const auto client = this->call();
  auto op = client->call("never", value());
  this->until([&] { return !kept.empty(); });
  ASSERT_TRUE(this->at.wait(server->close()));
  EXPECT_TRUE(kept.front().is_cancelled());
  EXPECT_FALSE(this->at.wait(std::move(op)));
}

}  // namespace
}  // namespace parley::test
