// Each fault by itself: what both ends see of it.
#include "sim/sim_fixture.hpp"

namespace parley::test {
namespace {

class sim_faults : public sim_fixture {};

TEST_F(sim_faults, reset_reaches_both_ends) {
  connect();
  world.reset(a, b);
  world.run_for(1s);
  ASSERT_TRUE(client.failure && session().failure);
  EXPECT_EQ(*client.failure, errc::reset);
  EXPECT_EQ(*session().failure, errc::reset);
  EXPECT_TRUE(client.gone && session().gone);
}

TEST_F(sim_faults, half_open_is_found_by_a_deadline_only) {
  connect();
  chat_peer patient(30s);
  patient.connect(a, b.at(7));
  ASSERT_TRUE(world.run_until([&] { return patient.opened; }));
  world.half_open(a, b);
  ASSERT_TRUE(client.send("anyone there"));
  ASSERT_TRUE(patient.send("anyone there"));
  const time_point sent = world.now();
  world.run_for(15min);
  EXPECT_FALSE(client.is_over()) << "nobody told it, and it has no deadline";
  ASSERT_TRUE(patient.failure);
  EXPECT_EQ(*patient.failure, errc::timed_out);
  EXPECT_EQ(patient.failed_at - sent, 30s);
  world.run_for(1min);
  ASSERT_TRUE(client.failure) << "its kernel gives up";
  EXPECT_EQ(client.failed_at - sent, 924s);
  EXPECT_FALSE(session().is_over()) << "it sent nothing";
  chat_peer next;
  next.connect(a, b.at(7));
  EXPECT_TRUE(world.run_until([&] { return next.opened; })) << "new connections work";
  next.close();
  server.close_all();
  world.run_until_idle();
}

TEST_F(sim_faults, partition_delays_until_it_heals) {
  connect();
  world.partition(a, b);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(client.send(std::to_string(i)));
  world.run_for(15min);
  EXPECT_TRUE(session().lines.empty());
  world.heal(a, b);
  ASSERT_TRUE(is_answered(10, 1s)) << world.trace();
  EXPECT_EQ(client.lines.front(), "re: 0");
  EXPECT_EQ(client.lines.back(), "re: 9");
  EXPECT_FALSE(client.is_over());
}

TEST_F(sim_faults, partition_that_lasts_breaks_who_sends) {
  connect();
  chat_peer quiet;
  quiet.connect(a, b.at(7));
  ASSERT_TRUE(world.run_until([&] { return quiet.opened; }));
  world.partition(a, b);
  world.run_for(1h);
  EXPECT_FALSE(client.is_over()) << "it has sent nothing yet";
  ASSERT_TRUE(client.send("anyone there"));
  world.run_for(1h);
  ASSERT_TRUE(client.failure);
  EXPECT_EQ(*client.failure, errc::timed_out);
  world.heal(a, b);
  ASSERT_TRUE(quiet.send("hello"));
  EXPECT_TRUE(world.run_until([&] { return !quiet.lines.empty(); }, 1s));
  quiet.close();
  world.run_until_idle();
}

TEST_F(sim_faults, partition_holds_what_is_on_its_way) {
  world.set_default_link({.latency_min = 10ms, .latency_max = 10ms});
  connect();
  ASSERT_TRUE(client.send("before"));
  world.run_for(5ms);
  world.partition(a, b);
  world.run_for(1min);
  EXPECT_TRUE(session().lines.empty());
  ASSERT_TRUE(client.send("during"));
  world.heal(a, b);
  world.run_for(5ms);
  ASSERT_TRUE(client.send("after"));
  ASSERT_TRUE(is_answered(3, 1s));
  EXPECT_EQ(server.heard(), (std::vector<std::string>{"before", "during", "after"}));
}

TEST_F(sim_faults, cut_stops_one_direction) {
  connect();
  world.cut(b, a);
  ASSERT_TRUE(client.send("one way"));
  world.run_for(1min);
  EXPECT_EQ(server.heard(), std::vector<std::string>{"one way"});
  EXPECT_TRUE(client.lines.empty());
  world.heal(a, b);
  EXPECT_TRUE(is_answered(1, 1s));
}

TEST_F(sim_faults, lossy_partition_leaves_dead_connections) {
  connect();
  world.partition(a, b, true);
  world.run_for(1min);
  world.heal(a, b);
  ASSERT_TRUE(client.send("lost"));
  world.run_for(15min);
  EXPECT_TRUE(server.heard().empty());
  EXPECT_FALSE(client.is_over());
  chat_peer next;
  next.connect(a, b.at(7));
  EXPECT_TRUE(world.run_until([&] { return next.opened; }, 1s));
  next.close();
  world.run_until_idle();
}

TEST_F(sim_faults, connect_waits_for_the_end_of_a_partition) {
  world.partition(a, b);
  client.connect(a, b.at(7));
  world.run_for(1min);
  EXPECT_FALSE(client.opened || client.is_over());
  world.heal(a, b);
  EXPECT_TRUE(world.run_until([&] { return client.opened; }, 1s));
}

TEST_F(sim_faults, connect_times_out) {
  world.partition(a, b);
  const time_point start = world.now();
  client.connect(a, b.at(7));
  ASSERT_TRUE(world.run_until([&] { return client.gone; }));
  EXPECT_EQ(*client.failure, errc::timed_out);
  EXPECT_EQ(world.now() - start, 127s);
  world.heal(a, b);
  world.run_until_idle();
  EXPECT_TRUE(server.sessions.empty()) << "what was given up does not arrive";
}

TEST_F(sim_faults, connect_times_out_when_only_the_answer_is_lost) {
  world.cut(b, a);
  client.connect(a, b.at(7));
  ASSERT_TRUE(world.run_until([&] { return client.gone; }));
  EXPECT_EQ(*client.failure, errc::timed_out);
  world.run_until_idle();
  ASSERT_EQ(server.sessions.size(), 1U);
  EXPECT_TRUE(session().gone) << "the client's side tells it";
}

TEST_F(sim_faults, crash_of_a_process_resets_its_peers) {
  b.on_boot([&] { ASSERT_TRUE(server.listen(b, b.at(7))); });
  connect();
  b.crash();
  world.run_for(1s);
  EXPECT_EQ(*client.failure, errc::reset);
  EXPECT_TRUE(session().gone) << "machines of the dead process are released";
  chat_peer early;
  early.connect(a, b.at(7));
  ASSERT_TRUE(world.run_until([&] { return early.gone; }));
  EXPECT_EQ(*early.failure, errc::refused);
  b.restart();
  chat_peer again;
  again.connect(a, b.at(7));
  EXPECT_TRUE(world.run_until([&] { return again.opened; }));
  again.close();
  world.run_until_idle();
}

TEST_F(sim_faults, power_loss_is_silent_until_the_restart) {
  b.on_boot([&] { ASSERT_TRUE(server.listen(b, b.at(7))); });
  connect();
  b.crash(sim::crash_kind::power);
  chat_peer early;
  early.connect(a, b.at(7));
  world.run_for(1h);
  EXPECT_FALSE(client.is_over());
  ASSERT_TRUE(early.failure);
  EXPECT_EQ(*early.failure, errc::timed_out);
  b.restart();
  world.run_for(1s);
  EXPECT_FALSE(client.is_over()) << "nobody tells it";
  ASSERT_TRUE(client.send("and now"));
  ASSERT_TRUE(world.run_until([&] { return client.gone; }, 1s));
  EXPECT_EQ(*client.failure, errc::reset);
}

TEST_F(sim_faults, power_loss_delays_what_is_sent_until_the_restart) {
  b.on_boot([&] { ASSERT_TRUE(server.listen(b, b.at(7))); });
  connect();
  b.crash(sim::crash_kind::power);
  ASSERT_TRUE(client.send("anyone there"));
  chat_peer patient;
  patient.connect(a, b.at(7));
  world.run_for(1min);
  EXPECT_FALSE(client.is_over() || patient.opened);
  b.restart();
  EXPECT_TRUE(world.run_until([&] { return client.gone && patient.opened; }, 1s));
  EXPECT_EQ(*client.failure, errc::reset) << "the new process knows no such connection";
  patient.close();
  world.run_until_idle();
}

TEST_F(sim_faults, a_host_that_is_down_reaches_nobody) {
  connect();
  a.crash();
  ASSERT_TRUE(world.run_until([&] { return client.gone; }));
  EXPECT_EQ(*client.failure, errc::reset);
  chat_peer p;
  p.connect(a, b.at(7));
  ASSERT_TRUE(world.run_until([&] { return p.gone; }));
  EXPECT_EQ(*p.failure, errc::unreachable);
  chat_server s;
  EXPECT_EQ(s.listen(a, a.at(1)).error(), errc::unreachable);
  a.restart();
  EXPECT_TRUE(s.listen(a, a.at(1)));
}

TEST_F(sim_faults, strike_after_any_byte_of_a_reply) {
  const std::string reply = "re: hello\n";
  for (std::uint64_t n = 0; n <= reply.size(); ++n) {
    chat_peer p;
    p.connect(a, b.at(7));
    ASSERT_TRUE(world.run_until([&] { return p.opened; }));
    world.break_after(b, a, n, sim::fault::reset);
    ASSERT_TRUE(p.send("hello"));
    world.run_for(1s);
    // Without a byte, and with all of them, the next byte is what strikes.
    if (!p.gone) {
      ASSERT_TRUE(p.send("more"));
    }
    ASSERT_TRUE(world.run_until([&] { return p.gone; })) << n;
    EXPECT_EQ(p.bytes_read, n);
    EXPECT_EQ(p.lines.size(), n == reply.size() ? 1U : 0U);
    EXPECT_EQ(*p.failure, errc::reset);
  }
}

TEST_F(sim_faults, strike_after_any_byte_of_a_request) {
  b.on_boot([&] { ASSERT_TRUE(server.listen(b, b.at(7))); });
  for (const auto what : {sim::fault::crash, sim::fault::power_loss}) {
    for (std::uint64_t n = 1; n <= 6; ++n) {
      chat_peer p(10s);
      p.connect(a, b.at(7));
      ASSERT_TRUE(world.run_until([&] { return p.opened; }));
      world.break_after(a, b, n, what);
      ASSERT_TRUE(p.send("hello"));
      ASSERT_TRUE(world.run_until([&] { return !b.is_up(); }));
      EXPECT_EQ(session(server.sessions.size() - 1).bytes_read, n);
      EXPECT_EQ(server.heard().size() > 0, n == 6) << "the last byte ends the line";
      world.run_until_idle();
      // The reply to a whole line left before the host died; then this machine
      // waits for nothing more, and silence tells it nothing.
      EXPECT_EQ(p.lines.size(), n == 6 ? 1U : 0U);
      EXPECT_EQ(p.gone, n < 6 || what == sim::fault::crash);
      if (p.failure) {
        EXPECT_EQ(*p.failure, what == sim::fault::crash ? errc::reset : errc::timed_out);
      }
      p.close();
      world.run_until_idle();
      server.sessions.clear();
      b.restart();
    }
  }
}

TEST_F(sim_faults, strike_inside_a_reply_as_silence) {
  connect();
  chat_peer p(10s);
  p.connect(a, b.at(7));
  ASSERT_TRUE(world.run_until([&] { return p.opened; }));
  world.break_after(b, a, 3, sim::fault::half_open);
  ASSERT_TRUE(p.send("hello"));
  world.run_for(15min);
  EXPECT_EQ(p.bytes_read, 3U);
  EXPECT_FALSE(p.is_over()) << "bytes came, and this machine waits for no more than that";
  EXPECT_TRUE(client.send("others go on"));
  EXPECT_TRUE(is_answered(1));
  p.close();
  world.run_until_idle();
}

TEST_F(sim_faults, are_scheduled_at_a_time) {
  connect();
  world.after(5s, [&] { world.reset(a, b); });
  world.run_for(4999ms);
  EXPECT_FALSE(client.is_over());
  world.run_for(2ms);
  EXPECT_TRUE(client.gone);
}

}  // namespace
}  // namespace parley::test
