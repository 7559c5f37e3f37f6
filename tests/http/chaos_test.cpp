// http_client and http_server in a simulated world of latency, splits, resets, partitions,
// half-open links, slow readers and ends of every kind: each seed is another schedule. A failing
// seed is printed and replays: PARLEY_SEED=n runs it alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <parley/codecs/http/http_client.hpp>

#include "http/chaos_server.hpp"
#include "support/seeds.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

constexpr auto span_of_faults = 6s;

// One host with a client that makes calls, gives some up, and is itself given up now and then.
class caller {
 public:
  caller(sim::world& world, sim::host& at, chaos_ledger& ledger, std::size_t servers,
         std::size_t most)
      : world_(world),
        host_(at),
        ledger_(ledger),
        random_(sim::prng::named(world.seed(), at.name())),
        servers_(servers),
        most_(most) {}

  void begin(int acts) {
    for (int i = 0; i < acts; ++i) {
      world_.after(random_.between({}, span_of_faults), [this] { act(); });
    }
  }
  // Once all is quiet: the first may meet what is half-open, the second must not fail.
  void ask_twice() {
    one("GET", false, [this](bool) { one("GET", false, [this](bool good) { is_well_ = good; }); });
  }
  bool is_well() const { return is_well_; }
  void end() { web_.reset(); }
  // Calls right before the end.
  void leave_some() {
    for (int i = 0; i < 3; ++i) one("POST", false, [](bool) {});
  }

 private:
  void act() {
    if (random_.one_in(12)) web_.reset();
    for (std::uint64_t n = random_.below(4) + 1; n > 0; --n) {
      constexpr std::array verbs{"GET", "POST", "PUT", "POST", "HEAD", "GET"};
      // The client may be destroyed by a callback.
      const bool kills = random_.one_in(40);
      one(verbs[random_.below(verbs.size())], true, [this, kills](bool) {
        if (kills) web_.reset();
      });
    }
  }

  http_client& web() {
    if (web_) return *web_;
    http_client_config c;
    c.host = "server" + std::to_string(random_.below(servers_));
    c.port = http_server_config().port;
    c.timeout = random_.between(500ms, 4s);
    c.connect_timeout = random_.between(500ms, 2s);
    if (random_.one_in(6)) c.max_body = 3000;
    if (random_.one_in(3)) c.limits.idle_timeout = 150ms;
    c.limits.decode_bodies = random_.one_in(2);
    return *(web_ = std::make_unique<http_client>(host_, c));
  }

  // Most bodies are small, some empty, few large.
  std::size_t draw_size() {
    const std::size_t most = std::min<std::size_t>(most_, std::size_t{1} << random_.below(18));
    return random_.below(most + 1);
  }

  template <class F>
  void one(std::string verb, bool gives_up, F then) {
    const std::size_t id = ledger_.calls.size();
    ledger_.calls.push_back({verb, gives_up ? draw_size() : 10});
    const std::string target = "/" + std::to_string(id);
    http_request r = verb == "GET" || verb == "HEAD"
                         ? http_request(verb, target)
                         : http_request(verb, target, ledger_.text_of(id));
    auto op = web().call(std::move(r));
    if (gives_up && random_.one_in(16)) op.cancel();
    if (gives_up && random_.one_in(8)) cancel_later(*op.state());
    std::move(op).then([this, id, then](result<http_reply> reply) {
      ended(id, reply);
      then(reply.has_value());
    });
  }

  void cancel_later(operation_base& op) {
    op.retain();
    const std::shared_ptr<operation_base> kept(&op, [](operation_base* o) { o->release(); });
    world_.after(random_.between({}, 500ms), [kept] { kept->cancel(); });
  }

  void ended(std::size_t id, const result<http_reply>& r) {
    const chaos_call& call = ledger_.calls[id];
    if (++ledger_.calls[id].ended > 1) ledger_.blame(id, "ended twice");
    if (!r) {
      const error& why = r.error();
      // Nothing that says that what came was not HTTP, or that the call was wrong.
      const error_class kind = why.kind();
      if (kind == error_class::cancelled) {
        ++ledger_.cancelled;
      } else if (kind == error_class::transient || why == errc::truncated ||
                 why == errc::too_large) {
        ++ledger_.failed;
      } else {
        ledger_.blame(id, why.to_string());
      }
      return;
    }
    ++ledger_.succeeded;
    if (r->headers.find("X-Id") != std::to_string(id)) ledger_.blame(id, "the reply of another");
    if (call.begun == 0) ledger_.blame(id, "a reply to what no server got");
    const bool is_head = call.verb == "HEAD";
    if (r->status == 413) {
      ++ledger_.early;
      if (r->body != (is_head ? "" : "early")) ledger_.blame(id, "another early reply");
    } else if (r->status != 200) {
      ledger_.blame(id, "status " + std::to_string(r->status));
    } else if (r->body != (is_head ? "" : ledger_.text_of(id))) {
      ledger_.blame(id, "the client got another body");
    }
  }

  sim::world& world_;
  sim::host& host_;
  chaos_ledger& ledger_;
  sim::prng random_;
  std::size_t servers_;
  std::size_t most_;
  std::unique_ptr<http_client> web_;
  bool is_well_ = false;
};

// A world of one or two servers and a few callers.
class storm {
 public:
  explicit storm(std::uint64_t seed) : random_(sim::prng::named(seed, "storm")), world_(seed) {
    std::size_t most = 100'000;
    world_.set_default_link(draw_link(most));
    for (std::uint64_t n = random_.below(2) + 1; n > 0; --n) {
      sim::host& at = world_.add_host("server" + std::to_string(servers_.size()));
      hosts_.push_back(&at);
      servers_.push_back(std::make_unique<chaos_server>(world_, at, ledger));
    }
    for (std::uint64_t n = random_.below(3) + 2; n > 0; --n) {
      sim::host& at = world_.add_host("caller" + std::to_string(callers_.size()));
      hosts_.push_back(&at);
      callers_.push_back(std::make_unique<caller>(world_, at, ledger, servers_.size(), most));
    }
  }

  // Returns what went wrong, or nothing.
  std::string run() {
    sim::fault_plan plan;
    plan.mean_interval = 300ms;
    plan.span = span_of_faults;
    plan.outage_max = 2s;
    world_.inject(plan);
    for (std::uint64_t n = random_.below(8); n > 0; --n) {
      world_.after(random_.between({}, span_of_faults), [this] { disturb(); });
    }
    for (const auto& c : callers_) c->begin(12);
    if (world_.run_for(span_of_faults + 30s) == sim::stopped::livelock) return "a livelock";
    if (auto wrong = look(); !wrong.empty()) return wrong;

    quieten();
    for (const auto& s : servers_) s->calm_down();
    for (const auto& c : callers_) c->ask_twice();
    world_.run_for(20s);
    for (const auto& c : callers_) {
      if (!c->is_well()) return "no reply after the faults";
    }
    return end();
  }

  chaos_ledger ledger;

 private:
  sim::link_options draw_link(std::size_t& most) {
    sim::link_options l;
    l.latency_max = random_.between(1ms, 40ms);
    if (random_.one_in(6)) {
      l.splitting = sim::split::every_byte;
      most = 3000;
    } else if (random_.one_in(6)) {
      l.splitting = sim::split::never;
    }
    // A slow reader, as its writer sees it.
    if (random_.one_in(3)) l.bandwidth = 20'000 + random_.below(500'000);
    if (random_.one_in(3)) l.window = 2000 + random_.below(20'000);
    return l;
  }

  void disturb() {
    if (random_.one_in(2)) return servers_[random_.below(servers_.size())]->disturb();
    // In the middle of whatever passes there, at any byte.
    constexpr std::array kinds{sim::fault::reset, sim::fault::half_open, sim::fault::partition};
    sim::host& a = *hosts_[random_.below(servers_.size())];
    sim::host& b = *hosts_[servers_.size() + random_.below(callers_.size())];
    const bool there = random_.one_in(2);
    world_.break_after(there ? b : a, there ? a : b, random_.below(1000), kinds[random_.below(3)]);
  }

  void quieten() {
    constexpr auto never = std::numeric_limits<std::uint64_t>::max();
    for (sim::host* const a : hosts_) {
      for (sim::host* const b : hosts_) {
        if (a != b) world_.break_after(*a, *b, never, sim::fault::reset);
      }
    }
    world_.heal_all();
  }

  std::string look() const {
    if (!ledger.wrong.empty()) return ledger.wrong;
    for (std::size_t id = 0; id < ledger.calls.size(); ++id) {
      if (ledger.calls[id].ended == 0) return "call " + std::to_string(id) + " did not end";
    }
    if (ledger.stops != ledger.stopped) return "a stop() did not end";
    return {};
  }

  // In the middle of calls, in either order. Nothing stays, and nothing goes on by itself.
  std::string end() {
    for (const auto& c : callers_) c->leave_some();
    world_.run_for(random_.between({}, 30ms));
    const bool servers_first = random_.one_in(2);
    for (const bool now : {servers_first, !servers_first}) {
      for (const auto& s : servers_) {
        if (now) s->end();
      }
      for (const auto& c : callers_) {
        if (!now) c->end();
      }
      if (random_.one_in(2)) world_.run_for(random_.between({}, 300ms));
    }
    if (world_.run_until_idle() != sim::stopped::idle) return "something goes on for ever";
    for (const auto& s : servers_) {
      if (s->conversations() > 0) return "a peer was not told of its end";
    }
    for (sim::host* const h : hosts_) {
      if (h->open_connections() > 0) return "a connection was left open";
      if (h->has_attached()) return "something is left attached";
    }
    return look();
  }

  sim::prng random_;
  sim::world world_;
  std::vector<sim::host*> hosts_;  // the servers' first
  std::vector<std::unique_ptr<chaos_server>> servers_;
  std::vector<std::unique_ptr<caller>> callers_;
};

TEST(http_chaos, every_schedule_ends_well) {
  const auto seeds = chaos_seeds(10'000);
  chaos_ledger total;  // a single schedule may lack any of it
  for (const std::uint64_t seed : seeds) {
    storm s(seed);
    const std::string wrong = s.run();
    ASSERT_EQ(wrong, "") << replay(seed);
    total.succeeded += s.ledger.succeeded;
    total.cancelled += s.ledger.cancelled;
    total.failed += s.ledger.failed;
    total.early += s.ledger.early;
    total.repeated += s.ledger.repeated;
    total.stopped += s.ledger.stopped;
  }
  if (seeds.size() == 1) return;
  for (const int n : {total.succeeded, total.cancelled, total.failed, total.early, total.repeated,
                      total.stopped}) {
    EXPECT_GT(n, 100);
  }
}

}  // namespace
}  // namespace parley::test
