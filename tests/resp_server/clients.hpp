// An engine with clients in memory: what they say, what they get, and time.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <parley/codecs/resp/server/engine.hpp>
#include <string>
#include <string_view>

#include "support/machine_harness.hpp"

namespace parley::test {

using namespace std::chrono_literals;

class engine_world;

class engine_client final : public resp::peer {
 public:
  engine_client(engine_world& world, std::string_view at);
  ~engine_client();

  // Feeds inline or encoded requests, and returns what is in the output then.
  std::string say(std::string_view text);
  // What came without a request.
  std::string heard();
  void stirred() override { ++stirs; }
  bool is_closed() const { return closed_; }

  int stirs = 0;

 private:
  void on_event(resp::server::event& e);

  engine_world& world_;
  resp::server machine_;
  machine_harness<resp::server> harness_;
  bool closed_ = false;
};

class engine_world {
 public:
  explicit engine_world(resp::engine_config config = {}) : engine(std::move(config), now) {}

  std::unique_ptr<engine_client> client() {
    return std::make_unique<engine_client>(*this, "127.0.0.1:" + std::to_string(++port_));
  }
  // Deadlines on the way fire at their moments.
  void advance(duration by) {
    const time_point end = now + by;
    while (const auto at = engine.next_deadline()) {
      if (*at > end) break;
      now = std::max(now, *at);
      engine.handle_timeout(now);
    }
    now = end;
  }

  time_point now = time_point(1h);
  wall_time wall = wall_time(1'700'000'000s);
  resp::engine engine;

 private:
  int port_ = 50'000;
};

inline engine_client::engine_client(engine_world& world, std::string_view at)
    : peer(machine_),
      world_(world),
      machine_(world.engine.limits()),
      harness_(machine_, [this](resp::server::event& e) { on_event(e); }) {
  harness_.start();
  world_.engine.admit(*this, *address::parse(at), world_.now);
  harness_.drain();
}

inline engine_client::~engine_client() { world_.engine.leave(*this); }

inline std::string engine_client::say(std::string_view text) {
  std::string all(text);
  if (!all.ends_with("\n")) all += "\r\n";
  harness_.feed(all);
  return harness_.sent();
}

inline std::string engine_client::heard() {
  harness_.drain();
  return harness_.sent();
}

inline void engine_client::on_event(resp::server::event& e) {
  if (const auto* r = std::get_if<resp::request_event>(&e)) {
    world_.engine.execute(*this, r->arguments, world_.now, world_.wall);
  } else if (std::holds_alternative<closed>(e)) {
    closed_ = true;
    world_.engine.leave(*this);
  }
}

}  // namespace parley::test
