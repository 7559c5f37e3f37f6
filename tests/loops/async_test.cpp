// Operations, tasks and names on every loop.
#include <parley/core/async/task.hpp>

#include "loops/fixtures.hpp"

namespace parley::test {
namespace {

PARLEY_LOOP_SUITE(loop_async);

struct job final : work {
  explicit job(std::function<void()> f) : body(std::move(f)) {}
  void run() override { body(); }
  std::function<void()> body;
};

struct request final : resolve_request {
  request(loop& home, std::string name, std::uint16_t number = 1234) : loop_(home) {
    host = std::move(name);
    port = number;
    home.resolve(*this);
  }
  void resolved(result<std::vector<address>> found) override {
    ++count;
    outcome = std::move(found);
    if (then) then();
  }
  int count = 0;
  result<std::vector<address>> outcome;
  std::function<void()> then;
  loop& loop_;
};

TYPED_TEST(loop_async, then_is_called_once_and_not_from_inside) {
  completer<int> done(this->port());
  int calls = 0;
  done.op().then([&](result<int> r) {
    ++calls;
    EXPECT_EQ(*r, 42);
  });
  done.complete(42);
  EXPECT_EQ(calls, 0);
  ASSERT_TRUE(this->world.run_until([&] { return calls == 1; }));
  this->world.idle();
  EXPECT_EQ(calls, 1);
}

TYPED_TEST(loop_async, what_a_callback_throws_does_not_reach_the_loop) {
  completer<int> done(this->port());
  bool called = false;
  done.op().then([&](result<int>) {
    called = true;
    throw std::runtime_error("the user's fault");
  });
  done.complete(1);
  ASSERT_TRUE(this->world.run_until([&] { return called; }));
}

TYPED_TEST(loop_async, a_completer_that_is_destroyed_cancels) {
  std::optional<result<int>> outcome;
  {
    completer<int> done(this->port());
    done.op().then([&](result<int> r) { outcome.emplace(std::move(r)); });
  }
  ASSERT_TRUE(this->world.run_until([&] { return outcome.has_value(); }));
  EXPECT_TRUE(outcome->error() == errc::cancelled);
}

task<int> sum_of(operation<int> a, operation<int> b) {
  const result<int> x = co_await a;
  const result<int> y = co_await b;
  co_return x.value_or(0) + y.value_or(0);
}

TYPED_TEST(loop_async, tasks_await_operations) {
  completer<int> a(this->port()), b(this->port());
  auto sum = spawn(this->port(), sum_of(a.op(), b.op()));
  EXPECT_FALSE(sum.is_complete());
  b.complete(2);
  this->world.idle();
  EXPECT_FALSE(sum.is_complete());
  a.complete(40);
  ASSERT_TRUE(this->world.run_until([&] { return sum.is_complete(); }));
  EXPECT_EQ(*sum.await_resume(), 42);
}

TYPED_TEST(loop_async, ten_thousand_completions_are_all_delivered) {
  constexpr int many = 10000;  // more than a turn runs
  std::vector<completer<int>> done;
  int sum = 0;
  for (int i = 0; i < many; ++i) {
    done.emplace_back(this->port());
    done.back().op().then([&](result<int> r) { sum += *r; });
  }
  for (auto& d : done) d.complete(1);
  ASSERT_TRUE(this->world.run_until([&] { return sum == many; }));
}

TYPED_TEST(loop_async, localhost_resolves_to_loopback) {
  request r(this->port(), "localhost", 6379);
  EXPECT_EQ(r.count, 0);
  ASSERT_TRUE(this->world.run_until([&] { return r.count == 1; }));
  ASSERT_TRUE(r.outcome) << r.outcome.error().to_string();
  ASSERT_FALSE(r.outcome->empty());
  for (const address& a : *r.outcome) {
    EXPECT_TRUE(a.is_loopback()) << a.to_string();
    EXPECT_EQ(a.port(), 6379);
  }
  EXPECT_EQ(r.job, nullptr);
}

TYPED_TEST(loop_async, numeric_addresses_resolve_to_themselves) {
  request four(this->port(), "127.0.0.1", 80);
  request six(this->port(), "::1", 81);
  EXPECT_EQ(four.count + six.count, 0);  // never from inside
  ASSERT_TRUE(this->world.run_until([&] { return four.count + six.count == 2; }));
  EXPECT_EQ(*four.outcome, std::vector{*address::parse("127.0.0.1:80")});
  EXPECT_EQ(*six.outcome, std::vector{*address::parse("[::1]:81")});
}

// S157
TYPED_TEST(loop_async, an_unknown_name_is_unresolvable) {
  request r(this->port(), this->world.unknown_host());
  ASSERT_TRUE(this->world.run_until([&] { return r.count == 1; }));
  ASSERT_FALSE(r.outcome);
  EXPECT_TRUE(r.outcome.error() == errc::unresolvable) << r.outcome.error().to_string();
  EXPECT_TRUE(r.outcome.error().message().starts_with(this->world.unknown_host()));
  EXPECT_TRUE(r.outcome.error().hint().contains("spelling"));
}

TYPED_TEST(loop_async, a_cancelled_request_is_never_answered) {
  {
    request gone(this->port(), "localhost");
    request numeric(this->port(), "127.0.0.1");
    this->port().cancel(gone);
    this->port().cancel(numeric);
    this->port().cancel(gone);  // no effect
    EXPECT_EQ(gone.job, nullptr);
    EXPECT_FALSE(this->port().has_attached());
  }  // and may be destroyed
  request next(this->port(), "localhost");
  ASSERT_TRUE(this->world.run_until([&] { return next.count == 1; }));
  this->world.idle();
}

TYPED_TEST(loop_async, many_names_at_once) {
  std::vector<std::unique_ptr<request>> all;
  all.reserve(40);
  for (int i = 0; i < 40; ++i) {
    all.push_back(std::make_unique<request>(this->port(), "localhost"));
  }
  for (std::size_t i = 0; i < all.size(); i += 2) {
    this->port().cancel(*all[i]);
    all[i].reset();
  }
  ASSERT_TRUE(this->world.run_until(
      [&] { return std::ranges::all_of(all, [](auto& r) { return !r || r->count == 1; }); }));
}

TYPED_TEST(loop_async, a_request_may_be_made_in_the_answer_to_another) {
  request first(this->port(), "127.0.0.1");
  std::unique_ptr<request> second;
  first.then = [&] { second = std::make_unique<request>(this->port(), "localhost"); };
  ASSERT_TRUE(this->world.run_until([&] { return second && second->count == 1; }));
}

// Simulated time stands still while there is work, so that only real loops can do this.
template <class World>
class loop_under_load : public loop_test<World> {};
TYPED_TEST_SUITE(loop_under_load, real_worlds, loop_names);

// Work that queues itself for ever does not keep connections and timers waiting.
TYPED_TEST(loop_under_load, endless_work_lets_bytes_and_timers_through) {
  bool stop = false;
  job endless([&] {
    if (!stop) this->port().enqueue(endless);
  });
  this->port().enqueue(endless);
  auto& server = this->serve();
  auto pair = this->connected(server);
  pair.client.driven().expect_until(this->port().now());
  pair.client.send("hello");
  ASSERT_TRUE(this->world.run_until(
      [&] { return pair.client.lines.size() == 1 && pair.client.expired_count == 1; }));
  stop = true;
  this->world.idle();
}

}  // namespace
}  // namespace parley::test
