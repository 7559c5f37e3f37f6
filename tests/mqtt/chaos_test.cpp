// A client with its session and store against a broker that remembers everything, over a link that
// cuts, splits, stalls and breaks, with restarts of both: each seed is another history. Exactly
// once is once, at least once is never forgotten, the order of each topic is kept, no quota is
// stuck, and each publish ends once (P5 to P9, P16). A failing seed is printed and replays:
// PARLEY_SEED=n.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <parley/adapters/sim/random.hpp>

#include "mqtt/client_script.hpp"
#include "support/faulty_store.hpp"
#include "support/mqtt_broker_model.hpp"
#include "support/seeds.hpp"

namespace parley::test {
namespace {

// A message of ours.
struct told_message {
  int serial = 0;
  qos q{};
  bool is_stored = false;  // the client has said that it is, or there is no store
  int ends = 0;            // publish_events
  bool failed = false;     // one of them said that it will not arrive
};

class history {
 public:
  explicit history(std::uint64_t seed) : random_(sim::prng::named(seed, "mqtt")) {
    settings_.version = random_.one_in(2) ? mqtt::version::v5 : mqtt::version::v3_1_1;
    settings_.client_id = "device";
    settings_.clean_start = false;
    settings_.session_expiry = 1000;
    settings_.limits.receive_maximum = static_cast<std::uint16_t>(1 + random_.below(10));
    settings_.limits.in_flight = static_cast<std::uint16_t>(1 + random_.below(30));
    if (random_.one_in(3)) settings_.limits.high_water = 200;
    loses_sessions_ = random_.one_in(3);
    crashes_ = random_.one_in(2);
    has_store_ = crashes_ || random_.one_in(2);
    mqtt_broker_model::settings b;
    b.version = settings_.version;
    b.receive_maximum = static_cast<std::uint16_t>(1 + random_.below(20));
    b.topic_alias_maximum = static_cast<std::uint16_t>(random_.below(4));
    broker_.emplace(b);
    open_session();
  }

  std::string run() {
    for (std::uint64_t n = 40 + random_.below(120); n > 0; --n) {
      act();
      if (!fault_.empty()) return fault_;
      if (!broker_->fault.empty()) return "broker: " + broker_->fault;
    }
    return settle();
  }
  std::size_t messages() const { return all_.size() + over_.size() + heard_.size(); }
  int breaks() const { return breaks_; }

 private:
  void open_session() {
    if (has_store_) {
      session_ = std::make_unique<mqtt::session>(mqtt::session_limits(), store_, "device");
    } else {
      session_ = std::make_unique<mqtt::session>();
    }
    if (!session_->load(now_, wall_time(now_.time_since_epoch()))) fault_ = "load failed";
  }

  void act() {
    switch (random_.below(20)) {
      case 0:
        if (random_.one_in(3)) break_link();
        break;
      case 1:
        if (crashes_ && random_.one_in(4)) crash();
        break;
      case 2:
        if (loses_sessions_ && random_.one_in(6)) {
          break_link();
          broker_->lose_session();
        }
        break;
      case 3:
      case 4:
      case 5:
      case 6:
        publish();
        break;
      case 7:
        for (std::uint64_t n = random_.below(30); n > 0; --n) publish();
        break;
      case 8:
        send_news(static_cast<qos>(random_.below(3)));
        break;
      case 9:
        for (std::uint64_t n = random_.below(8); n > 0; --n) {
          send_news(static_cast<qos>(1 + random_.below(2)));
        }
        break;
      case 10:
        if (random_.one_in(4)) advance(random_.between(1s, 40s));
        break;
      case 11:
        if (client_) client_->release();
        break;
      case 12:
        connect();
        break;
      default:
        move(1 + random_.below(200));
        break;
    }
  }

  void send_news(qos q) {
    news_.push_back(q);
    broker_->send("n" + std::to_string(news_.size()), q);
  }

  void connect() {
    if (client_) return;
    client_.emplace(settings_, *session_);
    broker_->connected();
    client_->start(now_);
    drain();
  }

  void publish() {
    told_message m{++serial_, static_cast<qos>(random_.below(3))};
    const std::string topic = "topic/" + std::to_string(serial_ % 5);
    const std::string text = std::to_string(serial_);
    std::string padded = text + std::string(random_.one_in(10) ? random_.below(2000) : 0, ' ');
    const mqtt::outgoing_message out{topic, as_bytes(padded), m.q};
    const bool is_online = client_ && client_->is_open();
    const auto r = is_online ? client_->publish(out, now_) : session_->publish(out, now_);
    if (!r) {
      fault_ = "refused: " + r.error().to_string();
      return;
    }
    if (r->id == 0) {
      drain();
      return;
    }
    m.is_stored = r->is_stored && m.q != qos::at_most_once;
    if (all_.contains(r->id)) fault_ = "an id twice";
    all_[r->id] = m;
    drain();
  }

  void move(std::uint64_t rounds) {
    for (; client_ && rounds > 0 && fault_.empty(); --rounds) {
      if (has_store_ && !random_.one_in(4)) (void)store_.sync();
      bool any = carry_out();
      any |= carry_in();
      drain();
      if (!any && client_ && store_.at_risk() == 0) return;
    }
  }
  bool carry_out() {
    const buffer_list list = client_->output();
    if (list.empty()) return false;
    std::string some;
    for (const const_buffer& piece : list) {
      some.append(static_cast<const char*>(piece.data), piece.size);
    }
    some.resize(1 + random_.below(some.size()));
    client_->consume_output(some.size());
    broker_->take(some);
    return true;
  }
  bool carry_in() {
    if (!client_->wants_read() || !broker_->has_output()) return false;
    const std::span<std::byte> into = client_->prepare(100);
    const std::string some =
        broker_->take_output(1 + random_.below(std::min<std::size_t>(into.size(), 100)));
    std::ranges::copy(as_bytes(some), into.begin());
    client_->commit(some.size(), now_);
    return true;
  }

  void drain() {
    if (!client_) return;
    for (;;) {
      mqtt::event e = client_->next_event();
      hear(e);
      if (std::holds_alternative<closed>(e)) {
        client_.reset();
        broker_->broken();
        return;
      }
      if (is_drained(e)) return;
    }
  }
  void hear(mqtt::event& e) {
    if (const auto* p = std::get_if<mqtt::publish_event>(&e)) ended(*p);
    if (const auto* s = std::get_if<mqtt::stored_event>(&e)) all_[s->id].is_stored = true;
    if (const auto* m = std::get_if<mqtt::message_event>(&e)) {
      ++heard_[std::string(m->text())].first;
      heard_[std::string(m->text())].second = m->qos;
    }
    const auto* f = std::get_if<failed>(&e);
    if (f != nullptr && !f->why.is_transient()) fault_ = f->why.to_string();
  }
  void ended(const mqtt::publish_event& p) {
    // One whose end was not durable ends once more.
    const auto at = all_.find(p.id);
    told_message& m = at == all_.end() ? retired_[p.id] : at->second;
    ++m.ends;
    if (!p.ok()) m.failed = true;
    if (p.why && !loses_sessions_) fault_ = "gave up: " + p.why->to_string();
  }

  void break_link() {
    if (!client_) return;
    ++breaks_;
    if (random_.one_in(2)) {
      client_->commit_error(error(errc::reset), now_);
    } else {
      client_->commit_eof(now_);
    }
    drain();
    if (client_) client_.reset();
    broker_->broken();
  }
  // kill -9: what was staged is lost, or but for the first changes.
  void crash() {
    ++crashed_;
    client_.reset();
    session_.reset();
    broker_->broken();
    store_.crash(random_.below(store_.at_risk() + 1));
    // What was never durable may be gone, and nobody was told otherwise. Identifiers of what is
    // over may be given again.
    for (auto at = all_.begin(); at != all_.end();) {
      const bool goes_on = at->second.is_stored && at->second.ends == 0;
      if (!goes_on) {
        over_.push_back(at->second);
        retired_[at->first] = at->second;
      }
      at = goes_on ? std::next(at) : all_.erase(at);
    }
    open_session();
  }
  void advance(duration by) {
    now_ += by;
    if (client_) client_->handle_timeout(now_);
    drain();
  }

  std::string settle() {
    for (int i = 0; i < 200; ++i) {
      // Who waits for an end of the stream that a broken link does not bring gives up.
      advance(3s);
      connect();
      if (has_store_) (void)store_.sync();
      move(300);
      if (!fault_.empty()) return fault_;
      if (!broker_->fault.empty()) return "broker: " + broker_->fault;
      if (session_->size() == 0 && broker_->is_settled() && session_->received() == 0) break;
    }
    while (auto done = session_->next_completion()) ended(*done);
    if (session_->size() != 0) return "stuck: " + std::to_string(session_->size()) + " wait";
    if (session_->in_flight() != 0) return "a quota is stuck";
    if (session_->bytes() != 0) return "bytes are counted of nothing";
    if (!broker_->is_settled()) return "stuck on the broker's side";
    if (client_ && client_->unacknowledged() != 0) return "acknowledgements are stuck";
    if (has_store_ && store_.size() != 0) return "records are left";
    if (auto wrong = check_out(); !wrong.empty()) return wrong;
    return check_in();
  }

  std::string check_out() const {
    std::map<int, int> times;
    std::map<std::pair<int, int>, int> times_in_session;
    std::map<std::string, int> last;
    for (const auto& d : broker_->deliveries) {
      const int serial = std::atoi(d.text.c_str());
      if (++times[serial] == 1) {
        if (last[d.topic] > serial) return "out of order: " + std::to_string(serial);
        last[d.topic] = serial;
      }
      const bool once = d.qos != qos::at_least_once;
      if (++times_in_session[{serial, d.session}] > 1 && once) {
        return "twice: " + std::to_string(serial);
      }
      if (times[serial] > 1 && once && !loses_sessions_) {
        return "twice: " + std::to_string(serial);
      }
    }
    std::vector<told_message> every = over_;
    for (const auto& [id, m] : all_) every.push_back(m);
    for (const told_message& m : every) {
      if (m.ends > 1 + crashed_) return "ended twice: " + std::to_string(m.serial);
      const bool must_end = m.is_stored || crashed_ == 0;
      if (must_end && m.ends == 0) return "never ended: " + std::to_string(m.serial);
      if (m.q == qos::at_most_once || !m.is_stored || m.failed) continue;
      if (times[m.serial] == 0) return "lost: " + std::to_string(m.serial);
    }
    return {};
  }
  std::string check_in() const {
    for (std::size_t n = 1; n <= news_.size(); ++n) {
      const auto at = heard_.find("n" + std::to_string(n));
      if (at == heard_.end()) {
        if (news_[n - 1] == qos::at_most_once) continue;
        return "never heard: n" + std::to_string(n);
      }
      const auto [times, q] = at->second;
      if (q == qos::exactly_once && times > 1 && crashed_ == 0 && !loses_sessions_) {
        return "heard twice: n" + std::to_string(n);
      }
    }
    return {};
  }

  sim::prng random_;
  mqtt::client_settings settings_;
  bool loses_sessions_ = false, crashes_ = false, has_store_ = false;
  faulty_store store_;
  std::optional<mqtt_broker_model> broker_;
  std::unique_ptr<mqtt::session> session_;
  std::optional<mqtt::client> client_;
  time_point now_ = time_point(1h);
  std::map<std::uint64_t, told_message> all_;
  std::map<std::uint64_t, told_message> retired_;
  std::vector<told_message> over_;
  std::map<std::string, std::pair<int, qos>> heard_;
  std::vector<qos> news_;
  int serial_ = 0, breaks_ = 0, crashed_ = 0;
  std::string fault_;
};

// S132
TEST(mqtt_chaos, every_history_ends_well) {
  const auto seeds = chaos_seeds(100'000);
  std::size_t messages = 0, broken = 0;
  for (const std::uint64_t seed : seeds) {
    history h(seed);
    ASSERT_EQ(h.run(), "") << replay(seed);
    messages += h.messages();
    broken += h.breaks() > 0 ? 1 : 0;
  }
  if (seeds.size() == 1) return;
  EXPECT_GT(messages, 20 * seeds.size());
  EXPECT_GT(broken, seeds.size() / 2);
}

}  // namespace
}  // namespace parley::test
