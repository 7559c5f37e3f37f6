#include "sim/sim_fixture.hpp"

namespace parley::test {
namespace {

class sim_world : public sim_fixture {};

TEST_F(sim_world, carries_a_request_and_its_reply) {
  connect(b.at(7));
  ASSERT_TRUE(client.opened) << world.trace();
  ASSERT_TRUE(client.send("hello"));
  EXPECT_TRUE(world.run_until([&] { return !client.lines.empty(); })) << world.trace();
  EXPECT_EQ(client.lines, std::vector<std::string>{"re: hello"});
  ASSERT_EQ(server.sessions.size(), 1U);
  EXPECT_EQ(server.sessions[0]->from.with_port(0), sim::ip("10.0.0.1"));
}

TEST_F(sim_world, reaches_every_address_and_the_wildcard) {
  chat_server any;
  ASSERT_TRUE(any.listen(b, sim::ip("::").with_port(8)));
  chat_server v4;
  ASSERT_TRUE(v4.listen(b, sim::ip("0.0.0.0").with_port(9)));
  const address to[] = {b.addresses()[0].with_port(8), b.addresses()[1].with_port(8),
                        b.addresses()[0].with_port(9)};
  for (const address& where : to) {
    chat_peer p;
    p.connect(a, where);
    EXPECT_TRUE(world.run_until([&] { return p.opened; })) << where.to_string();
    p.close();
    EXPECT_TRUE(world.run_until([&] { return p.gone; }));
  }
  world.run_until_idle();
  EXPECT_EQ(any.sessions.size(), 2U);
  EXPECT_EQ(v4.sessions.size(), 1U);
  connect(b.addresses()[1].with_port(9));  // IPv6, where only IPv4 is listened on
  ASSERT_TRUE(client.failure);
  EXPECT_EQ(*client.failure, errc::refused);
}

TEST_F(sim_world, has_local_addresses_for_each_host) {
  chat_server local;
  ASSERT_TRUE(local.listen(b, address::local("/run/line")));
  chat_peer here;
  here.connect(b, address::local("/run/line"));
  EXPECT_TRUE(world.run_until([&] { return here.opened; }));
  chat_peer loopback;
  loopback.connect(b, sim::ip("127.0.0.1").with_port(7));
  EXPECT_TRUE(world.run_until([&] { return loopback.is_over() || loopback.opened; }));
  EXPECT_TRUE(loopback.failure) << "b listens on 10.0.0.2 only";
  chat_peer elsewhere;
  elsewhere.connect(a, address::local("/run/line"));
  EXPECT_TRUE(world.run_until([&] { return elsewhere.is_over(); }));
  EXPECT_EQ(*elsewhere.failure, errc::refused);
  here.close();
  world.run_until_idle();
}

TEST_F(sim_world, chooses_a_port_for_port_0) {
  chat_server one;
  chat_server two;
  ASSERT_TRUE(one.listen(b, b.at(0)));
  ASSERT_TRUE(two.listen(b, b.at(0)));
  EXPECT_NE(one.where().port(), 0);
  EXPECT_NE(one.where().port(), two.where().port());
  connect(two.where());
  EXPECT_TRUE(client.opened);
  EXPECT_EQ(two.sessions.size(), 1U);
  client.close();
  world.run_until_idle();
}

TEST_F(sim_world, refuses_to_listen_where_it_cannot) {
  chat_server again;
  EXPECT_EQ(again.listen(b, b.at(7)).error(), errc::io);
  EXPECT_EQ(again.listen(b, a.at(7)).error(), errc::unreachable);
}

TEST_F(sim_world, tells_why_a_connect_failed) {
  connect(b.at(70));
  EXPECT_EQ(*client.failure, errc::refused);
  EXPECT_EQ(client.failure->message(), "10.0.0.2:70");
  chat_peer lost;
  lost.connect(a, sim::ip("192.168.0.1").with_port(7));
  EXPECT_TRUE(world.run_until([&] { return lost.gone; }));
  EXPECT_EQ(*lost.failure, errc::unreachable);
  EXPECT_FALSE(lost.opened);
}

TEST_F(sim_world, ends_a_connection_that_no_acceptor_takes) {
  server.refuses = true;
  connect(b.at(7));
  EXPECT_TRUE(world.run_until([&] { return client.gone; }));
  EXPECT_TRUE(client.opened);
  EXPECT_TRUE(client.ended);
  EXPECT_FALSE(client.failure);
}

TEST_F(sim_world, closes_one_direction_at_a_time) {
  connect(b.at(7));
  ASSERT_TRUE(client.send("last"));
  client.finish();
  EXPECT_TRUE(world.run_until([&] { return client.gone; })) << world.trace();
  EXPECT_EQ(client.lines, std::vector<std::string>{"re: last"});
  EXPECT_TRUE(client.ended);
  EXPECT_FALSE(client.failure);
}

TEST_F(sim_world, answers_bytes_to_a_closed_end_by_a_reset) {
  connect(b.at(7));
  world.run_for(10ms);
  // What the client sends crosses the server's end.
  ASSERT_TRUE(client.send("too late"));
  server.close_all();
  client.pause(true);  // so that it does not see the end of the stream
  EXPECT_TRUE(world.run_until([&] { return client.gone; })) << world.trace();
  EXPECT_EQ(*client.failure, errc::reset);
}

TEST_F(sim_world, gives_up_a_connect_before_it_is_answered) {
  client.connect(a, b.at(7));
  client.close();
  EXPECT_TRUE(world.run_until([&] { return client.gone; }));
  EXPECT_FALSE(client.opened);
  world.run_until_idle();
  for (const auto& s : server.sessions) EXPECT_TRUE(s->gone);
}

TEST_F(sim_world, moves_time_only_when_nothing_is_left_to_do) {
  const time_point start = world.now();
  const wall_time wall = a.wall_now();
  EXPECT_EQ(world.run_for(90s), sim::stopped::idle);
  EXPECT_EQ(world.now() - start, 90s);
  EXPECT_EQ(a.wall_now() - wall, 90s);
  world.shift_wall(-1h);
  EXPECT_EQ(a.wall_now() - wall, 90s - 1h);
  EXPECT_EQ(a.now(), world.now());
}

TEST_F(sim_world, fires_timers_at_their_time_and_in_order) {
  struct stamp : timer {
    void fired(time_point now) override { log->push_back(now); }
    std::vector<time_point>* log = nullptr;
  };
  std::vector<time_point> log;
  stamp timers[3];
  const time_point start = world.now();
  const duration delays[] = {2h, 1ns, 30s};
  for (int i = 0; i < 3; ++i) {
    timers[i].log = &log;
    a.set_timer(timers[i], start + delays[i]);
  }
  EXPECT_EQ(world.run_until_idle(24h), sim::stopped::idle);
  EXPECT_EQ(log, (std::vector<time_point>{start + 1ns, start + 30s, start + 2h}));
}

TEST_F(sim_world, stops_at_the_bound) {
  bool called = false;
  world.after(10s, [&] { called = true; });
  EXPECT_EQ(world.run_for(9s), sim::stopped::time);
  EXPECT_FALSE(called);
  EXPECT_EQ(world.run_for(1s), sim::stopped::idle);
  EXPECT_TRUE(called);
  EXPECT_FALSE(world.run_until([] { return false; }, 5s));
}

struct busy_work : work {
  void run() override {
    if (home) home->enqueue(*this);
  }
  loop* home = nullptr;
};

TEST_F(sim_world, notices_a_livelock) {
  sim::world small(1, {.max_steps_per_instant = 100});
  sim::host& h = small.add_host("h");
  busy_work busy;
  busy.home = &h;
  h.enqueue(busy);
  EXPECT_EQ(small.run_for(1s), sim::stopped::livelock);
  completer<int> done(h);
  const auto stuck = h.wait(done.op());
  EXPECT_EQ(stuck.error(), errc::timed_out);
  EXPECT_NE(stuck.error().message().find("livelock"), std::string_view::npos);
  busy.home = nullptr;
  EXPECT_EQ(small.run_for(1s), sim::stopped::idle);
}

TEST_F(sim_world, may_let_time_pass_while_hosts_are_busy) {
  sim::world small(1, {.turn_cost = 1us, .max_steps_per_instant = 100});
  sim::host& h = small.add_host("h");
  busy_work busy;
  busy.home = &h;
  h.enqueue(busy);
  small.after(1ms, [&] { busy.home = nullptr; });
  EXPECT_EQ(small.run_for(1s), sim::stopped::idle);
}

}  // namespace
}  // namespace parley::test
