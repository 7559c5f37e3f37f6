// Asio's contexts that many threads run: the loop's strand keeps it whole.
#include <parley/build_config.hpp>
#if PARLEY_HAS_ASIO

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <parley/adapters/asio/use.hpp>
#include <thread>

#include "support/line_peer.hpp"
#include "support/real_network.hpp"

namespace parley::test {
namespace {

namespace net = boost::asio;

// Runs f on the loop's strand and waits for it.
template <class F>
void on_strand(asio::loop& loop, F f) {
  std::promise<void> done;
  net::post(loop.get_executor(), [&] {
    f();
    done.set_value();
  });
  done.get_future().wait();
}

// Clients and a server on a loop of a pool, used on its strand only.
class talk {
 public:
  static constexpr std::size_t many = 8;
  static constexpr int rounds = 50;

  talk(asio::loop& loop, const address& at) : loop_(loop) {
    on_strand(loop_, [&] {
      EXPECT_TRUE(server_.listen(loop_, at));
      for (std::size_t i = 0; i < many; ++i) begin();
    });
  }
  bool is_over() {
    bool over = false;
    on_strand(loop_, [&] { over = finished_ == many && server_.open_count() == 0; });
    return over;
  }
  void stop() {
    on_strand(loop_, [&] { server_.stop(); });
  }

 private:
  void begin() {
    auto& c = *clients_.emplace_back(std::make_unique<line_peer>(loop_, server_.where()));
    c.driven().send("0");
    c.on_line = [](line_peer& self, std::string_view text) {
      const int next = std::stoi(std::string(text)) + 1;
      next == rounds ? self.driven().finish() : self.driven().send(std::to_string(next));
    };
    c.on_released = [this](line_peer&) { ++finished_; };
  }

  asio::loop& loop_;
  line_server server_;
  std::vector<std::unique_ptr<line_peer>> clients_;
  std::size_t finished_ = 0;
};

TEST(asio_threads, a_pool_of_threads_runs_several_loops) {
  real_network network;
  net::thread_pool pool(4);
  asio::loop a(pool), b(pool);
  talk first(a, network.any_port()), second(b, network.any_port());
  const patience left;
  while (!(first.is_over() && second.is_over())) {
    ASSERT_FALSE(left.is_over());
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  first.stop();
  second.stop();
  pool.join();
}

// Completes what it is asked for a moment later, on its loop.
class echo final {
 public:
  explicit echo(asio::loop& home) : home_(home) {}
  operation<int> ask(int value) {
    auto* q = new question(home_, value);
    return q->done.op();
  }

 private:
  struct question final : timer {
    question(loop& home, int v) : done(home), value(v) { home.set_timer(*this, home.now()); }
    void fired(time_point) override {
      done.complete(value);
      delete this;
    }
    completer<int> done;
    int value;
  };
  asio::loop& home_;
};

TEST(asio_threads, any_thread_may_ask_and_wait_for_the_future) {
  net::thread_pool pool(4);
  asio::loop loop(pool);
  echo service(loop);
  std::vector<std::thread> askers;
  askers.reserve(4);
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t) {
    askers.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const int value = t * 1000 + i;
        auto f = asio::on(loop, [&service, value] { return service.ask(value); }, net::use_future);
        right += f.get() == value;
      }
    });
  }
  for (auto& t : askers) t.join();
  EXPECT_EQ(right, 400);
  pool.join();
}

net::awaitable<int> adds(asio::loop& loop, echo& service, int rounds) {
  int sum = 0;
  for (int i = 0; i < rounds; ++i) {
    auto ask = [&service, i] { return service.ask(i); };
    const result<int> r = co_await asio::on(loop, ask, net::use_awaitable);
    sum += r.value_or(0);
  }
  co_return sum;
}

// Coroutines on the pool itself, on any of its threads: on() brings each question
// to the strand, and the answer back.
TEST(asio_threads, coroutines_elsewhere_use_a_loop) {
  net::thread_pool pool(4);
  asio::loop loop(pool);
  echo service(loop);
  std::vector<std::future<int>> sums;
  sums.reserve(8);
  for (int i = 0; i < 8; ++i) {
    sums.push_back(net::co_spawn(pool, adds(loop, service, 100), net::use_future));
  }
  for (auto& s : sums) EXPECT_EQ(s.get(), 4950);
  pool.join();
}

TEST(asio_threads, a_loop_may_be_destroyed_on_its_strand_while_the_pool_runs) {
  net::thread_pool pool(4);
  for (int i = 0; i < 50; ++i) {
    auto loop = std::make_unique<asio::loop>(pool);
    echo service(*loop);
    auto f = asio::on(*loop, [&] { return service.ask(i); }, net::use_future);
    EXPECT_EQ(*f.get(), i);
    std::promise<void> gone;
    net::post(loop->get_executor(), [&] {
      loop.reset();
      gone.set_value();
    });
    gone.get_future().wait();
  }
  pool.join();
}

}  // namespace
}  // namespace parley::test

#endif
