// parley_demo URL UNIX_URL: publishes to and receives from a server, through the
// provider, on every loop of this build; checks each message and prints a
// table. parley_demo five CHAIN KEY CA: the five protocols, also with TLS by these
// files. parley_demo fallback: a speaker whose servers are taken away. Exit code 0 only if all of
// it was right. Started by the script `demo`.
#include <fmt/format.h>

#include <cstdio>
#include <deque>
#include <parley/adapters/cli/demo_fallback.hpp>
#include <parley/adapters/cli/demo_five.hpp>
#include <parley/adapters/cli/demo_scenarios.hpp>
#include <parley/adapters/cli/on_loop.hpp>
#include <parley/codecs/resp/redis_provider.hpp>
#include <vector>

namespace parley::demo {
namespace {

using std::chrono::seconds;

// How long a scenario may take; what is missing then is lost.
constexpr duration patience = seconds(30);
// Messages of one publisher that the server has not answered yet.
constexpr std::size_t window = 256;

struct row {
  std::uint64_t sent = 0;  // answered by the server, with the right receivers
  std::uint64_t received = 0;
  std::uint64_t correct = 0;  // content, topic, callback and order
  double seconds = 0;
};

// --- receiving --------------------------------------------------------------------

// Counts what comes, and ends `all_here()` with the last message or at the deadline.
class receiver final : private timer {
 public:
  receiver(loop& home, const scenario& s)
      : scenario_(s), next_(s.publishers, 0), done_(home), all_here_(done_.op()) {
    home.set_timer(*this, home.now() + patience);
  }

  void take(std::uint32_t subscription, const message& m) {
    const serial which = scenario_.identify(m);
    // The server keeps the order of one publisher, and promises none between
    // publishers.
    const bool in_order = which.publisher < next_.size() && next_[which.publisher] == which.number;
    if (in_order && is_right(scenario_, subscription, which, m)) ++correct_;
    if (which.publisher < next_.size()) next_[which.publisher] = which.number + 1;
    if (++received_ == std::uint64_t{scenario_.publishers} * scenario_.messages) done_.complete({});
  }

  // To be awaited once.
  operation<void>& all_here() noexcept { return all_here_; }
  std::uint64_t received() const noexcept { return received_; }
  std::uint64_t correct() const noexcept { return correct_; }

 private:
  void fired(time_point) override { done_.complete(fail(errc::timed_out)); }

  const scenario& scenario_;
  std::vector<std::uint32_t> next_;  // by publisher
  completer<void> done_;
  operation<void> all_here_;
  std::uint64_t received_ = 0;
  std::uint64_t correct_ = 0;
};

// --- publishing -------------------------------------------------------------------

// Speakers of one publisher, one for each topic, made when first needed.
class mouth {
 public:
  explicit mouth(redis_provider& redis) : redis_(redis) {}

  task<result<speaker>> to(std::string topic) {
    for (const speaker& s : speakers_) {
      if (s.name() == topic) co_return s;
    }
    auto made = co_await redis_.create_speaker(topic, speaker_options());
    if (made) speakers_.push_back(*made);
    co_return made;
  }

 private:
  redis_provider& redis_;
  std::vector<speaker> speakers_;
};

bool reached_one(const result<delivery>& d) { return d && d->receivers == 1; }

// Ends with the number of messages that reached the one receiver.
task<result<std::uint64_t>> publish(loop& home, redis_config config, const scenario& s,
                                    std::uint32_t publisher) {
  redis_provider redis(home, std::move(config));
  if (auto up = co_await redis.initialize(); !up) co_return std::unexpected(up.error());
  mouth speakers(redis);
  std::deque<operation<delivery>> under_way;
  std::uint64_t good = 0;
  for (std::uint32_t n = 0; n < s.messages; ++n) {
    const serial which{publisher, n};
    auto to = co_await speakers.to(s.topic(which));
    if (!to) co_return std::unexpected(to.error());
    under_way.push_back(to->shout(s.content(which)));
    // Publishers wait for their oldest message: the number in flight stays bounded,
    // as in a real program.
    if (under_way.size() < window) continue;
    auto& oldest = under_way.front();
    good += reached_one(co_await oldest);
    under_way.pop_front();
  }
  for (auto& op : under_way) good += reached_one(co_await op);
  co_return good;
}

// --- one scenario -----------------------------------------------------------------

task<result<void>> subscribe(redis_provider& redis, const scenario& s, receiver& to,
                             std::vector<speaker>& held) {
  speaker_options how;
  how.pattern = s.pattern;
  for (std::uint32_t i = 0; i < s.subscriptions; ++i) {
    const auto on_message = [&to, i](const message& m) { to.take(i, m); };
    const std::string name = subscription_name(s, i);
    auto made = co_await redis.create_speaker(name, on_message, how);
    if (!made) co_return std::unexpected(made.error());
    held.push_back(*std::move(made));
  }
  co_return result<void>();
}

task<result<row>> run(loop& home, redis_config config, const scenario& s) {
  receiver to(home, s);
  redis_provider redis(home, config);
  if (auto up = co_await redis.initialize(); !up) co_return std::unexpected(up.error());
  std::vector<speaker> held;
  auto listening = co_await subscribe(redis, s, to, held);
  if (!listening) co_return std::unexpected(listening.error());

  const time_point start = home.now();
  std::deque<operation<std::uint64_t>> publishers;
  for (std::uint32_t p = 0; p < s.publishers; ++p) {
    publishers.push_back(spawn(home, publish(home, config, s, p)));
  }
  row r;
  for (auto& publisher : publishers) {
    auto sent = co_await publisher;
    if (!sent) co_return std::unexpected(sent.error());
    r.sent += *sent;
  }
  auto& all_here = to.all_here();
  (void)co_await all_here;
  r.seconds = std::chrono::duration<double>(home.now() - start).count();
  r.received = to.received();
  r.correct = to.correct();
  co_return r;
}

// --- all of them ------------------------------------------------------------------

struct where {
  std::string_view tcp;
  std::string_view local;
};

result<redis_config> config_of(const where& at, const scenario& s) {
  std::string text(s.to == "unix" ? at.local : at.tcp);
  if (!s.parameter.empty()) text.append("?").append(s.parameter);
  return redis_config::from_uri(text);
}

void print_row(cli::loop_kind kind, const scenario& s, const row& r, bool good) {
  fmt::print("{:<9} {:<24} {:>8} {:>9} {:>8} {:>9.0f}  {}\n", cli::to_string(kind), s.what, r.sent,
             r.received, r.correct, static_cast<double>(r.received) / r.seconds,
             good ? "ok" : "WRONG");
  std::fflush(stdout);
}

// Ends with the number of scenarios that went wrong.
task<int> run_all(loop& home, cli::loop_kind kind, const where& at) {
  int wrong = 0;
  for (const scenario& s : scenarios()) {
    auto config = config_of(at, s);
    result<row> r = std::unexpected(error(errc::bad_configuration));
    if (config) r = co_await run(home, *config, s);
    const std::uint64_t due = std::uint64_t{s.publishers} * s.messages;
    const bool good = r && r->sent == due && r->received == due && r->correct == due;
    wrong += !good;
    if (r) print_row(kind, s, *r, good);
    if (!r) fmt::print("{:<9} {:<24} {}\n", cli::to_string(kind), s.what, r.error().to_string());
  }
  co_return wrong;
}

int run_on_all_loops(const where& at) {
  int wrong = 0;
  fmt::print("{:<9} {:<24} {:>8} {:>9} {:>8} {:>9}\n", "loop", "what", "sent", "received",
             "correct", "msg/s");
  for (const cli::loop_kind kind : cli::loop_kinds) {
    auto outcome = cli::run_on(kind, [&](loop& home) { return run_all(home, kind, at); });
    if (!outcome) fmt::print("{:<9} {}\n", cli::to_string(kind), outcome.error().to_string());
    wrong += outcome ? *outcome : 1;
  }
  return wrong;
}

}  // namespace
}  // namespace parley::demo

int main(int argc, char** argv) {
  using parley::demo::certificates;
  if (argc == 5 && std::string_view(argv[1]) == "five") {
    const certificates tls{.ca = argv[4], .chain = argv[2], .key = argv[3]};
    return parley::demo::run_five(tls) == 0 ? 0 : 1;
  }
  if (argc == 2 && std::string_view(argv[1]) == "fallback") {
    return parley::demo::run_fallback() == 0 ? 0 : 1;
  }
  if (argc != 3) {
    fmt::print(stderr,
               "usage: parley_demo URL UNIX_URL\n       parley_demo five CHAIN KEY CA\n       "
               "parley_demo fallback\n");
    return 2;
  }
  return parley::demo::run_on_all_loops({argv[1], argv[2]}) == 0 ? 0 : 1;
}
