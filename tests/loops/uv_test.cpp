// What only libuv has: a loop that is the user's.
#include <parley/build_config.hpp>
#if PARLEY_HAS_UV

#include <gtest/gtest.h>
#include <uv.h>

#include <parley/adapters/uv/loop.hpp>

#include "support/line_peer.hpp"
#include "support/real_network.hpp"

namespace parley::test {
namespace {

class uv_loop : public ::testing::Test {
 public:
  uv_loop() { uv_loop_init(&raw); }
  void TearDown() override {
    uv_run(&raw, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&raw), 0) << "a handle was left open";
  }
  ::uv_loop_t raw;
  uv_timer_t own;  // of the user
  real_network network;
};

struct alarm final : timer {
  explicit alarm(std::function<void()> f) : body(std::move(f)) {}
  void fired(time_point) override { body(); }
  std::function<void()> body;
};

struct job final : work {
  explicit job(std::function<void()> f) : body(std::move(f)) {}
  void run() override { body(); }
  std::function<void()> body;
};

TEST_F(uv_loop, lets_the_users_run_return_when_nothing_is_left) {
  uv::loop loop(&raw);
  EXPECT_EQ(loop.borrowed(), &raw);
  EXPECT_EQ(uv_run(&raw, UV_RUN_DEFAULT), 0);
  line_server server;
  ASSERT_TRUE(server.listen(loop, network.any_port()));
  line_peer client(loop, server.where());
  client.driven().send("hello");
  client.on_line = [&](line_peer& self, std::string_view) {
    self.driven().finish();
    server.stop();
  };
  EXPECT_EQ(uv_run(&raw, UV_RUN_DEFAULT), 0);
  EXPECT_EQ(client.released_count, 1);
  EXPECT_EQ(server.open_count(), 0u);
}

TEST_F(uv_loop, keeps_the_users_run_going_for_deadlines_and_completions) {
  uv::loop loop(&raw);
  int fired = 0;
  int ran = 0;
  job last([&] { ++ran; });
  alarm timer([&] {
    ++fired;
    loop.enqueue(last);
  });
  loop.set_timer(timer, loop.now() + std::chrono::milliseconds(5));
  EXPECT_EQ(uv_run(&raw, UV_RUN_DEFAULT), 0);
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(ran, 1);
}

TEST_F(uv_loop, may_be_destroyed_while_the_users_loop_runs_on) {
  auto loop = std::make_unique<uv::loop>(&raw);
  auto server = std::make_unique<line_server>();
  ASSERT_TRUE(server->listen(*loop, network.any_port()));
  auto client = std::make_unique<line_peer>(*loop, server->where());
  while (!client->is_open() || server->peers.empty()) uv_run(&raw, UV_RUN_ONCE);

  // The user's own timer goes on before and after.
  uv_timer_init(&raw, &own);
  int ticks = 0;
  own.data = &ticks;
  uv_timer_start(&own, [](uv_timer_t* t) { ++*static_cast<int*>(t->data); }, 1, 1);
  while (ticks == 0) uv_run(&raw, UV_RUN_ONCE);

  int ran = 0;
  job posted([&] { ++ran; });
  loop->post(posted);
  client->close();
  server->stop();
  server->close_all();
  loop.reset();  // no turn of the uv loop in between
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(client->released_count, 1);
  client.reset();
  server.reset();
  ticks = 0;
  while (ticks < 3) uv_run(&raw, UV_RUN_ONCE);
  uv_close(reinterpret_cast<uv_handle_t*>(&own), nullptr);
}

TEST_F(uv_loop, may_be_destroyed_before_it_ever_ran) {
  {
    uv::loop loop(&raw);
  }
  uv::loop another(&raw);
}

TEST_F(uv_loop, may_be_destroyed_while_a_cancelled_name_is_on_its_way) {
  auto loop = std::make_unique<uv::loop>(&raw);
  struct request final : resolve_request {
    void resolved(result<std::vector<address>>) override { ++count; }
    int count = 0;
  };
  std::vector<std::unique_ptr<request>> names(20);
  for (auto& n : names) {
    n = std::make_unique<request>();
    n->host = "localhost";
    loop->resolve(*n);
  }
  for (auto& n : names) loop->cancel(*n);
  loop.reset();
  uv_run(&raw, UV_RUN_DEFAULT);
  for (auto& n : names) EXPECT_EQ(n->count, 0);
}

TEST_F(uv_loop, shares_a_uv_loop_with_another_one) {
  uv::loop a(&raw), b(&raw);
  line_server server;
  ASSERT_TRUE(server.listen(a, network.any_port()));
  line_peer client(b, server.where());
  client.driven().send("from b to a");
  client.on_line = [&](line_peer& self, std::string_view) {
    self.driven().finish();
    server.stop();
  };
  uv_run(&raw, UV_RUN_DEFAULT);
  EXPECT_EQ(client.released_count, 1);
}

// uv_stop() is the user's: what waits is done when the loop runs again.
TEST_F(uv_loop, goes_on_after_the_user_has_stopped) {
  uv::loop loop(&raw);
  int ran = 0;
  job second([&] { ++ran; });
  job first([&] {
    ++ran;
    uv_stop(&raw);
    loop.enqueue(second);
  });
  loop.enqueue(first);
  uv_run(&raw, UV_RUN_DEFAULT);
  uv_run(&raw, UV_RUN_DEFAULT);
  EXPECT_EQ(ran, 2);
}

}  // namespace
}  // namespace parley::test

#endif
