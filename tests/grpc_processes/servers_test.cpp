// A server whose process is killed by SIGKILL in the middle of all that it can do, and that comes
// back where it was: each operation that waits ends with what happened, long before its deadline,
// and the client finds it again.
#include "grpc_processes/processes_on.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;

template <class L>
class grpc_server_process : public grpc_processes_on<L> {
 protected:
  // The server dies; what was open ends by `ends`; and it is there again.
  template <class F>
  void kill_and_come_back(F ends) {
    const std::uint64_t before = this->client->status().connects;
    this->server.kill();
    ends();
    this->start_again();
    this->wait_until_up(*this->client, before);
    this->expect_works(*this->client);
  }
  void expect_lost(grpc_stream& s) {
    const auto r = this->at.wait(s.read());
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error(), grpc_errc::unavailable) << r.error().to_string();
    EXPECT_FALSE(s.is_open());
    const auto more = this->at.wait(s.write(value(1)));
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error(), errc::closed) << more.error().to_string();
  }
  void expect_reads(grpc_stream& s, int first, int last) {
    for (int i = first; i <= last; ++i) {
      const auto r = this->at.wait(s.read());
      ASSERT_TRUE(r && *r);
      EXPECT_EQ((*r)->content(), value(i));
    }
  }
};
TYPED_TEST_SUITE(grpc_server_process, real_loops, loop_names);

TYPED_TEST(grpc_server_process, is_killed_in_a_call) {
  this->at_each_place([&] {
    this->start(true);
    this->connect();
    auto op = this->client->call("work", value(7));
    this->until([&] { return this->server.has_run(7); });
    this->kill_and_come_back([&] {
      const auto r = this->at.wait(std::move(op));
      ASSERT_FALSE(r);
      EXPECT_EQ(r.error(), grpc_errc::unavailable) << r.error().to_string();
      EXPECT_FALSE(r.error().hint().empty());
      // A connection, and not the server's word.
      ASSERT_TRUE(r.error().cause()) << r.error().to_string();
      EXPECT_EQ(*r.error().cause(), errc::reset);
    });
    // It may have been carried out, and so is not again.
    EXPECT_EQ(this->server.runs(7), 0);
  });
}

TYPED_TEST(grpc_server_process, is_killed_in_a_server_stream) {
  this->at_each_place([&] {
    this->start();
    this->connect();
    auto s = this->client->open("feed", grpc_kind::server_stream);
    ASSERT_TRUE(s);
    this->expect_reads(*s, 0, 2);
    this->kill_and_come_back([&] {
      // What had arrived before is heard still.
      auto r = this->at.wait(s->read());
      for (int i = 3; r && *r; r = this->at.wait(s->read()), ++i) {
        ASSERT_EQ((*r)->content(), value(i));
      }
      ASSERT_FALSE(r);
      EXPECT_EQ(r.error(), grpc_errc::unavailable) << r.error().to_string();
    });
    auto again = this->client->open("feed", grpc_kind::server_stream);
    this->expect_reads(*again, 0, 2);
  });
}

TYPED_TEST(grpc_server_process, is_killed_in_a_client_stream) {
  this->at_each_place([&] {
    this->start();
    this->connect();
    auto s = this->client->open("sink", grpc_kind::client_stream);
    ASSERT_TRUE(s);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(this->at.wait(s->write(value(i))));
    this->until([&] { return has_line(*this->server.process, "got 2"); });
    this->kill_and_come_back([&] { this->expect_lost(*s); });
    auto again = this->client->open("sink", grpc_kind::client_stream);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(this->at.wait(again->write(value(i))));
    again->end();
    this->expect_reads(*again, 3, 3);
  });
}

TYPED_TEST(grpc_server_process, is_killed_in_a_stream_both_ways) {
  this->at_each_place([&] {
    this->start();
    this->connect();
    auto s = this->client->open("mirror", grpc_kind::both);
    ASSERT_TRUE(s);
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(this->at.wait(s->write(value(i))));
      this->expect_reads(*s, i, i);
    }
    this->kill_and_come_back([&] { this->expect_lost(*s); });
    auto again = this->client->open("mirror", grpc_kind::both, value(5));
    this->expect_reads(*again, 5, 5);
  });
}

TYPED_TEST(grpc_server_process, is_killed_under_channels) {
  this->at_each_place([&] {
    this->start();
    this->connect();
    const auto other = this->connect(this->called());
    std::vector<std::string> heard;
    const auto listener = this->at.wait(this->client->create_speaker(
        "news/#", [&](const message& m) { heard.emplace_back(m.text()); }));
    auto out = this->at.wait(other->create_speaker("news/today"));
    ASSERT_TRUE(listener && out);
    EXPECT_EQ(this->at.wait(out->shout("rain"))->receivers, 1);
    this->until([&] { return heard.size() == 1; });
    this->kill_and_come_back([&] {
      // Once the other one knows that nobody is there, it says so at once.
      this->until([&] { return other->status().last_error == error(errc::refused); });
      const auto lost = this->at.wait(out->shout("lost"));
      ASSERT_FALSE(lost);
      EXPECT_EQ(lost.error(), errc::refused) << lost.error().to_string();
    });
    // The channel is there again by itself, which the speaker is told by who has heard it.
    this->until([&] {
      const auto sent = this->at.wait(out->shout("sun"));
      return sent && sent->receivers == 1;
    });
    this->until([&] { return heard.size() >= 2; });
    EXPECT_THAT(heard, ElementsAre("rain", "sun"));
  });
}

TYPED_TEST(grpc_server_process, what_may_be_repeated_waits_for_the_next_one) {
  this->at_each_place([&] {
    this->start(true);
    this->connect();
    auto op = this->client->call("work", value(7), this->repeatable());
    this->until([&] { return this->server.has_run(7); });
    EXPECT_EQ(this->server.runs(7), 1);
    this->server.kill();
    // While nobody is there.
    this->until([&] { return this->client->status().state != provider_state::up; });
    auto late = this->client->call("work", value(8), this->repeatable());
    this->at.run_for(100ms);
    EXPECT_FALSE(op.is_complete());
    this->start_again();
    for (auto* each : {&op, &late}) {
      const auto r = this->at.wait(std::move(*each));
      ASSERT_TRUE(r) << r.error().to_string();
      EXPECT_EQ(r->message.content(), value(each == &op ? 7 : 8));
    }
    EXPECT_EQ(this->server.runs(7), 1);
    EXPECT_EQ(this->server.runs(8), 1);
  });
}

TYPED_TEST(grpc_server_process, that_is_absent_is_found_when_it_appears) {
  this->at_each_place([&] {
    this->start();  // finds a place, which is free again
    this->server.kill();
    this->client = std::make_unique<grpc_provider>(this->home, this->called());
    auto up = this->client->initialize();
    this->at.run_for(100ms);
    EXPECT_FALSE(up.is_complete());
    this->start_again();
    const auto ok = this->at.wait(std::move(up));
    ASSERT_TRUE(ok) << ok.error().to_string();
    this->expect_works(*this->client);
  });
}

// S39, S129: none that may be repeated is lost, and no other one runs twice.
TYPED_TEST(grpc_server_process, is_one_of_two_and_is_killed_while_200_calls_run) {
  server_process& good = this->server;
  server_process bad;
  this->start(good);
  this->start(bad, true);
  auto config = this->called();
  for (const server_process* each : {&good, &bad}) {
    config.targets.emplace_back("127.0.0.1", grpc_config::from_uri(*uri::parse(each->url))->port);
  }
  config.host.clear();
  config.port = 0;
  config.lb_policy = grpc_balancing::round_robin;
  this->client = this->connect(config);

  std::vector<operation<grpc_reply>> ops;
  // Not one after the other, which is how the servers are asked.
  const auto may_be_repeated = [](int n) { return n % 4 < 2; };
  const auto call = [&](int n) {
    grpc_call_options how = this->repeatable();
    how.repeatable = may_be_repeated(n);
    ops.push_back(this->client->call("work", value(n), how));
  };
  const auto runs_at = [](const server_process& s) {
    int runs = 0;
    for (int n = 0; n < 200; ++n) runs += s.runs(n);
    return runs;
  };
  // Both are asked: the one that never answers holds what it is given.
  int n = 0;
  while (n < 150 || runs_at(bad) < 20) {
    ASSERT_LT(n, 180);
    for (int i = 0; i < 10; ++i) call(n++);
    this->at.run_for(20ms);
  }
  bad.kill();
  while (n < 200) call(n++);  // while the client learns of it

  int lost = 0, twice = 0;
  for (n = 0; n < 200; ++n) {
    const auto r = this->at.wait(std::move(ops[static_cast<std::size_t>(n)]));
    const int runs = good.runs(n) + bad.runs(n);
    EXPECT_TRUE(!r || r->message.content() == value(n)) << n;
    if (may_be_repeated(n)) {
      EXPECT_TRUE(r) << n << ": " << r.error().to_string();
      EXPECT_EQ(good.runs(n), 1) << n;
      twice += runs == 2 ? 1 : 0;
    } else {
      EXPECT_LE(runs, 1) << n;
      EXPECT_EQ(r.has_value(), good.runs(n) == 1) << n;
      EXPECT_TRUE(r || r.error() == grpc_errc::unavailable) << r.error().to_string();
      lost += r ? 0 : 1;
    }
  }
  // So that the above says something.
  EXPECT_GT(lost, 0);
  EXPECT_GT(twice, 0);
}

}  // namespace
}  // namespace parley::test
