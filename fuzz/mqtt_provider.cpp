// The whole provider and the embedded broker over simulated links. The input is a list of what
// users do (shouts, speakers, calls, cancels, closing) and of what happens (breaks, partitions,
// restarts of the broker, time). Whatever they are: each operation ends once, no answer reaches
// another caller, and nothing is left when the provider has gone.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/adapters/sim/world.hpp>
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <parley/codecs/mqtt/mqtt_provider.hpp>
#include <parley/core/net/endpoint.hpp>
#include <parley/core/net/secret.hpp>
#include <parley/core/store/memory_store.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/ledger.hpp"
#include "support/reader.hpp"

namespace {

using namespace parley;
using fuzz::ledger;
using fuzz::must;
using fuzz::reader;
using std::chrono::milliseconds;
using std::chrono::seconds;

mqtt_config config_of(std::uint8_t bits, store* kept) {
  mqtt_config c;
  c.broker = "broker";
  c.client_id = "device";
  c.username = "device";
  c.password = "token";
  c.keepalive = 2;
  if (bits & 1) c.version = mqtt_versions::v3_1_1;
  if (bits & 2) c.clean_session = false;
  if (bits & 4) c.session.max_bytes = 2000;
  if (bits & 8) c.limits.receive_maximum = 1;
  if (bits & 16) c.limits.in_flight = 1;
  if (bits & 32) c.limits.max_output = 300;
  if (bits & 64) c.store = kept;
  if (bits & 128) c.will_topic = "t/will";
  return c;
}

mqtt_provider_limits limits_of(std::uint8_t bits) {
  mqtt_provider_limits l;
  l.call_timeout = milliseconds(500);
  if (bits & 1) l.unclaimed_bytes = 600;
  if (bits & 2) l.unclaimed_time = milliseconds(200);
  return l;
}

class session {
 public:
  explicit session(reader in) : in_(in), world_(in_.byte()) {
    const std::uint8_t bits = in_.byte();
    config_ = config_of(bits, &store_);
    limits_ = limits_of(in_.byte());
    if (bits & 16) broker_limits_.in_flight = 1;
    if (bits & 4) broker_limits_.max_queue = 1000;
    listen();
    there_.on_boot([this] { listen(); });
  }

  void run() {
    begin();
    while (!in_.empty()) step();
    forget();
    mqtt_.reset();
    world_.heal_all();
    world_.run_for(seconds(30));
    for (const int times : book_.ended) must(times == 1);
    must(here_.open_connections() == 0);
    states_.clear();
  }

 private:
  static constexpr std::array<const char*, 4> names{"t/a", "t/b", "u", "t/a/b"};
  static constexpr std::array<const char*, 4> filters{"t/+", "t/#", "#", "$share/g/t/a"};

  std::uint8_t byte() { return in_.byte(); }

  void listen() {
    broker_.reset();
    mqtt_broker_config at;
    at.host = endpoint(there_.at(1883)).host();
    at.kept = &kept_;
    at.settings.limits = broker_limits_;
    at.settings.allow_anonymous = false;
    at.settings.users = {{"device", secret("token")}};
    broker_ = std::make_unique<mqtt_broker>(there_, std::move(at));
    must(broker_->listen().has_value());
  }
  void begin() {
    mqtt_ = std::make_unique<mqtt_provider>(here_, config_, limits_);
    track(mqtt_->initialize());
  }
  void forget() {
    speakers_.clear();
    callables_.clear();
    inboxes_.clear();
  }

  template <class T>
  void track(operation<T> op) {
    const std::size_t entry = book_.open();
    states_.emplace_back(op.state());
    std::move(op).then([this, entry](const result<T>&) { book_.close(entry); });
  }
  // The same, and what it gave is kept while there is a provider.
  template <class T>
  void track(operation<T> op, std::vector<T>& to) {
    const std::size_t entry = book_.open();
    states_.emplace_back(op.state());
    std::move(op).then([this, entry, &to](result<T> r) {
      book_.close(entry);
      if (r && mqtt_) to.push_back(*std::move(r));
    });
  }

  void step() {
    const std::uint8_t what = byte();
    switch (what % 16) {
      case 0:
      case 1:
        return shout(byte());
      case 2:
        return track(mqtt_->create_speaker(names[byte() % 4], mqtt_speaker_options()), speakers_);
      case 3:
        return hear(byte());
      case 4:
        return track(mqtt_->create_inbox(filters[byte() % 4]), inboxes_);
      case 5:
        return cancel(byte());
      case 6:
        return drop(byte());
      case 7:
        return serve(byte());
      case 8:
        return track(mqtt_->create_callable("calc"), callables_);
      case 9:
        return call();
      case 10:
        return world_.reset(here_, there_);
      case 11:
        if (byte() & 1) return world_.partition(here_, there_);
        return world_.heal(here_, there_);
      case 12:
        there_.crash();
        return there_.restart();
      case 13:
        world_.run_for(milliseconds(byte()));
        return;
      case 14:
        world_.run_for(milliseconds(40 * byte()));
        return;
      default:
        return end();
    }
  }

  void shout(std::uint8_t which) {
    if (speakers_.empty()) return;
    const std::string text(std::size_t{which} * 3, 'x');
    track(speakers_[which % speakers_.size()].shout(text));
  }
  void hear(std::uint8_t which) {
    auto on_message = [this](const message&) {
      // Any call is legal in a callback.
      if (++heard_ % 3 == 0 && heard_ < 100) shout(static_cast<std::uint8_t>(heard_));
      if (heard_ % 7 == 0) speakers_.clear();
    };
    const auto q = static_cast<mqtt::qos>((which >> 2) % 3);
    track(mqtt_->create_speaker(filters[which % 4], on_message, mqtt_speaker_options(q)),
          speakers_);
  }
  void cancel(std::uint8_t which) {
    if (!states_.empty()) states_[which % states_.size()]->cancel();
  }
  void drop(std::uint8_t which) {
    if (which & 1 && !speakers_.empty()) speakers_.erase(speakers_.begin());
    if (which & 2 && !callables_.empty()) callables_.erase(callables_.begin());
    if (which & 4 && !inboxes_.empty()) inboxes_.erase(inboxes_.begin());
  }
  void serve(std::uint8_t which) {
    auto handler = [which](const value& v) -> result<value> {
      if (which & 1) return fail(errc::invalid_argument, "not today");
      return v;
    };
    track(mqtt_->create_callable(which & 2 ? "$share/g/calc" : "calc", handler));
  }
  void call() {
    if (callables_.empty()) return;
    const std::size_t entry = book_.open();
    auto op = callables_.back().call(static_cast<std::int64_t>(entry));
    states_.emplace_back(op.state());
    std::move(op).then([this, entry](const result<value>& r) {
      book_.close(entry);
      if (r) must(*r == value(static_cast<std::int64_t>(entry)));
    });
  }
  // The end of the provider in whatever state, and another one.
  void end() {
    if (byte() & 1) track(mqtt_->close());
    forget();
    mqtt_.reset();
    begin();
  }

  reader in_;
  ledger book_;
  memory_store store_;  // the client's
  memory_store kept_;   // the broker's
  mqtt::broker_limits broker_limits_;
  sim::world world_;
  sim::host& there_ = world_.add_host("broker");
  sim::host& here_ = world_.add_host("client");
  mqtt_config config_;
  mqtt_provider_limits limits_;
  std::unique_ptr<mqtt_broker> broker_;
  std::unique_ptr<mqtt_provider> mqtt_;
  std::vector<speaker> speakers_;
  std::vector<callable> callables_;
  std::vector<inbox> inboxes_;
  std::vector<fuzz::held_operation> states_;
  int heard_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Each step costs simulated time: longer inputs find nothing more.
  if (size > 400) return 0;
  session(reader({reinterpret_cast<const char*>(data), size})).run();
  return 0;
}
