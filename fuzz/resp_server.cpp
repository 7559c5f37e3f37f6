// The engine with three clients that say anything, in pieces of any size, and leave at
// any time. Whatever they do: replies are valid RESP, a machine ends once, nothing waits
// for a client that has gone, and output stays below its limits.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <parley/codecs/resp/decoder.hpp>
#include <parley/codecs/resp/server/engine.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/reader.hpp"

namespace {

using namespace parley;
using fuzz::must;
using fuzz::reader;
using namespace std::chrono_literals;

// Requests that get past the first checks; the input chooses among them.
constexpr std::array<std::string_view, 32> phrases{
    "PING\r\n",
    "*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n",
    "HELLO 3\r\n",
    "HELLO 2 AUTH default p SETNAME me\r\n",
    "AUTH p\r\n",
    "SELECT 1\r\n",
    "RESET\r\n",
    "QUIT\r\n",
    "SUBSCRIBE a b\r\n",
    "PSUBSCRIBE *\r\n",
    "UNSUBSCRIBE\r\n",
    "PUNSUBSCRIBE\r\n",
    "PUBLISH a x\r\n",
    "BLPOP l m 0\r\n",
    "BRPOP l 0.01\r\n",
    "RPUSH l 1 2\r\n",
    "SWAPDB 0 1\r\n",
    "SET k v PX 5\r\n",
    "GET k\r\n",
    "CLIENT KILL ID 1\r\n",
    "CLIENT KILL TYPE normal SKIPME no\r\n",
    "CLIENT UNBLOCK 2\r\n",
    "CLIENT REPLY SKIP\r\n",
    "CLIENT REPLY OFF\r\n",
    "CLIENT REPLY ON\r\n",
    "CLIENT LIST\r\n",
    "CONFIG SET timeout 1\r\n",
    "CONFIG GET *\r\n",
    "INFO\r\n",
    "COMMAND DOCS get\r\n",
    "FLUSHALL\r\n",
    "PUBSUB CHANNELS\r\n",
};

resp::engine_config config_of(std::uint8_t bits) {
  resp::engine_config c;
  c.databases = 2;
  if (bits & 1) c.password = "p";
  if (bits & 2) c.max_clients = 2;
  if (bits & 4) c.limits.high_water = 300;
  if (bits & 8) c.limits.max_subscribed_output = 200;
  if (bits & 16) c.limits.soft_subscribed_output = 100;
  if (bits & 32) c.limits.request.max_inline = 64;
  if (bits & 64) c.limits.request.request_budget = 4096;
  if (bits & 128) c.limits.held_input = 64;
  // Small numbers of everything: what is bounded is to be reached.
  c.data.max_bytes = 1 << 20;
  return c;
}

class world;

class client final : public resp::peer {
 public:
  client(world& home, resp::engine& redis, time_point now)
      : peer(machine_), home_(home), redis_(redis), machine_(redis.limits()) {
    machine_.start(now);
    redis_.admit(*this, address::v4({127, 0, 0, 1}, 1), now);
    drain(now);
  }
  ~client() { redis_.leave(*this); }

  void stirred() override { stirred_ = true; }
  bool take_stirred() { return std::exchange(stirred_, false); }

  void feed(std::string_view bytes, std::size_t portion, time_point now) {
    while (!bytes.empty() && machine_.wants_read()) {
      const auto into = machine_.prepare(bytes.size());
      if (into.empty()) break;
      const std::size_t n = std::min({into.size(), bytes.size(), portion});
      std::memcpy(into.data(), bytes.data(), n);
      machine_.commit(n, now);
      bytes.remove_prefix(n);
      drain(now);
    }
  }
  void end(time_point now) {
    machine_.commit_eof(now);
    drain(now);
  }
  void time(time_point now) {
    machine_.handle_timeout(now);
    drain(now);
  }
  void rest() { machine_.release(); }
  void read(std::size_t most);
  void drain(time_point now);
  bool is_closed() const { return closed_; }

 private:
  world& home_;
  resp::engine& redis_;
  resp::server machine_;
  resp::decoder replies_;
  std::string unread_;
  bool stirred_ = false;
  bool failed_ = false;
  bool closed_ = false;
};

class world {
 public:
  world(std::uint8_t bits, reader& in) : redis(config_of(bits), now), in_(in) {}

  void act() {
    const std::uint8_t action = in_.byte();
    auto& who = clients_[in_.byte() % clients_.size()];
    if (!who || who->is_closed()) who = std::make_unique<client>(*this, redis, now);
    switch (action % 12) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        who->feed(phrases[in_.byte() % phrases.size()], 1 + action / 12, now);
        break;
      case 5:
      case 6:
        who->feed(in_.bytes(in_.byte()), 1 + action / 12, now);
        break;
      case 7:
        who->read(in_.byte() * 8u);
        break;
      case 8:
        advance(std::chrono::milliseconds(in_.byte()));
        break;
      case 9:
        who->end(now);
        break;
      case 10:
        who.reset();
        break;
      default:
        who->rest();
        break;
    }
    settle();
  }

  void finish() {
    for (auto& c : clients_) {
      if (c) c->read(SIZE_MAX);
      c.reset();
    }
    must(redis.clients() == 0);
    must(redis.waiting().empty());
    must(redis.subscriptions().channels() == 0 && redis.subscriptions().patterns() == 0);
  }

  time_point now = time_point(1h);
  wall_time wall = wall_time(1'700'000'000s);
  resp::engine redis;

 private:
  // What one client did to the others.
  void settle() {
    for (bool again = true; again;) {
      again = false;
      for (auto& c : clients_) {
        if (!c || !c->take_stirred()) continue;
        c->drain(now);
        again = true;
      }
    }
  }
  void advance(duration by) {
    now += by;
    redis.handle_timeout(now);
    for (auto& c : clients_) {
      if (c) c->time(now);
    }
  }

  std::array<std::unique_ptr<client>, 3> clients_;
  reader& in_;
};

void client::drain(time_point now) {
  for (;;) {
    const auto e = machine_.next_event();
    if (is_drained(e)) return must(!closed_);
    if (const auto* r = std::get_if<resp::request_event>(&e)) {
      must(!closed_ && !failed_ && !r->arguments.empty());
      redis_.execute(*this, r->arguments, now, home_.wall);
    } else if (std::holds_alternative<failed>(e)) {
      must(!std::exchange(failed_, true));
    } else if (std::holds_alternative<closed>(e)) {
      closed_ = true;
      redis_.leave(*this);
      must(machine_.is_done() && !machine_.wants_read() && !machine_.next_deadline());
      return;
    }
  }
}

// Takes output, and reads it as a client would. What was cut off by the end may be
// half a reply.
void client::read(std::size_t most) {
  while (most > 0) {
    const auto list = machine_.output();
    if (list.empty()) break;
    const std::size_t n = std::min(list[0].size, most);
    unread_.append(static_cast<const char*>(list[0].data), n);
    machine_.consume_output(n);
    most -= n;
    drain(home_.now);
  }
  std::array<resp::node, 64> nodes;
  for (;;) {
    const auto r = replies_.decode(as_bytes(unread_), nodes);
    must(r.status != resp::decode_status::failed);
    unread_.erase(0, r.consumed);
    if (r.consumed == 0 && r.count == 0) break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reader in({reinterpret_cast<const char*>(data), size});
  world w(in.byte(), in);
  while (!in.empty()) w.act();
  w.finish();
  return 0;
}
