// What only Asio has: executors that are the user's, and completion tokens.
#include <parley/build_config.hpp>
#if PARLEY_HAS_ASIO

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <parley/adapters/asio/use.hpp>

#include "support/line_peer.hpp"
#include "support/real_network.hpp"

namespace parley::test {
namespace {

namespace net = boost::asio;
using std::chrono::milliseconds;

class asio_loop : public ::testing::Test {
 public:
  net::io_context context;
  real_network network;
  void run() {
    context.restart();
    context.run();
  }
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

// A client that says hello and ends when it has heard the echo.
void talk(loop& serving, loop& asking, const address& at, const std::function<void()>& run) {
  line_server server;
  ASSERT_TRUE(server.listen(serving, at));
  line_peer client(asking, server.where());
  client.driven().send("hello");
  client.on_line = [&](line_peer& self, std::string_view) {
    self.driven().finish();
    server.stop();
  };
  run();
  EXPECT_TRUE(client.lines.empty());
  EXPECT_EQ(client.failed_count, 0);
  EXPECT_EQ(client.released_count, 1);
  EXPECT_EQ(server.open_count(), 0u);
}

TEST_F(asio_loop, lets_the_users_run_return_when_nothing_is_left) {
  asio::loop loop(context);
  run();
  talk(loop, loop, network.any_port(), [&] { run(); });
}

TEST_F(asio_loop, keeps_the_users_run_going_for_deadlines_completions_and_names) {
  asio::loop loop(context);
  int fired = 0, ran = 0;
  job last([&] { ++ran; });
  alarm timer([&] {
    ++fired;
    loop.enqueue(last);
  });
  struct request final : resolve_request {
    void resolved(result<std::vector<address>>) override { ++count; }
    int count = 0;
  } name;
  name.host = "localhost";
  loop.set_timer(timer, loop.now() + milliseconds(5));
  loop.resolve(name);
  run();
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(name.count, 1);
}

// As on libuv: back-pressure alone keeps nothing running.
TEST_F(asio_loop, a_connection_that_neither_reads_nor_writes_lets_run_return) {
  asio::loop loop(context);
  line_server server;
  ASSERT_TRUE(server.listen(loop, network.any_port()));
  line_peer client(loop, server.where());
  while (!client.is_open() || server.peers.empty()) context.run_one();
  server.stop();
  client.pause(true);
  server.peers[0]->pause(true);
  run();
  EXPECT_TRUE(client.is_open());
  client.close();
  server.close_all();
  run();
  EXPECT_EQ(client.released_count, 1);
}

TEST_F(asio_loop, works_on_a_strand_of_the_user) {
  asio::loop loop(net::make_strand(context));
  talk(loop, loop, network.any_port(), [&] { run(); });
}

TEST_F(asio_loop, shares_a_context_with_another_one) {
  asio::loop a(context), b(context.get_executor());
  talk(a, b, network.any_port(), [&] { run(); });
}

TEST_F(asio_loop, may_be_destroyed_while_the_context_runs_on) {
  auto loop = std::make_unique<asio::loop>(context);
  auto server = std::make_unique<line_server>();
  ASSERT_TRUE(server->listen(*loop, network.any_port()));
  auto client = std::make_unique<line_peer>(*loop, server->where());
  while (!client->is_open() || server->peers.empty()) context.run_one();
  alarm later([] {});
  loop->set_timer(later, loop->now() + std::chrono::hours(1));
  context.poll();
  int ran = 0;
  job posted([&] { ++ran; });
  loop->post(posted);
  client->close();
  server->stop();
  server->close_all();
  loop.reset();  // no handler of the context in between
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(client->released_count, 1);
  client.reset();
  server.reset();
  run();  // nothing of it keeps the context
}

TEST_F(asio_loop, its_handlers_may_outlive_it_until_the_context_ends) {
  auto own = std::make_unique<net::io_context>();
  auto loop = std::make_unique<asio::loop>(*own);
  line_server server;
  ASSERT_TRUE(server.listen(*loop, network.any_port()));
  line_peer client(*loop, server.where());
  while (!client.is_open() || server.peers.empty()) own->run_one();
  client.close();
  server.stop();
  server.close_all();
  loop.reset();
  EXPECT_EQ(client.released_count, 1);
  own.reset();
}

// The user's exception comes out of run(), and the loop can be used further.
TEST_F(asio_loop, what_posted_work_throws_reaches_who_runs_the_context) {
  asio::loop loop(context);
  job throws([] { throw std::runtime_error("from work"); });
  int ran = 0;
  job next([&] { ++ran; });
  loop.post(throws);
  loop.post(next);
  EXPECT_THROW(context.run(), std::runtime_error);
  run();
  EXPECT_EQ(ran, 1);
}

// --- completion tokens

struct completes_later {
  explicit completes_later(loop& home, int value)
      : done(home), timer([this, value] { done.complete(value); }) {
    home.set_timer(timer, home.now() + milliseconds(1));
  }
  completer<int> done;
  alarm timer;
};

net::awaitable<int> sum_of(operation<int> a, operation<int> b) {
  const result<int> x = co_await asio::use(std::move(a));
  const result<int> y = co_await asio::use(std::move(b), net::use_awaitable);
  co_return x.value_or(0) + y.value_or(0);
}

TEST_F(asio_loop, coroutines_of_asio_await_operations) {
  asio::loop loop(context);
  completes_later a(loop, 40), b(loop, 2);
  int sum = 0;
  net::co_spawn(loop.get_executor(), sum_of(a.done.op(), b.done.op()),
                [&](std::exception_ptr, int s) { sum = s; });
  run();
  EXPECT_EQ(sum, 42);
}

TEST_F(asio_loop, errors_arrive_as_a_value_with_their_hint) {
  asio::loop loop(context);
  std::optional<result<int>> got;
  const error why = error(errc::refused, "there").with_hint("start it");
  asio::use(operation<int>::finished(loop, std::unexpected(why)),
            [&](result<int> r) { got.emplace(std::move(r)); });
  EXPECT_FALSE(got);  // never from inside
  run();
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->error() == errc::refused);
  EXPECT_EQ(got->error().hint(), "start it");
}

TEST_F(asio_loop, an_operation_may_be_deferred_and_given_its_token_later) {
  asio::loop loop(context);
  completes_later later(loop, 7);
  auto deferred = asio::use(later.done.op());
  int got = 0;
  std::move(deferred)([&](result<int> r) { got = *r; });
  run();
  EXPECT_EQ(got, 7);
}

TEST_F(asio_loop, the_handlers_executor_is_used_and_kept_running) {
  asio::loop loop(context);
  net::io_context other;
  completes_later later(loop, 7);
  int got = 0;
  asio::use(later.done.op(), net::bind_executor(other, [&](result<int> r) { got = *r; }));
  EXPECT_EQ(other.poll(), 0u);
  EXPECT_FALSE(other.stopped());  // there is something to wait for
  run();
  EXPECT_EQ(got, 0);
  other.run();
  EXPECT_EQ(got, 7);
  EXPECT_TRUE(other.stopped());
}

// Ends its operations as cancelled, as providers do.
struct cancels final : canceller {
  void cancel(operation_base& op) override {
    ++count;
    op.complete_error(error(errc::cancelled));
  }
  int count = 0;
};

TEST_F(asio_loop, a_cancellation_slot_cancels_the_operation) {
  asio::loop loop(context);
  completer<int> never(loop);
  cancels who;
  never.state()->set_canceller(&who);
  net::cancellation_signal stop;
  std::optional<result<int>> got;
  asio::use(never.op(), net::bind_cancellation_slot(
                            stop.slot(), [&](result<int> r) { got.emplace(std::move(r)); }));
  stop.emit(net::cancellation_type::total);  // it cannot promise that nothing was done
  context.poll();
  EXPECT_EQ(who.count, 0);
  stop.emit(net::cancellation_type::terminal);
  EXPECT_FALSE(got);
  run();
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->error() == errc::cancelled);
  stop.emit(net::cancellation_type::terminal);  // leads nowhere now
  run();
  EXPECT_EQ(who.count, 1);
}

TEST_F(asio_loop, on_starts_an_operation_from_anywhere) {
  asio::loop loop(context);
  std::future<result<int>> f =
      asio::on(loop, [&] { return operation<int>::finished(loop, 5); }, net::use_future);
  run();
  EXPECT_EQ(*f.get(), 5);
}

TEST_F(asio_loop, on_does_not_start_what_was_cancelled_before) {
  asio::loop loop(context);
  net::cancellation_signal stop;
  int started = 0;
  std::optional<result<int>> got;
  net::post(loop.get_executor(), [&] {
    auto start = [&] {
      ++started;
      return operation<int>::finished(loop, 5);
    };
    asio::on(loop, start, net::bind_cancellation_slot(stop.slot(), [&](result<int> r) {
               got.emplace(std::move(r));
             }));
    stop.emit(net::cancellation_type::terminal);
  });
  run();
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->error() == errc::cancelled);
  EXPECT_EQ(started, 0);
}

net::awaitable<void> waits_for(operation<int> op, std::optional<result<int>>& got) {
  got.emplace(co_await asio::use(std::move(op)));
}

// A coroutine that is cancelled is resumed with the operation's own error.
TEST_F(asio_loop, cancelling_a_coroutine_cancels_what_it_awaits) {
  asio::loop loop(context);
  completer<int> never(loop);
  cancels who;
  never.state()->set_canceller(&who);
  net::cancellation_signal stop;
  std::optional<result<int>> got;
  net::co_spawn(loop.get_executor(), waits_for(never.op(), got),
                net::bind_cancellation_slot(stop.slot(), net::detached));
  context.poll();
  EXPECT_FALSE(got);
  stop.emit(net::cancellation_type::terminal);
  run();
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->error() == errc::cancelled);
  EXPECT_EQ(who.count, 1);
}

}  // namespace
}  // namespace parley::test

#endif
