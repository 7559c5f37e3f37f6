// mqtt::broker with several clients that say anything, in an order that the input chooses, with a
// store that may lose what was not durable, and time that passes. Whatever they do: each connection
// fails at most once and then nothing but `closed` comes, what is shown stays readable, all that
// the broker says can be decoded by a client, and when all have gone nothing is left.
#include <array>
#include <cstdint>
#include <memory>
#include <parley/codecs/mqtt/decoder.hpp>
#include <parley/core/store/memory_store.hpp>
#include <string>
#include <string_view>

#include "support/broker_world.hpp"
#include "support/reader.hpp"

namespace {

using namespace parley;
using namespace std::string_view_literals;
using fuzz::must;
using fuzz::reader;
using test::broker_world;

// Packets that get past the first checks; the input chooses among them, and may change a byte.
constexpr std::array phrases{
    "\x10\x0e\0\4MQTT\5\2\0\0\0\0\1a"sv,                            // CONNECT
    "\x10\x13\0\4MQTT\5\0\0\5\5\x11\0\0\0\x09\0\1a"sv,              // a session to keep
    "\x10\x13\0\4MQTT\5\0\0\0\5\x11\0\0\0\x09\0\1b"sv,              // another
    "\x10\x0d\0\4MQTT\4\0\0\0\0\1b"sv,                              // of 3.1.1
    "\x10\x11\0\4MQTT\5\2\0\0\3\x22\0\2\0\1c"sv,                    // with aliases
    "\x10\x11\0\4MQTT\5\2\0\0\3\x21\0\1\0\1d"sv,                    // one message at a time
    "\x10\x1a\0\4MQTT\5\x0e\0\0\0\0\1a\5\x18\0\0\0\3\0\1t\0\1w"sv,  // with a will
    "\x10\x0d\0\4MQTT\5\2\0\0\0\0\0"sv,                             // without an identifier
    "\x82\x07\0\1\0\0\1t\2"sv,                                      // SUBSCRIBE
    "\x82\x07\0\1\0\0\1#\1"sv,
    "\x82\x06\0\1\0\1t\1"sv,            // of 3.1.1
    "\x82\x09\0\1\2\x0b\7\0\1+\x09"sv,  // with an identifier
    "\x82\x10\0\1\0\0\x0a$share/g/t\1"sv,
    "\xa2\x06\0\2\0\0\1t"sv,         // UNSUBSCRIBE
    "\x30\5\0\1t\0x"sv,              // PUBLISH
    "\x31\5\0\1t\0x"sv,              // retained
    "\x31\4\0\1t\0"sv,               // no more
    "\x32\7\0\1t\0\1\0x"sv,          // QoS 1
    "\x34\7\0\1t\0\2\0x"sv,          // QoS 2
    "\x3c\7\0\1t\0\2\0x"sv,          // again
    "\x32\6\0\1t\0\3x"sv,            // of 3.1.1
    "\x30\x08\0\1t\3\x23\0\1x"sv,    // with an alias
    "\x30\x0a\0\1t\5\2\0\0\0\3x"sv,  // that expires
    "\x40\2\0\1"sv,
    "\x40\2\0\2"sv,
    "\x50\2\0\1"sv,
    "\x50\2\0\2"sv,
    "\x50\3\0\1\x97"sv,
    "\x62\2\0\2"sv,
    "\x62\2\0\1"sv,
    "\x70\2\0\1"sv,
    "\x70\2\0\2"sv,
    "\xc0\0"sv,
    "\xe0\0"sv,
    "\xe0\1\4"sv,
    "\xe0\7\0\5\x11\0\0\0\0"sv,
    "\xf0\6\x18\4\x15\0\1m"sv,
};

struct talker {
  broker_world::link* link = nullptr;
  std::unique_ptr<mqtt::decoder> decoder;
  std::string unread;
  bool is_v5 = true;
};

class conversation {
 public:
  conversation(std::uint8_t bits, reader& in)
      : in_(in), world_((bits & 1) != 0 ? &store_ : nullptr) {
    auto& s = world_.settings;
    s.connection.maximum_packet = 500;
    s.connection.receive_maximum = 2;
    s.limits.max_clients = 4;
    s.limits.max_sessions = 4;
    if ((bits & 2) != 0) s.connection.high_water = 20;
    if ((bits & 4) != 0) s.limits.max_queue = 600;
    s.limits.overflow = static_cast<overflow>(bits >> 3 & 3);
    if ((bits & 32) != 0) s.limits.in_flight = 1;
    if ((bits & 64) != 0) s.limits.max_retained = 300;
    world_.start();
  }

  void act() {
    const std::uint8_t action = in_.byte();
    talker& t = talkers_[action % 4];
    switch (action / 4 % 8) {
      case 0:
        if (t.link == nullptr) open(t);
        break;
      case 1:
        if (t.link != nullptr) end(t, in_.byte());
        break;
      case 2:
        world_.advance(std::chrono::seconds(in_.byte() % 16));
        break;
      case 3:
        read(t);
        break;
      case 4:
        if (world_.kept != nullptr && (in_.byte() & 7) == 0) restart();
        break;
      default:
        say(t);
        break;
    }
    const auto s = world_.broker->stats();
    must(s.clients <= 4 && s.sessions <= 4);
  }

  void finish() {
    for (talker& t : talkers_) {
      if (t.link != nullptr) close(t);
    }
    world_.advance(std::chrono::hours(24 * 365 * 200));
    // Sessions of 3.1.1 never expire: their clients come again and leave for good.
    for (const char id : {'a', 'b', 'c', 'd'}) {
      auto& link = world_.connect();
      std::string hello("\x10\x0e\0\4MQTT\5\2\0\0\0\0\1a", 16);
      hello.back() = id;
      link.give_all(hello);
      link.give_all("\xe0\0"sv);
      world_.drop(link);
    }
    const auto s = world_.broker->stats();
    must(s.sessions <= 4);
    must(s.deliveries == 0 || s.sessions > 0);
    must(s.clients == 0);
  }

 private:
  void open(talker& t) {
    t = {};
    t.link = &world_.connect();
    if (t.link->is_closed) close(t);
  }
  void close(talker& t) {
    world_.drop(*t.link);
    t = {};
  }
  void end(talker& t, std::uint8_t how) {
    if ((how & 1) != 0) {
      t.link->end();
    } else {
      t.link->server().commit_error(error(parley::errc::reset), world_.now);
      t.link->drain();
    }
    close(t);
  }
  void say(talker& t) {
    if (t.link == nullptr) return open(t);
    std::string bytes(phrases[in_.byte() % phrases.size()]);
    const std::uint8_t change = in_.byte();
    if (change >= 250) bytes[in_.byte() % bytes.size()] = static_cast<char>(in_.byte());
    if (change >= 240 && change < 250) bytes.resize(1 + in_.byte() % bytes.size());
    t.link->give_all(bytes);
    world_.turn();
  }
  // As a client would: everything can be decoded.
  void read(talker& t) {
    world_.turn();
    if (t.link == nullptr) return;
    t.unread += t.link->take();
    if (t.unread.empty()) return;
    if (!t.decoder) {
      t.decoder = std::make_unique<mqtt::decoder>(mqtt::role::client, t.link->server().version());
    }
    mqtt::packet p;
    for (;;) {
      const auto r = t.decoder->decode(as_bytes(t.unread), p);
      must(r.status != mqtt::decode_status::failed);
      if (r.status != mqtt::decode_status::ok) break;
      t.unread.erase(0, r.consumed);
    }
  }
  void restart() {
    for (talker& t : talkers_) t = {};
    world_.stop();
    world_.start();
    must(!world_.load_failed);
  }

  reader& in_;
  memory_store store_;
  broker_world world_;
  std::array<talker, 4> talkers_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4000) return 0;
  reader in({reinterpret_cast<const char*>(data), size});
  conversation c(in.byte(), in);
  while (!in.empty()) c.act();
  c.finish();
  return 0;
}
