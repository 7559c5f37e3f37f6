// Providers and the embedded broker in a simulated world of latency, splits, resets, partitions,
// half-open links and restarts of the broker: each seed is another schedule. What is exactly once
// is heard once, at least once is never forgotten, order is kept, each operation ends once, nothing
// is left (S52, S53, S132; P2 to P6, P13, P15, P16, P24). A failing seed is printed and replays:
// PARLEY_SEED=n runs it alone.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <parley/adapters/sim/random.hpp>
#include <parley/adapters/sim/world.hpp>
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <parley/codecs/mqtt/mqtt_provider.hpp>
#include <parley/codecs/websocket/layer_maker.hpp>
#include <parley/core/net/endpoint.hpp>
#include <parley/core/store/memory_store.hpp>

#include "redis/watcher.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using mqtt::qos;

// What all seeds together have seen, so that none of it is empty.
struct totals {
  std::size_t heard = 0, answered = 0, cancelled = 0, reconnects = 0;
};

class schedule {
 public:
  explicit schedule(std::uint64_t seed)
      : random_(sim::prng::named(seed, "provider chaos")), world_(seed) {
    lower_.add("websocket/mqtt", websocket::client_layer_maker("mqtt"));
    lower_.add("websocket_server/mqtt", websocket::server_layer_maker("mqtt"));
    over_websocket_ = random_.one_in(4);
    listen();
    there_.on_boot([this] { listen(); });
  }

  std::string run(totals& total) {
    talking_ = make(here_, "talking", false);
    listening_ = make(other_, "listening", false);
    passing_ = make(other_, "", true);
    if (!set_up()) return "no beginning without faults";
    sim::fault_plan plan;
    plan.mean_interval = 500ms;
    plan.span = 6s;
    world_.inject(plan);
    for (int i = 0; i < shouts; ++i) {
      world_.after(std::chrono::milliseconds(40 * i), [this, i] { act(i); });
    }
    world_.run_for(90s);
    if (auto wrong = judge(); !wrong.empty()) return wrong;
    total.heard += once_.size() + least_.size();
    total.answered += answered_;
    total.cancelled += cancelled_;
    total.reconnects += talking_->status().connects - 1;
    return end();
  }

 private:
  static constexpr int shouts = 120;
  static constexpr int taken_back = 1000;  // the first of those that are

  void listen() {
    broker_.reset();
    mqtt_broker_config at;
    at.host = endpoint(there_.at(1883)).host();
    at.port = 1883;
    at.kept = &store_;
    at.with = &lower_;
    at.websocket = over_websocket_;
    at.settings.allow_anonymous = false;
    at.settings.users = {{"device", secret("token")}};
    broker_ = std::make_unique<mqtt_broker>(there_, std::move(at));
    EXPECT_TRUE(broker_->listen());
  }
  std::unique_ptr<mqtt_provider> make(sim::host& on, std::string id, bool clean) {
    mqtt_config c;
    c.broker = "broker";
    c.client_id = std::move(id);
    c.username = "device";
    c.password = "token";
    c.clean_session = clean;
    c.keepalive = 2;
    c.with = &lower_;
    c.websocket = over_websocket_;
    c.version = random_.one_in(2) ? mqtt_versions::v5 : mqtt_versions::v3_1_1;
    c.limits.receive_maximum = static_cast<std::uint16_t>(1 + random_.below(20));
    c.watch = &watch_;
    mqtt_provider_limits limits;
    limits.call_timeout = 3s;
    return std::make_unique<mqtt_provider>(on, std::move(c), limits);
  }

  bool set_up() {
    int ready = 0;
    const auto count = [&ready](const auto& r) { ready += r.has_value(); };
    for (auto* p : {talking_.get(), listening_.get(), passing_.get()}) {
      p->initialize().then(count);
    }
    world_.run_until([&] { return ready == 3; }, 10s);
    const auto keep = [count](std::vector<speaker>& to) {
      return [count, &to](result<speaker> r) {
        count(r);
        if (r) to.push_back(*std::move(r));
      };
    };
    listening_->create_speaker("2/#", into(once_), qos::exactly_once).then(keep(ears_));
    listening_->create_speaker("1/+", into(least_), qos::at_least_once).then(keep(ears_));
    for (const char* topic : {"1/a", "1/b", "2/a", "2/b/c"}) {
      const auto q = topic[0] == '1' ? qos::at_least_once : qos::exactly_once;
      talking_->create_speaker(topic, mqtt_speaker_options(q)).then(keep(speakers_));
    }
    const auto twice = [](const value& v) -> result<value> { return v.to<int>().value_or(0) * 2; };
    listening_->create_callable("twice", twice).then([this, count](result<callable> r) {
      count(r);
      if (r) served_ = *std::move(r);
    });
    passing_->create_callable("twice").then([this, count](result<callable> r) {
      count(r);
      if (r) calling_ = *std::move(r);
    });
    return world_.run_until([&] { return ready == 11; }, 10s);
  }
  message_callback into(std::map<std::string, int>& heard) {
    return [this, &heard](const message& m) {
      const std::string text(m.text());
      const int number = std::stoi(text);
      // The first time of each is in the order of the shouts, topic by topic.
      // What is taken back may come at any time, or never.
      if (++heard[text] == 1 && number < taken_back) {
        int& last = last_[std::string(m.topic())];
        if (number < last) is_disordered_ = true;
        last = number;
      }
    };
  }

  std::size_t open() {
    ended_.push_back(0);
    return ended_.size() - 1;
  }

  void act(int i) {
    if (i % 10 == 7) return call(i);
    if (i % 10 == 9) return come_and_go();
    speaker& s = speakers_[static_cast<std::size_t>(i % 4)];
    const std::size_t entry = open();
    auto op = s.shout(i);
    const bool gives_up = i % 11 == 5;
    std::move(op).then([this, entry, i, gives_up](const result<delivery>& r) {
      ++ended_[entry];
      if (r) accepted_[std::to_string(i)] = i % 4 < 2;
      if (!r && gives_up && r.error() == errc::cancelled) ++cancelled_;
      if (!r && !gives_up) why_ = r.error().to_string();
    });
    if (gives_up) taken_back_.push_back(s.shout(i + taken_back));
    if (!taken_back_.empty() && i % 3 == 0) {
      taken_back_.back().cancel();
      taken_back_.pop_back();
      ++cancelled_;
    }
  }
  void call(int i) {
    const std::size_t entry = open();
    calling_->call(i).then([this, entry, i](const result<value>& r) {
      ++ended_[entry];
      if (!r) return;
      ++answered_;
      if (!(*r == value(2 * i))) why_ = "an answer reached another caller";
    });
  }
  // A speaker that does not stay.
  void come_and_go() {
    if (passing_speaker_) {
      passing_speaker_.reset();
      return;
    }
    const std::size_t entry = open();
    const auto on_message = [](const message&) {};
    passing_->create_speaker("#", on_message).then([this, entry](result<speaker> r) {
      ++ended_[entry];
      if (r) passing_speaker_ = *std::move(r);
    });
  }

  std::string judge() {
    for (const int times : ended_) {
      if (times != 1) return "an operation ended " + std::to_string(times) + " times";
    }
    if (!why_.empty()) return why_;
    if (is_disordered_) return "messages changed places";
    for (const auto& [text, at_least] : accepted_) {
      const auto& heard = at_least ? least_ : once_;
      if (!heard.contains(text)) return "message " + text + " was accepted and is lost";
    }
    for (const auto& [text, times] : once_) {
      if (times != 1) return "message " + text + " is exactly once, and was heard more often";
    }
    for (auto* p : {talking_.get(), listening_.get(), passing_.get()}) {
      if (p->status().state != provider_state::up) return "not up again after the faults";
    }
    if (talking_->status().pending != 0) return "something is pending";
    return {};
  }

  // The end in any state: what is pending is told, nothing is left.
  std::string end() {
    int pending = 3;
    for (int i = 0; i < 3; ++i) {
      speakers_[0].shout(i).then([&](const result<delivery>&) { --pending; });
    }
    taken_back_.clear();
    speakers_.clear();
    ears_.clear();
    passing_speaker_.reset();
    served_.reset();
    calling_.reset();
    talking_.reset();
    listening_.reset();
    passing_.reset();
    world_.run_for(1s);
    if (pending != 0) return "destruction left operations behind";
    if (here_.open_connections() + other_.open_connections() != 0) return "a connection is left";
    return {};
  }

  sim::prng random_;
  sim::world world_;
  sim::host& there_ = world_.add_host("broker");
  sim::host& here_ = world_.add_host("client");
  sim::host& other_ = world_.add_host("other");
  transports lower_;
  watcher watch_;
  memory_store store_;
  bool over_websocket_ = false;
  std::unique_ptr<mqtt_broker> broker_;
  std::unique_ptr<mqtt_provider> talking_, listening_, passing_;
  std::vector<speaker> speakers_, ears_;
  std::optional<speaker> passing_speaker_;
  std::optional<callable> served_, calling_;
  std::vector<operation<delivery>> taken_back_;
  std::vector<int> ended_;
  std::map<std::string, bool> accepted_;  // the text, and whether it is at least once
  std::map<std::string, int> once_, least_, last_;
  bool is_disordered_ = false;
  std::size_t answered_ = 0, cancelled_ = 0;
  std::string why_;
};

TEST(mqtt_provider_chaos, every_schedule_ends_well) {
  std::uint64_t first = 1, count = 2000;
  if (std::getenv("PARLEY_LONG")) count = 20'000;
  if (const char* one = std::getenv("PARLEY_SEED")) {
    first = std::strtoull(one, nullptr, 10);
    count = 1;
  }
  totals total;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const std::string wrong = schedule(seed).run(total);
    ASSERT_EQ(wrong, "") << "replay with PARLEY_SEED=" << seed;
  }
  EXPECT_GT(total.heard, 0U);
  EXPECT_GT(total.answered, 0U);
  EXPECT_GT(total.cancelled, 0U);
  EXPECT_GT(total.reconnects, 0U);
}

}  // namespace
}  // namespace parley::test
