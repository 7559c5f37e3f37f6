// What a connection costs: nothing for a message, next to nothing while it is idle; and memory that
// ends at any allocation costs the connection only.
#include <malloc.h>

#include <cstdio>
#include <memory>
#include <new>

#include "support/allocations.hpp"
#include "websocket/machine_script.hpp"

namespace parley::test {
namespace {

// A client and a server, opened, that say something every now and then.
struct talk {
  explicit talk(bool deflate, bool takes_over = true, bool starts = true) {
    settings.handshake.deflate.enabled = deflate;
    settings.handshake.deflate.own_no_context_takeover = !takes_over;
    settings.handshake.deflate.peer_no_context_takeover = !takes_over;
    settings.connection.ping_interval = {};
    wish.connection.ping_interval = {};
    if (starts) start();
  }
  void start() {
    client.start(now);
    server->start(now);
    drive();
  }
  // Without a vector or a string: what is counted is the machines'.
  template <class From, class To>
  bool move(From& from, To& to) {
    const auto list = from.output();
    if (list.empty() || !to.wants_read()) return false;
    const auto into = to.prepare(list[0].size);
    const std::size_t n = std::min(into.size(), list[0].size);
    std::memcpy(into.data(), list[0].data, n);
    from.consume_output(n);
    to.commit(n, now);
    return true;
  }
  template <class M>
  void drain(M& m) {
    for (;;) {
      auto e = m.next_event();
      if (const auto* got = std::get_if<websocket::message_event>(&e)) {
        ++messages;
        if constexpr (std::is_same_v<M, websocket::server>) {
          (void)m.send(got->type, got->data, now);
        }
      }
      if (is_drained(e) || std::holds_alternative<closed>(e)) return;
    }
  }
  void drive() {
    do {
      drain(client);
      drain(*server);
    } while (move(client, *server) || move(*server, client));
    drain(client);
    drain(*server);
  }
  void say(std::string_view text) {
    if (client.is_open()) (void)client.send_text(text, now);
    drive();
  }
  void release() {
    client.release();
    server->release();
  }

  websocket::server_settings settings;
  websocket::client_settings wish;
  counting_source random;
  time_point now = time_point(1h);
  std::unique_ptr<websocket::server> server = std::make_unique<websocket::server>(settings);
  websocket::client client{wish, "a", "/", random};
  int messages = 0;
};

// Nothing where a sanitizer allocates.
std::size_t heap_in_use() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

TEST(websocket_memory, a_message_costs_no_allocation) {
  const std::string text = letters(200);
  for (const bool deflate : {false, true}) {
    talk t(deflate);
    for (int i = 0; i < 10; ++i) t.say(text);
    const std::size_t before = allocations();
    t.messages = 0;
    for (int i = 0; i < 100; ++i) t.say(text);
    EXPECT_EQ(t.messages, 200);
    EXPECT_EQ(allocations(), before) << (deflate ? "compressed" : "plain");
  }
}

TEST(websocket_memory, an_idle_connection_holds_next_to_nothing) {
  for (const bool deflate : {false, true}) {
    for (const bool takes_over : {true, false}) {
      talk t(deflate, takes_over);
      const std::string text = letters(5000);
      t.say(text);
      t.release();
      const std::size_t held = t.server->held_memory();
      if (!deflate) {
        EXPECT_EQ(held, 0U);
      }
      t.say(text);
      EXPECT_EQ(t.messages, 4);
      t.release();
      EXPECT_EQ(t.server->held_memory(), held);
    }
  }
}

// As the allocator counts it, with the object itself.
TEST(websocket_memory, bytes_of_an_idle_server) {
  if (heap_in_use() == 0) return;
  constexpr std::size_t count = 200;
  struct kind {
    const char* name;
    bool deflate;
    bool takes_over;
  };
  for (const kind& k : {kind{"plain", false, true}, kind{"compressed", true, true},
                        kind{"compressed, each message alone", true, false}}) {
    std::vector<std::unique_ptr<talk>> all;
    for (std::size_t i = 0; i < count; ++i) {
      all.push_back(std::make_unique<talk>(k.deflate, k.takes_over));
      for (int n = 0; n < 3; ++n) all.back()->say(letters(300));
      all.back()->release();
    }
    const std::size_t before = heap_in_use();
    for (auto& t : all) t->server.reset();
    const std::size_t idle = (before - heap_in_use()) / count;
    std::printf("an idle server, %s: %zu bytes\n", k.name, idle);
    EXPECT_LT(idle, k.deflate ? 400'000U : 512U);
    EXPECT_GT(idle, 100U);
  }
}

// Compression, messages in parts, large ones, pings and the end, at both sides.
void converse(talk& t, const std::string& large) {
  t.start();
  t.say(large);
  (void)t.client.send_piece(opcode::text, as_bytes(large), false, t.now);
  (void)t.client.ping(as_bytes("p"), t.now);
  t.drive();
  (void)t.client.send_piece(opcode::text, as_bytes(large), true, t.now);
  t.drive();
  (void)t.server->send(opcode::binary, shared_bytes::copy(as_bytes(large)), t.now);
  t.drive();
  t.release();
  t.say(large);
  (void)t.server->close(close_code::normal, "bye", t.now);
  t.drive();
}

TEST(websocket_memory, may_end_at_each_allocation) {
  const std::string large = letters(30'000);
  for (const bool deflate : {false, true}) {
    std::size_t failures = 0;
    for (std::size_t allowed = 0; allowed < 10'000; ++allowed) {
      talk t(deflate, true, false);
      bool has_failed = false;
      {
        failing_allocation limit(allowed);
        try {
          converse(t, large);
        } catch (const std::bad_alloc&) {
        }
        has_failed = limit.has_failed();
      }
      if (!has_failed) break;
      ++failures;
      // As a loop does with a connection where memory has ended.
      t.client.commit_error(error(errc::out_of_memory), t.now);
      t.server->commit_error(error(errc::out_of_memory), t.now);
      t.drain(t.client);
      t.drain(*t.server);
      EXPECT_TRUE(t.client.is_done() && t.server->is_done()) << allowed;
    }
    EXPECT_GT(failures, 15U);
  }
}

}  // namespace
}  // namespace parley::test
