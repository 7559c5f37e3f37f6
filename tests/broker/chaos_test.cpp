// Clients with their sessions and stores, and a broker with its own, over links that cut, split,
// stall and break, with restarts of both sides and take-overs: each seed is another history. To
// each subscriber exactly once is once, at least once is never forgotten, order is kept, nothing
// is stuck and nothing is left (P2 to P6, P13). A failing seed is printed and replays:
// PARLEY_SEED=n.
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <parley/codecs/mqtt/client.hpp>

#include "support/broker_world.hpp"
#include "support/faulty_store.hpp"
#include "support/seeds.hpp"
#include "support/vectors.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using mqtt::qos;

struct told_message {
  qos q{};
  int end = 0;  // publish_events
};

// One client with all that survives its connections.
struct device {
  mqtt::client_settings settings;
  faulty_store store;
  std::unique_ptr<mqtt::session> session;
  std::optional<mqtt::client> client;
  broker_world::link* link = nullptr;
  std::string name;
  bool is_subscribed = false;
  int serial = 0;
  std::map<int, told_message> sent;
  std::map<std::string, int> heard;       // text of QoS 1 and 2, and how often
  std::map<std::string, int> heard_0;     // of QoS 0
  std::map<std::string, int> last_first;  // by publisher
};

class history {
 public:
  explicit history(std::uint64_t seed)
      : random_(sim::prng::named(seed, "broker chaos")),
        has_store_(random_.one_in(2)),
        world_(has_store_ ? &store_ : nullptr, seed) {
    auto& s = world_.settings;
    s.connection.receive_maximum = static_cast<std::uint16_t>(1 + random_.below(20));
    s.connection.topic_alias_maximum = static_cast<std::uint16_t>(random_.below(4));
    s.limits.in_flight = static_cast<std::uint16_t>(1 + random_.below(30));
    if (random_.one_in(3)) s.connection.high_water = 200;
    world_.start();
    devices_.resize(2 + random_.below(3));
    for (std::size_t i = 0; i < devices_.size(); ++i) set_up(devices_[i], i);
  }

  std::string run() {
    for (auto& d : devices_) subscribe(d);
    if (!fault_.empty()) return fault_;
    for (std::uint64_t n = 60 + random_.below(150); n > 0 && fault_.empty(); --n) act();
    if (fault_.empty()) settle();
    return fault_;
  }
  std::size_t messages() const { return messages_; }

 private:
  void set_up(device& d, std::size_t i) {
    d.name = "device" + std::to_string(i);
    d.settings.client_id = d.name;
    d.settings.version = random_.one_in(2) ? mqtt::version::v5 : mqtt::version::v3_1_1;
    d.settings.clean_start = false;
    d.settings.session_expiry = 100'000;
    d.settings.limits.receive_maximum = static_cast<std::uint16_t>(1 + random_.below(10));
    d.settings.limits.in_flight = static_cast<std::uint16_t>(1 + random_.below(30));
    if (random_.one_in(3)) d.settings.limits.high_water = 200;
    open_session(d);
  }
  void open_session(device& d) {
    d.session = std::make_unique<mqtt::session>(mqtt::session_limits(), d.store, d.name);
    if (!d.session->load(world_.now, world_.wall())) fault_ = "load failed";
  }

  void subscribe(device& d) {
    for (int i = 0; i < 500 && !d.is_subscribed && fault_.empty(); ++i) {
      connect(d);
      if (d.client->is_open() && i % 50 == 1) {
        const std::vector<mqtt::subscription> filters{{.filter = "t/#", .qos = qos::exactly_once}};
        (void)d.client->subscribe(filters, {}, world_.now);
      }
      move(d, 20);
    }
    if (!d.is_subscribed && fault_.empty()) fault_ = "no SUBACK";
  }

  void act() {
    device& d = devices_[random_.below(devices_.size())];
    switch (random_.below(20)) {
      case 0:
        if (random_.one_in(3)) break_link(d);
        break;
      case 1:
        if (has_store_ && random_.one_in(6)) crash_broker();
        break;
      case 2:
        if (random_.one_in(6)) restart(d);
        break;
      case 3:
      case 4:
      case 5:
        publish(d);
        break;
      case 6:
        for (std::uint64_t n = random_.below(30); n > 0; --n) publish(d);
        break;
      case 7:
        if (random_.one_in(4)) advance(random_.between(1s, 20s));
        break;
      case 8:
        if (d.link != nullptr) d.link->server().release();
        break;
      case 9:
        // The broker does not know of the end: a take-over follows.
        if (random_.one_in(3)) vanish(d);
        break;
      case 10:
        connect(d);
        break;
      default:
        move(d, 1 + random_.below(100));
        break;
    }
  }

  void connect(device& d) {
    if (d.client) return;
    d.client.emplace(d.settings, *d.session);
    d.link = &world_.connect();
    d.client->start(world_.now);
    drain(d);
  }

  void publish(device& d) {
    const auto q = static_cast<qos>(random_.below(3));
    const std::string text = d.name + " " + std::to_string(++d.serial) + " ";
    const std::string padded =
        text + std::string(random_.one_in(10) ? random_.below(2000) : 0, 'x');
    const std::string topic = "t/" + d.name;
    const mqtt::outgoing_message m{topic, as_bytes(padded), q};
    const bool is_online = d.client && d.client->is_open();
    const auto r = is_online ? d.client->publish(m, world_.now) : d.session->publish(m, world_.now);
    if (!r) fault_ = "refused: " + r.error().to_string();
    ++messages_;
    d.sent[d.serial] = {q};
    (void)d.store.sync();
    drain(d);
  }

  void move(device& d, std::uint64_t rounds) {
    for (; d.client && rounds > 0 && fault_.empty(); --rounds) {
      (void)d.store.sync();
      if (!random_.one_in(4)) world_.turn();
      bool any = carry_out(d);
      any |= carry_in(d);
      drain(d);
      if (!any && d.client && store_.at_risk() == 0) return;
    }
  }
  bool carry_out(device& d) {
    std::string some;
    for (const const_buffer& piece : d.client->output()) {
      some.append(static_cast<const char*>(piece.data), piece.size);
    }
    if (some.empty() || !d.link->server().wants_read()) return false;
    some.resize(1 + random_.below(some.size()));
    const std::size_t n = d.link->give(some);
    d.client->consume_output(n);
    return n > 0;
  }
  bool carry_in(device& d) {
    if (!d.client->wants_read()) return false;
    const std::span<std::byte> into = d.client->prepare(200);
    const std::string some =
        d.link->take(1 + random_.below(std::min<std::size_t>(into.size(), 200)));
    std::ranges::copy(as_bytes(some), into.begin());
    d.client->commit(some.size(), world_.now);
    if (some.empty() && !d.link->is_open() && d.link->server().buffered() == 0) {
      d.client->commit_eof(world_.now);
      return true;
    }
    return !some.empty();
  }

  void drain(device& d) {
    while (d.client) {
      mqtt::event e = d.client->next_event();
      hear(d, e);
      if (std::holds_alternative<closed>(e)) {
        d.client.reset();
        if (d.link != nullptr) world_.drop(*d.link);
        d.link = nullptr;
        return;
      }
      if (is_drained(e)) return;
    }
  }
  void hear(device& d, mqtt::event& e) {
    if (const auto* s = std::get_if<mqtt::subscribe_event>(&e)) d.is_subscribed |= !s->why;
    if (const auto* o = std::get_if<mqtt::opened>(&e)) {
      if (d.is_subscribed && !o->session_present) fault_ = "the session is gone";
    }
    if (const auto* m = std::get_if<mqtt::message_event>(&e)) heard(d, *m);
    const auto* f = std::get_if<failed>(&e);
    const bool is_expected =
        f == nullptr || f->why.is_transient() || f->why == mqtt::reason_code::session_taken_over;
    if (!is_expected) fault_ = d.name + ": " + f->why.to_string();
  }
  void heard(device& d, const mqtt::message_event& m) {
    const std::string text(m.text().substr(0, m.text().rfind(' ')));
    const std::string from = text.substr(0, text.find(' '));
    const int serial = std::atoi(text.substr(text.find(' ')).c_str());
    if (m.qos == qos::at_most_once) {
      if (++d.heard_0[text] > 1) fault_ = d.name + " heard twice, QoS 0: " + text;
      return;
    }
    const int times = ++d.heard[text];
    if (times > 1 && m.qos == qos::exactly_once) fault_ = d.name + " heard twice: " + text;
    if (times > 1) return;
    if (d.last_first[from] > serial) fault_ = d.name + " heard out of order: " + text;
    d.last_first[from] = serial;
  }

  void break_link(device& d) {
    if (!d.client) return;
    if (random_.one_in(2)) {
      d.client->commit_error(error(errc::reset), world_.now);
    } else {
      d.client->commit_eof(world_.now);
    }
    drain(d);
    d.client.reset();
    if (d.link != nullptr) world_.drop(*d.link);
    d.link = nullptr;
  }
  void vanish(device& d) {
    if (!d.client) return;
    d.link = nullptr;
    d.client->commit_error(error(errc::reset), world_.now);
    drain(d);
    d.client.reset();
  }
  // Of a client, with what it has stored.
  void restart(device& d) {
    break_link(d);
    (void)d.store.sync();
    d.session.reset();
    open_session(d);
  }
  // kill -9: what was staged is lost, or but for the first changes.
  void crash_broker() {
    world_.stop();
    store_.crash(random_.below(store_.at_risk() + 1));
    for (auto& d : devices_) {
      d.link = nullptr;
      if (!d.client) continue;
      d.client->commit_error(error(errc::reset), world_.now);
      drain(d);
      d.client.reset();
    }
    world_.start();
    if (world_.load_failed) fault_ = "the broker cannot load";
  }
  void advance(duration by) {
    world_.advance(by);
    for (auto& d : devices_) {
      if (d.client) d.client->handle_timeout(world_.now);
      drain(d);
    }
  }

  void settle() {
    for (int i = 0; i < 300 && fault_.empty(); ++i) {
      advance(3s);
      for (auto& d : devices_) {
        connect(d);
        move(d, 300);
      }
      if (is_settled()) break;
    }
    for (auto& d : devices_) {
      if (d.session->size() != 0) fault_ = d.name + " is stuck";
      if (d.session->received() != 0) fault_ = d.name + " waits for PUBREL";
    }
    for (const auto& d : devices_) check(d);
    const auto left = world_.broker->stats();
    if (fault_.empty() && left.message_bytes != 0) {
      fault_ = "messages are left: " + std::to_string(left.message_bytes);
    }
    // Of each session its head and its subscription.
    if (fault_.empty() && has_store_ && store_.size() != 2 * devices_.size()) {
      fault_ = "records are left:";
      (void)store_.load_all([&](const stored_record& r) {
        fault_ += " " + std::string(as_text(r.space)) + ":" + escape(as_text(r.key)) + "=" +
                  escape(as_text(r.value).substr(0, 20));
      });
    }
  }
  bool is_settled() const {
    for (const auto& d : devices_) {
      while (d.session->next_completion()) {
      }
      if (d.session->size() != 0 || d.session->received() != 0) return false;
    }
    const auto left = world_.broker->stats();
    return left.message_bytes == 0 && left.deliveries == 0 && store_.at_risk() == 0;
  }
  void check(const device& subscriber) {
    for (const auto& publisher : devices_) {
      for (const auto& [serial, m] : publisher.sent) {
        if (m.q == qos::at_most_once) continue;
        const std::string text = publisher.name + " " + std::to_string(serial);
        if (!subscriber.heard.contains(text) && fault_.empty()) {
          fault_ = subscriber.name + " never heard " + text;
        }
      }
    }
  }

  sim::prng random_;
  bool has_store_;
  faulty_store store_;
  broker_world world_;
  std::deque<device> devices_;
  std::size_t messages_ = 0;
  std::string fault_;
};

// S132
TEST(broker_chaos, every_history_ends_well) {
  const auto seeds = chaos_seeds(100'000);
  std::size_t messages = 0;
  for (const std::uint64_t seed : seeds) {
    history h(seed);
    ASSERT_EQ(h.run(), "") << replay(seed);
    messages += h.messages();
  }
  if (seeds.size() == 1) return;
  EXPECT_GT(messages, 20 * seeds.size());
}

}  // namespace
}  // namespace parley::test
