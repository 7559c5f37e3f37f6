// A REST server and its clients, both providers, in a simulated world of latency, splits, resets,
// partitions, half-open links, restarts and ends of every kind: each seed is another schedule. A
// failing seed is printed and replays: PARLEY_SEED=n runs it alone.
//
// Each call ends once; one that may not be repeated runs at most once, whatever breaks
// (P52); a reply is that of its own call; and nothing is left over.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <parley/adapters/sim/host.hpp>
#include <parley/adapters/sim/world.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/codecs/http/rest_provider.hpp>
#include <string>
#include <vector>

#include "support/seeds.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

constexpr auto span_of_faults = 6s;

// One call, as both sides have seen it.
struct chaos_call {
  bool may_repeat = false;
  int runs = 0;   // handlers that got it
  int ended = 0;  // and what its caller was told
};

struct rest_ledger {
  std::vector<chaos_call> calls;
  std::string wrong;
  int succeeded = 0, failed = 0, cancelled = 0, repeated = 0, heard = 0, gone = 0;

  void blame(std::size_t id, const std::string& what) {
    if (wrong.empty()) wrong = "call " + std::to_string(id) + ": " + what;
  }
};

// A host whose provider answers at once, later, in pieces, or never; it may go and come again.
class chaos_service {
 public:
  chaos_service(sim::world& world, sim::host& at, rest_ledger& ledger)
      : world_(world),
        host_(at),
        ledger_(ledger),
        random_(sim::prng::named(world.seed(), "service")) {
    host_.on_boot([this] { begin(); });
    begin();
  }
  void end() {
    late_.clear();
    speaker_.reset();
    server_.reset();
  }
  // Ends in good order or without a word, and begins again.
  void disturb() {
    if (!host_.is_up() || !server_) return;
    if (random_.one_in(2)) return begin();
    server_->close().then([](const result<void>&) {});
    world_.after(random_.between(1ms, 800ms), [this] {
      if (host_.is_up()) begin();
    });
  }
  void shout() {
    if (!speaker_) return;
    speaker_->shout(parley::fields("n", ++shouts_)).then([](const result<delivery>&) {});
  }
  void calm_down() {
    is_calm_ = true;
    begin();
  }

 private:
  void begin() {
    end();
    rest_config c;
    c.port = 80;
    c.timeout = random_.between(200ms, 2s);
    c.close_timeout = 500ms;
    c.server_limits.allow_half_close = random_.one_in(2);
    server_.emplace(host_, std::move(c));
    for (const std::string_view method : {"GET", "POST", "PUT", "DELETE"}) {
      rest_async_handler answer = [this](rest_responder r) { take(std::move(r)); };
      if (!server_->route(method, "/call/{id:uint}", std::move(answer))) ledger_.wrong = "route";
    }
    server_->initialize().then([](const result<void>&) {});
    server_->create_speaker("news").then([this](result<speaker> made) {
      if (made) speaker_ = *std::move(made);
    });
  }

  void take(rest_responder r) {
    const std::size_t id = *r.request().parameters().as_uint("id");
    chaos_call& call = ledger_.calls[id];
    if (++call.runs > 1) {
      ++ledger_.repeated;
      if (!call.may_repeat) ledger_.blame(id, "a POST has run twice");
    }
    r.on_gone([this] { ++ledger_.gone; });
    const std::uint64_t way = is_calm_ ? 0 : random_.below(8);
    if (way < 4) return answer(r, id);
    if (way == 4) return;  // dropped: 500
    if (way == 5) return stream(std::move(r), id);
    // Later, or, as the time is over then, in vain.
    late_.push_back(std::make_shared<rest_responder>(std::move(r)));
    std::weak_ptr<rest_responder> kept = late_.back();
    world_.after(random_.between({}, 3s), [kept, id] {
      if (const auto alive = kept.lock()) answer(*alive, id);
    });
  }
  static void answer(rest_responder& r, std::size_t id) { r.reply(parley::fields("id", id)); }

  void stream(rest_responder r, std::size_t id) {
    auto head = rest_reply::json(value());
    head.body.clear();
    if (!r.begin(head)) return;
    (void)r.write(as_bytes("{\"id\":"));
    late_.push_back(std::make_shared<rest_responder>(std::move(r)));
    std::weak_ptr<rest_responder> kept = late_.back();
    const bool breaks = random_.one_in(4);
    world_.after(random_.between({}, 500ms), [kept, id, breaks] {
      const auto alive = kept.lock();
      if (!alive) return;
      if (breaks) return alive->abandon();
      (void)alive->write(as_bytes(std::to_string(id) + "}"));
      (void)alive->finish();
    });
  }

  sim::world& world_;
  sim::host& host_;
  rest_ledger& ledger_;
  sim::prng random_;
  std::optional<rest_provider> server_;
  std::optional<speaker> speaker_;
  std::vector<std::shared_ptr<rest_responder>> late_;
  std::uint64_t shouts_ = 0;
  bool is_calm_ = false;
};

// A host that calls, gives some up, listens, and is itself given up now and then.
class chaos_client {
 public:
  chaos_client(sim::world& world, sim::host& at, rest_ledger& ledger)
      : world_(world),
        host_(at),
        ledger_(ledger),
        random_(sim::prng::named(world.seed(), at.name())) {}

  void begin(int acts) {
    for (int i = 0; i < acts; ++i) {
      world_.after(random_.between({}, span_of_faults), [this] { act(); });
    }
  }
  void ask_until_well(int more) {
    one("GET", false, [this, more](bool good) {
      is_well_ = good;
      if (!good && more > 0) ask_until_well(more - 1);
    });
  }
  bool is_well() const { return is_well_; }
  void leave_some() {
    for (int i = 0; i < 3; ++i) one("POST", false, [](bool) {});
  }
  void end() {
    ear_.reset();
    client_.reset();
  }

 private:
  rest_provider& client() {
    if (client_) return *client_;
    rest_config c;
    c.is_server = false;
    c.base_url = "http://server";
    c.timeout = random_.between(500ms, 4s);
    c.connect_timeout = random_.between(300ms, 1s);
    // One of them is the stream of who listens.
    c.max_connections = static_cast<std::uint32_t>(random_.below(3) + 2);
    c.reconnect.base = 10ms;
    c.reconnect.cap = 300ms;
    client_ = std::make_unique<rest_provider>(host_, std::move(c));
    client_->initialize().then([](const result<void>&) {});
    client_->create_speaker("news", [this](const message&) { ++ledger_.heard; })
        .then([this](result<speaker> made) {
          if (made) ear_ = *std::move(made);
        });
    return *client_;
  }

  void act() {
    if (random_.one_in(12)) end();
    for (std::uint64_t n = random_.below(4) + 1; n > 0; --n) {
      constexpr std::array verbs{"GET", "POST", "PUT", "POST", "DELETE"};
      const bool kills = random_.one_in(40);
      one(verbs[random_.below(verbs.size())], true, [this, kills](bool) {
        if (kills) end();
      });
    }
  }

  template <class F>
  void one(std::string verb, bool gives_up, F then) {
    const std::size_t id = ledger_.calls.size();
    ledger_.calls.push_back({.may_repeat = verb != "POST"});
    auto op = client().fetch(http_request(std::move(verb), "/call/" + std::to_string(id)));
    if (gives_up && random_.one_in(16)) op.cancel();
    if (gives_up && random_.one_in(8)) cancel_later(*op.state());
    std::move(op).then([this, id, then](const result<http_reply>& reply) {
      ended(id, reply);
      then(reply && reply->status == 200);
    });
  }

  void cancel_later(operation_base& op) {
    op.retain();
    const std::shared_ptr<operation_base> kept(&op, [](operation_base* o) { o->release(); });
    world_.after(random_.between({}, 500ms), [kept] { kept->cancel(); });
  }

  void ended(std::size_t id, const result<http_reply>& r) {
    if (++ledger_.calls[id].ended > 1) ledger_.blame(id, "ended twice");
    if (!r) {
      const error_class kind = r.error().kind();
      if (kind == error_class::cancelled) {
        ++ledger_.cancelled;
      } else if (kind == error_class::transient || r.error() == errc::truncated) {
        ++ledger_.failed;
      } else {
        ledger_.blame(id, r.error().to_string());
      }
    } else if (r->status == 200) {
      ++ledger_.succeeded;
      if (r->text() != "{\"id\":" + std::to_string(id) + "}") {
        ledger_.blame(id, "the reply of another: " + std::string(r->text()));
      }
      if (ledger_.calls[id].runs == 0) ledger_.blame(id, "a reply to what nobody got");
    } else if (r->status == 500 || r->status == 504) {
      ++ledger_.failed;
    } else {
      ledger_.blame(id, "status " + std::to_string(r->status));
    }
  }

  sim::world& world_;
  sim::host& host_;
  rest_ledger& ledger_;
  sim::prng random_;
  std::unique_ptr<rest_provider> client_;
  std::optional<speaker> ear_;
  bool is_well_ = false;
};

class rest_storm {
 public:
  explicit rest_storm(std::uint64_t seed) : random_(sim::prng::named(seed, "storm")), world_(seed) {
    sim::link_options l;
    l.latency_max = random_.between(1ms, 40ms);
    if (random_.one_in(6)) l.splitting = sim::split::every_byte;
    if (random_.one_in(3)) l.bandwidth = 20'000 + random_.below(500'000);
    if (random_.one_in(3)) l.window = 200 + random_.below(5'000);
    world_.set_default_link(l);
    hosts_.push_back(&world_.add_host("server"));
    service_ = std::make_unique<chaos_service>(world_, *hosts_.front(), ledger);
    for (std::uint64_t n = random_.below(3) + 1; n > 0; --n) {
      hosts_.push_back(&world_.add_host("client" + std::to_string(n)));
      clients_.push_back(std::make_unique<chaos_client>(world_, *hosts_.back(), ledger));
    }
  }

  // Returns what went wrong, or nothing.
  std::string run() {
    sim::fault_plan plan;
    plan.mean_interval = 300ms;
    plan.span = span_of_faults;
    plan.outage_max = 2s;
    world_.inject(plan);
    for (std::uint64_t n = random_.below(6); n > 0; --n) {
      world_.after(random_.between({}, span_of_faults), [this] { disturb(); });
    }
    for (int i = 0; i < 10; ++i) {
      world_.after(random_.between({}, span_of_faults), [this] { service_->shout(); });
    }
    for (const auto& c : clients_) c->begin(10);
    if (world_.run_for(span_of_faults + 30s) == sim::stopped::livelock) return "a livelock";
    if (auto wrong = look(); !wrong.empty()) return wrong;
    quieten();
    service_->calm_down();
    for (const auto& c : clients_) c->ask_until_well(3);
    world_.run_for(30s);
    for (const auto& c : clients_) {
      if (!c->is_well()) return "no reply after the faults";
    }
    return end();
  }

  rest_ledger ledger;

 private:
  void disturb() {
    if (random_.one_in(3)) return service_->disturb();
    // In the middle of whatever passes there, at any byte.
    constexpr std::array kinds{sim::fault::reset, sim::fault::half_open, sim::fault::partition};
    sim::host& client = *hosts_[1 + random_.below(clients_.size())];
    const bool there = random_.one_in(2);
    world_.break_after(there ? client : *hosts_[0], there ? *hosts_[0] : client,
                       random_.below(1000), kinds[random_.below(3)]);
  }

  void quieten() {
    constexpr auto never = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t i = 1; i < hosts_.size(); ++i) {
      world_.break_after(*hosts_[0], *hosts_[i], never, sim::fault::reset);
      world_.break_after(*hosts_[i], *hosts_[0], never, sim::fault::reset);
    }
    world_.heal_all();
  }

  std::string look() const {
    if (!ledger.wrong.empty()) return ledger.wrong;
    for (std::size_t id = 0; id < ledger.calls.size(); ++id) {
      if (ledger.calls[id].ended == 0) return "call " + std::to_string(id) + " did not end";
    }
    return {};
  }

  // In the middle of calls, in either order. Nothing stays, and nothing goes on by itself.
  std::string end() {
    for (const auto& c : clients_) c->leave_some();
    world_.run_for(random_.between({}, 30ms));
    const bool server_first = random_.one_in(2);
    if (server_first) service_->end();
    if (random_.one_in(2)) world_.run_for(random_.between({}, 300ms));
    for (const auto& c : clients_) c->end();
    service_->end();
    if (world_.run_until_idle() != sim::stopped::idle) return "something goes on for ever";
    for (sim::host* const h : hosts_) {
      if (h->open_connections() > 0) return "a connection was left open";
      if (h->has_attached()) return "something is left attached";
    }
    return look();
  }

  sim::prng random_;
  sim::world world_;
  std::vector<sim::host*> hosts_;  // the server's first
  std::unique_ptr<chaos_service> service_;
  std::vector<std::unique_ptr<chaos_client>> clients_;
};

TEST(rest_chaos, every_schedule_ends_well) {
  const auto seeds = chaos_seeds(10'000);
  rest_ledger total;  // a single schedule may lack any of it
  for (const std::uint64_t seed : seeds) {
    rest_storm s(seed);
    const std::string wrong = s.run();
    ASSERT_EQ(wrong, "") << replay(seed);
    total.succeeded += s.ledger.succeeded;
    total.failed += s.ledger.failed;
    total.cancelled += s.ledger.cancelled;
    total.repeated += s.ledger.repeated;
    total.heard += s.ledger.heard;
    total.gone += s.ledger.gone;
  }
  if (seeds.size() == 1) return;
  for (const int n :
       {total.succeeded, total.failed, total.cancelled, total.repeated, total.heard, total.gone}) {
    EXPECT_GT(n, 100);
  }
}

}  // namespace
}  // namespace parley::test
