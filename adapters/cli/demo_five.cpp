#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <parley/adapters/all/built_in.hpp>
#include <parley/adapters/cli/demo_five.hpp>
#include <parley/adapters/cli/on_loop.hpp>
#include <parley/core/loop/timer.hpp>
#include <vector>

namespace parley::demo {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t messages = 2000;
constexpr std::size_t calls = 1000;
// Messages that their receiver may have before it is asked whether it got them.
constexpr std::size_t window = 32;
constexpr duration patience = std::chrono::seconds(20);

// --- what was measured ------------------------------------------------------------

struct line {
  std::string_view what;
  std::size_t count = 0;  // that were right
  double seconds = 0;
  std::vector<double> took;  // microseconds

  double at(double part) {
    if (took.empty()) return 0;
    const auto place = static_cast<std::size_t>(part * static_cast<double>(took.size() - 1));
    std::ranges::nth_element(took, took.begin() + static_cast<std::ptrdiff_t>(place));
    return took[place];
  }
};

double microseconds(clock::duration d) {
  return std::chrono::duration<double, std::micro>(d).count();
}

// --- speakers ---------------------------------------------------------------------

// Checks what comes: each once, in order, with its value as a number; ends with the last one.
class listener final : private timer {
 public:
  explicit listener(loop& home) : home_(home), done_(home), end_(done_.op()) {
    sent.reserve(messages);
    home.set_timer(*this, home.now() + patience);
  }
  ~listener() { home_.set_timer(*this, std::nullopt); }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  void take(const message& m) {
    const auto number = m.value()["value"].as_int();
    const bool good = number && *number == static_cast<std::int64_t>(heard.count) &&
                      m.value()["type"].as_text() == "update" && heard.count < sent.size();
    if (!good) return done_.complete(fail(errc::bad_value, "another message was due"));
    heard.took.push_back(microseconds(clock::now() - sent[heard.count]));
    if (++heard.count == messages) done_.complete({});
  }
  operation<void>& end() noexcept { return end_; }

  line heard{.what = "speaker", .took = {}};
  std::vector<clock::time_point> sent;

 private:
  void fired(time_point) override { done_.complete(fail(errc::timed_out, "messages are missing")); }

  loop& home_;
  completer<void> done_;
  operation<void> end_;
};

task<result<line>> speak(loop& home, pair& both) {
  listener to(home);
  const auto on_message = [&to](const message& m) { to.take(m); };
  auto ear = co_await both.taker->create_speaker("demo/events", on_message, speaker_options());
  if (!ear) co_return std::unexpected(ear.error());
  auto mouth = co_await both.giver->create_speaker("demo/events", speaker_options());
  if (!mouth) co_return std::unexpected(mouth.error());

  const auto began = clock::now();
  std::deque<operation<delivery>> under_way;
  for (std::size_t i = 0; i < messages; ++i) {
    to.sent.push_back(clock::now());
    under_way.push_back(mouth->shout(fields("type", "update", "value", std::int64_t(i))));
    if (under_way.size() < window) continue;
    auto& oldest = under_way.front();
    if (auto ok = co_await oldest; !ok) co_return std::unexpected(ok.error());
    under_way.pop_front();
  }
  for (auto& op : under_way) {
    if (auto ok = co_await op; !ok) co_return std::unexpected(ok.error());
  }
  auto& all = to.end();
  if (auto ok = co_await all; !ok) co_return std::unexpected(ok.error());
  to.heard.seconds = std::chrono::duration<double>(clock::now() - began).count();
  co_return std::move(to.heard);
}

// --- callables --------------------------------------------------------------------

result<value> calculate(const value& request) {
  const auto x = request["x"].as_int();
  const auto y = request["y"].as_int();
  if (!x || !y) return fail(errc::bad_value, "x and y are numbers");
  return fields("result", *x + *y);
}

task<result<line>> call(pair& both) {
  call_handler handler(calculate);
  auto served = co_await both.giver->create_callable(both.callable, std::move(handler));
  if (!served) co_return std::unexpected(served.error());
  auto remote = co_await both.taker->create_callable(both.callable);
  if (!remote) co_return std::unexpected(remote.error());
  line l{.what = "callable", .took = {}};
  const auto began = clock::now();
  for (std::size_t i = 0; i < calls; ++i) {
    const auto asked = clock::now();
    const auto request = fields("x", 10, "y", std::int64_t(i));
    auto got = co_await remote->call(request);
    if (!got) co_return std::unexpected(got.error());
    const auto sum = (*got)["result"].as_int();
    l.count += sum && *sum == 10 + static_cast<std::int64_t>(i);
    l.took.push_back(microseconds(clock::now() - asked));
  }
  l.seconds = std::chrono::duration<double>(clock::now() - began).count();
  co_return l;
}

// --- all of them ------------------------------------------------------------------

struct place {
  std::string_view protocol;
  cli::loop_kind loop;
  bool tls;
};

void print_head() {
  fmt::print("{:<10} {:<9} {:<4} {:<9} {:>9} {:>10} {:>10} {:>9}\n", "protocol", "loop", "tls",
             "what", "messages", "p50 us", "p99 us", "per s");
}

// Whether it was right.
bool print(const place& at, std::string_view what, result<line> l, std::size_t due) {
  fmt::print("{:<10} {:<9} {:<4} {:<9} ", at.protocol, cli::to_string(at.loop),
             at.tls ? "yes" : "no", what);
  if (!l) {
    fmt::print("WRONG: {}\n", l.error().to_string());
    return false;
  }
  const bool good = l->count == due;
  fmt::print("{:>9} {:>10.0f} {:>10.0f} {:>9.0f}  {}\n", l->count, l->at(0.5), l->at(0.99),
             static_cast<double>(l->count) / l->seconds, good ? "ok" : "WRONG");
  std::fflush(stdout);
  return good;
}

// How many lines are wrong.
task<int> run_pair(loop& home, place at, transports& lower, certificates tls) {
  auto both = co_await connect_pair(home, at.protocol, lower, std::move(tls));
  if (!both && both.error() == errc::unavailable) {
    fmt::print("{:<10} left out: {}\n", at.protocol, both.error().to_string());
    co_return 0;
  }
  if (!both) {
    print(at, "connect", std::unexpected(both.error()), 0);
    co_return 1;
  }
  auto spoken = co_await speak(home, *both);
  int wrong = !print(at, "speaker", std::move(spoken), messages);
  if (!both->callable.empty()) {
    auto called = co_await call(*both);
    wrong += !print(at, "callable", std::move(called), calls);
  }
  auto left = co_await both->taker->close();
  auto ended = co_await both->giver->close();
  for (const auto* each : {&left, &ended}) {
    if (*each) continue;
    print(at, "close", std::unexpected(each->error()), 0);
    ++wrong;
  }
  co_return wrong;
}

task<int> run_loop(loop& home, cli::loop_kind kind, transports& lower, certificates tls) {
  int wrong = 0;
  for (const bool secure : {false, true}) {
    for (const std::string_view protocol : five) {
      const place at{protocol, kind, secure};
      certificates with = secure ? tls : certificates();
      wrong += co_await run_pair(home, at, lower, std::move(with));
    }
  }
  co_return wrong;
}

}  // namespace

int run_five(const certificates& tls) {
  protocols upper;
  transports lower;
  add_built_in(upper, lower);
  print_head();
  int wrong = 0;
  for (const cli::loop_kind kind : cli::loop_kinds) {
    auto outcome = cli::run_on(kind, [&](loop& home) { return run_loop(home, kind, lower, tls); });
    if (!outcome) fmt::print("{:<9} {}\n", cli::to_string(kind), outcome.error().to_string());
    wrong += outcome ? *outcome : 1;
  }
  return wrong;
}

}  // namespace parley::demo
