// Rows `broker/idle_session/parley` and `broker/idle_subscribed/parley`, whose counter `bytes` is
// the heap that a client takes in the broker while it says nothing: connected, under an identifier
// of its own, and with one subscription as well. `broker/away_session/parley` has gone and keeps
// its session.
#include <parley/adapters/blocking/loop.hpp>
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/loopback.hpp"
#include "common/memory.hpp"
#include "common/wrong.hpp"

namespace parley::bench {
namespace {

using namespace std::string_literals;

enum class idling { connected, subscribed, away };

class idle_sessions {
 public:
  explicit idle_sessions(idling how) : how_(how) {
    if (auto ok = broker_.listen(); !ok) wrong("parley", ok.error().to_string());
    clients_.reserve(1024);
  }

  void add(std::size_t count) {
    const std::uint16_t port = broker_.local_address()->port();
    for (std::size_t end = named_ + count; named_ < end; ++named_) {
      clients_.emplace_back(port);
      clients_.back().send(connect("device-" + std::to_string(10'000 + named_)));
      expect("\x20\x02\0\0"s);
      if (how_ == idling::subscribed) {
        clients_.back().send("\x82\x16\0\1\0\x11site/"s + std::to_string(10'000 + named_) +
                             "/status\0"s);
        expect("\x90\x03\0\1\0"s);
      }
      if (how_ == idling::away) clients_.pop_back();
    }
  }
  // For longer than a connection waits before it frees what it does not need.
  void settle() {
    const time_point until = on_.now() + std::chrono::milliseconds(2500);
    while (on_.now() < until) on_.run_once(until - on_.now());
    const std::size_t there = broker_.clients();
    if (there != clients_.size() || broker_.stats().sessions != named_) {
      wrong("parley", std::to_string(there) + " clients");
    }
  }

 private:
  // MQTT 3.1.1, a session that persists, keep-alive 60 s.
  static std::string connect(std::string_view id) {
    return "\x10"s + static_cast<char>(12 + id.size()) + "\0\4MQTT\4\0\0\x3C\0"s +
           static_cast<char>(id.size()) + std::string(id);
  }
  void expect(std::string_view answer) {
    std::string got;
    for (int turns = 0; got.size() < answer.size(); ++turns) {
      if (turns > 100'000) wrong("parley", "no answer");
      on_.run_once(duration::zero());
      got += clients_.back().receive_now();
    }
    if (got != answer) wrong("parley", "another answer");
  }

  static mqtt_broker_config settings() {
    mqtt_broker_config c;
    c.port = 0;
    return c;
  }

  idling how_;
  std::size_t named_ = 0;
  blocking::loop on_;
  mqtt_broker broker_{on_, settings()};
  std::vector<client_socket> clients_;
};

[[maybe_unused]] const bool registered =
    add_heap_row("broker/idle_session/parley", [] { return idle_sessions(idling::connected); }) &&
    add_heap_row("broker/idle_subscribed/parley",
                 [] { return idle_sessions(idling::subscribed); }) &&
    add_heap_row("broker/away_session/parley", [] { return idle_sessions(idling::away); });

}  // namespace
}  // namespace parley::bench
