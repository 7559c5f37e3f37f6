// Three carriers that die and come back in simulated time, a speaker and a listener that keep what
// they are given: each seed is another history. Nothing that was accepted is lost, each shout ends
// once, each message is heard once, every carrier sees messages in their order, switches are
// bounded, and nothing is left (S121). Calls go beside: none runs twice whose caller has not said
// that it may, and those end well. A failing seed is printed and replays: PARLEY_SEED=n.
#include <parley/core/fallback/message_tag.hpp>

#include <cstdlib>
#include <map>
#include <parley/adapters/sim/random.hpp>

#include "fallback/factory_on.hpp"

namespace parley::test {
namespace {

class fallback_history {
 public:
  explicit fallback_history(std::uint64_t seed)
      : world_(seed), random_(sim::prng::named(seed, "fallback")) {
    for (const char* name : {"redis", "mqtt", "websocket"}) {
      hubs_.push_back(std::make_unique<fake_hub>(here_, name));
      hubs_.back()->latency = random_.between(100us, 20ms);
      hubs_.back()->tells = !random_.one_in(4);
      if (random_.one_in(2)) hubs_.back()->patience = random_.between(100ms, 6s);
      table_.add(name, hubs_.back()->maker());
    }
    table_.encode_with(&encode_json);
    config_.supervision.fail_back_after = random_.between(1s, 10s);
    config_.supervision.grace = random_.between(0s, 800ms);
    config_.supervision.warm = random_.one_in(3);
    config_.options.dedupe = true;
    config_.options.keep_time = 10min;
    interface_configs where;
    where.add("redis://a").add("mqtt://b").add("ws://c");
    factory_.emplace(here_, table_, std::move(where), config_);
  }

  std::string run() {
    if (!open()) return "could not begin: " + fault_;
    const std::uint64_t acts = 30 + random_.below(90);
    for (std::uint64_t i = 0; i < acts && fault_.empty(); ++i) act();
    for (auto& h : hubs_) bring_back(*h);
    world_.run_for(2min);
    if (fault_.empty()) check();
    return fault_.empty() ? end() : fault_;
  }

  std::uint64_t shouted = 0, switches = 0, duplicates = 0, called = 0, repeated = 0;

 private:
  bool open() {
    auto l = here_.wait(factory_->create_speaker(
        "news/#", [this](const message& m) { ++heard_[std::string(m.text())]; }, preference()));
    auto s = here_.wait(factory_->create_speaker("news/7", preference()));
    auto c = here_.wait(factory_->create_callable("ask", preference()));
    if (!l || !s || !c) return false;
    listener_ = *l;
    speaker_ = *s;
    callable_ = *c;
    for (auto& h : hubs_) {
      h->handlers["ask"] = std::make_shared<call_handler>([this](const value& v) -> result<value> {
        ++runs_[v.as_uint().value_or(0)];
        return v;
      });
    }
    world_.run_for(1s);  // it listens everywhere
    return true;
  }

  void act() {
    switch (random_.below(9)) {
      case 0:
        // Some carrier is up at all times.
        if (alive() > 1) kill_one();
        break;
      case 1:
      case 2:
        bring_back(*hubs_[random_.below(3)]);
        break;
      case 3:
        if (alive() > 1 && random_.one_in(2)) {
          fake_hub& h = *hubs_[random_.below(3)];
          if (h.alive) h.accepts_and_dies = true;
        }
        break;
      case 4:
        world_.run_for(random_.between(1s, 30s));
        break;
      case 5:
        call();
        break;
      default:
        for (std::uint64_t n = 1 + random_.below(12); n > 0; --n) shout();
        break;
    }
    world_.run_for(random_.between(0s, 900ms));
    for (auto& h : hubs_) {
      if (alive() < 2) h->accepts_and_dies = false;
    }
  }
  std::size_t alive() const {
    std::size_t n = 0;
    for (const auto& h : hubs_) n += h->alive && !h->accepts_and_dies ? 1U : 0U;
    return n;
  }
  void kill_one() {
    fake_hub& h = *hubs_[random_.below(3)];
    if (!h.alive) return;
    h.die(random_.one_in(2) ? errc::reset : errc::closed);
    ++losses_;
  }
  void bring_back(fake_hub& h) {
    h.accepts_and_dies = false;
    if (!h.alive) h.revive();
  }

  void shout() {
    const std::string text = std::to_string(++shouted);
    ends_[text] = 0;
    auto op = random_.one_in(2) ? speaker_->shout(text) : speaker_->shout_bytes(as_bytes(text));
    std::move(op).then([this, text](const result<delivery>& r) {
      ++ends_[text];
      if (!r) fault_ = text + " failed: " + r.error().to_string();
    });
  }

  void call() {
    const std::uint64_t number = ++called;
    call_options how;
    how.timeout = 10min;
    how.repeatable = random_.one_in(2);
    call_ends_[number] = 0;
    callable_->call(number, how).then([this, number, how](const result<value>& r) {
      ++call_ends_[number];
      const std::string what = "call " + std::to_string(number);
      if (r && *r != value(number)) fail_with(what + " has another's answer");
      if (r && runs_[number] == 0) fail_with(what + " never ran");
      if (!r && how.repeatable) fail_with(what + " failed: " + r.error().to_string());
      if (!how.repeatable) once_.push_back(number);
      repeated += runs_[number] > 1 ? 1U : 0U;
    });
  }

  void check() {
    for (const auto& [number, times] : call_ends_) {
      if (times != 1) fail_with("a call has ended " + std::to_string(times) + " times");
    }
    for (const std::uint64_t number : once_) {
      if (runs_[number] > 1) fail_with("a call ran twice");
    }
    for (const auto& [text, times] : ends_) {
      if (times != 1) return fail_with(text + " has ended " + std::to_string(times) + " times");
      if (heard_[text] != 1) {
        return fail_with(text + " was heard " + std::to_string(heard_[text]) + " times");
      }
    }
    for (const auto& h : hubs_) check_order(*h);
    const channel_status s = *factory_->channel("news/7");
    switches = s.switches;
    duplicates = factory_->channel("news/#")->duplicates;
    if (s.waiting != 0 || s.waiting_bytes != 0) fail_with("something still waits");
    // Each loss causes one, to the next or to none, and one back at each level.
    std::uint64_t lost = 0;
    for (const auto& c : s.carriers) lost += c.report.losses;
    if (s.switches > 4 * lost + 2) fail_with("it flaps: " + std::to_string(s.switches));
    if (!s.is_carrying) fail_with("nothing carries");
  }
  // The first time that each message reaches a carrier.
  void check_order(const fake_hub& h) {
    std::map<std::uint64_t, bool> seen;
    std::uint64_t last = 0;
    for (const std::string& line : h.log) {
      const auto tagged = read_tag(as_bytes(line).subspan(line.find(':') + 1));
      if (!tagged) return fail_with("without an identifier: " + line);
      if (std::exchange(seen[tagged->id.number], true)) continue;
      if (tagged->id.number < last) return fail_with(h.protocol + ": out of order");
      last = tagged->id.number;
    }
  }
  void fail_with(std::string why) {
    if (fault_.empty()) fault_ = std::move(why);
  }

  std::string end() {
    speaker_.reset();
    listener_.reset();
    callable_.reset();
    world_.run_for(1s);
    if (!factory_->channels().empty()) return "a channel is left";
    for (const auto& h : hubs_) {
      if (h->speakers != 0) return "a speaker is left";
    }
    auto closed = here_.wait(factory_->close());
    factory_.reset();
    for (const auto& h : hubs_) {
      if (!h->providers.empty()) return "a provider is left";
    }
    if (world_.run_until_idle(1min) != sim::stopped::idle) return "a timer is left";
    return closed ? "" : "not closed";
  }

  sim::world world_;
  sim::host& here_ = world_.add_host("here");
  sim::prng random_;
  std::vector<std::unique_ptr<fake_hub>> hubs_;
  protocols table_;
  interface_factory_config config_;
  std::optional<interface_factory> factory_;
  std::optional<speaker> speaker_, listener_;
  std::optional<callable> callable_;
  std::map<std::string, int> ends_, heard_;
  std::map<std::uint64_t, int> call_ends_, runs_;
  std::vector<std::uint64_t> once_;  // calls that may run once
  std::size_t losses_ = 0;
  std::string fault_;
};

TEST(fallback_chaos, every_history_ends_well) {
  std::uint64_t first = 1, count = 2000;
  if (std::getenv("PARLEY_LONG")) count = 20'000;
  if (const char* one = std::getenv("PARLEY_SEED")) {
    first = std::strtoull(one, nullptr, 10);
    count = 1;
  }
  std::uint64_t shouted = 0, switches = 0, duplicates = 0, called = 0, repeated = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    fallback_history h(seed);
    ASSERT_EQ(h.run(), "") << "replay with PARLEY_SEED=" << seed;
    shouted += h.shouted;
    switches += h.switches;
    duplicates += h.duplicates;
    called += h.called;
    repeated += h.repeated;
  }
  if (count == 1) return;
  EXPECT_GT(shouted, 50 * count);
  EXPECT_GT(switches, count);
  EXPECT_GT(duplicates, count / 20);
  EXPECT_GT(called, 3 * count);
  EXPECT_GT(repeated, count / 100);
}

}  // namespace
}  // namespace parley::test
