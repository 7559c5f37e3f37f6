// An MQTT broker and links to it in memory: no loop, time by hand. Who is at the other end of a
// link moves bytes with take() and give().
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <parley/adapters/sim/random.hpp>
#include <parley/codecs/mqtt/broker/broker.hpp>
#include <parley/core/random.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

class broker_world : public random_source {
 public:
  // The broker's side of one connection.
  class link final : public mqtt::peer {
   public:
    link(broker_world& home, const mqtt::server_limits& limits, store* under)
        : mqtt::peer(machine_), home_(home), machine_(limits, under) {}
    void stirred() override { is_stirred = true; }

    // All bytes that may be written now, or some of them.
    std::string take(std::size_t at_most = SIZE_MAX) {
      std::string some;
      for (const const_buffer& piece : machine_.output()) {
        some.append(static_cast<const char*>(piece.data), piece.size);
      }
      some.resize(std::min(some.size(), at_most));
      machine_.consume_output(some.size());
      drain();
      return some;
    }
    // How many bytes it took; the rest is to be given again later.
    std::size_t give(std::string_view bytes) {
      const std::span<std::byte> into = machine_.prepare(bytes.size());
      const std::size_t n = std::min(into.size(), bytes.size());
      std::ranges::copy(as_bytes(bytes.substr(0, n)), into.begin());
      machine_.commit(n, home_.now);
      drain();
      return n;
    }
    void give_all(std::string_view bytes) {
      while (!bytes.empty() && is_open()) {
        const std::size_t n = give(bytes);
        if (n == 0) return;
        bytes.remove_prefix(n);
      }
    }
    void end() {
      machine_.commit_eof(home_.now);
      drain();
    }
    void drain() {
      is_stirred = false;
      for (;;) {
        mqtt::server::event e = machine_.next_event();
        home_.broker->handle(*this, e, home_.now);
        if (auto* f = std::get_if<failed>(&e)) why = f->why;
        if (std::holds_alternative<closed>(e)) is_closed = true;
        if (is_closed || is_drained(e)) return;
      }
    }
    // Neither closed nor saying goodbye.
    bool is_open() const { return !is_closed && !why; }
    mqtt::server& server() { return machine_; }

    std::optional<error> why;  // `failed`
    bool is_closed = false;
    bool is_stirred = false;

   private:
    broker_world& home_;
    mqtt::server machine_;
  };

  explicit broker_world(store* under = nullptr, std::uint64_t seed = 1)
      : kept(under), chance_(sim::prng::named(seed, "broker")) {}
  ~broker_world() { stop(); }

  // With the settings as they are.
  void start() {
    broker.emplace(settings, *this, now, wall(), kept);
    if (!broker->load(now)) load_failed = true;
  }
  // Without a word, as kill -9 does it.
  void stop() {
    links.clear();
    broker.reset();
  }
  wall_time wall() const { return wall_time(now.time_since_epoch() + std::chrono::hours(9)); }

  link& connect() {
    links.push_back(std::make_unique<link>(*this, settings.connection, kept));
    link& made = *links.back();
    if (!broker->enter(made, now)) made.is_closed = true;
    made.server().start(now);
    return made;
  }
  void drop(link& which) {
    broker->leave(which, now);
    std::erase_if(links, [&](const auto& l) { return l.get() == &which; });
  }
  // What a loop does at the end of a turn.
  void turn() {
    if (kept != nullptr && broker->needs_sync()) (void)kept->sync();
    for (bool any = true; any;) {
      any = false;
      for (std::size_t i = 0; i < links.size(); ++i) {
        if (!links[i]->is_stirred) continue;
        links[i]->drain();
        any = true;
      }
    }
  }
  void advance(duration by) {
    now += by;
    for (std::size_t i = 0; i < links.size(); ++i) {
      links[i]->server().handle_timeout(now);
      links[i]->drain();
    }
    broker->handle_timeout(now);
    turn();
  }

  mqtt::broker_settings settings;
  store* kept;
  time_point now = time_point(std::chrono::hours(1));
  std::optional<mqtt::broker> broker;
  std::vector<std::unique_ptr<link>> links;
  bool load_failed = false;

 private:
  void random(std::span<std::byte> out) override { chance_.fill(out); }

  sim::prng chance_;
};

}  // namespace parley::test
