// A websocket_server and websocket_clients on loop L: the fixture of the tests on every loop.
#pragma once

#include <gmock/gmock.h>

#include <deque>
#include <functional>
#include <memory>
#include <parley/adapters/files/tls_maker.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/websocket_client.hpp>
#include <parley/codecs/websocket/websocket_server.hpp>

#include "redis/loops.hpp"
#include "redis/watcher.hpp"
#include "support/letters.hpp"
#include "support/raw_peer.hpp"
#include "support/tls_files.hpp"
#include "support/websocket_echo.hpp"

namespace parley::test {

using ::testing::HasSubstr;
using websocket::close_code;
using websocket::opcode;

// What the two are connected by.
enum class wire { tcp, local, tls };
inline constexpr wire every_wire[] = {wire::tcp, wire::local, wire::tls};
inline const char* name_of(wire w) {
  return w == wire::tcp ? "TCP" : w == wire::local ? "a Unix socket" : "TLS";
}

// Gives each event of a server to a function of the test, and counts.
class server_script final : public websocket_handler {
 public:
  using what = std::function<void(websocket_peer&, websocket::event&, time_point)>;
  explicit server_script(what then = {}) : then_(std::move(then)) {}

  void on_event(websocket_peer& peer, websocket::event& event, time_point now) override {
    if (std::holds_alternative<websocket::opened>(event)) peers.push_back(&peer);
    if (const auto* end = std::get_if<websocket::close_event>(&event)) {
      codes.push_back(static_cast<int>(end->code));
    }
    if (const auto* why = std::get_if<failed>(&event)) faults.push_back(why->why.to_string());
    if (std::holds_alternative<closed>(event)) {
      ++closes;
      std::erase(peers, &peer);
    }
    // A copy: the server may be destroyed inside, and this handler with it.
    if (const what then = then_) then(peer, event, now);
  }

  std::vector<websocket_peer*> peers;  // that are open
  std::vector<int> codes;
  std::vector<std::string> faults;
  int closes = 0;

 private:
  what then_;
};

// One client, and what it has seen.
class talker final : public websocket_client_handler {
 public:
  using what = std::function<void(websocket_client&, websocket::event&, time_point)>;
  talker(loop& home, websocket_client_config c, what then = {})
      : client(std::make_unique<websocket_client>(home, *this, std::move(c))),
        home_(home),
        then_(std::move(then)) {
    const auto ok = client->open();
    if (!ok) fault = ok.error();
    is_closed = !ok;
  }
  talker(const talker&) = delete;
  talker& operator=(const talker&) = delete;

  void on_event(websocket_client& from, websocket::event& event, time_point now) override {
    if (const auto* o = std::get_if<websocket::opened>(&event)) {
      is_open = true;
      is_compressed = o->is_compressed;
      subprotocol = o->subprotocol;
    }
    if (const auto* m = std::get_if<websocket::message_event>(&event)) {
      got.emplace_back(m->text());
      types.push_back(m->type);
    }
    if (const auto* end = std::get_if<websocket::close_event>(&event)) {
      code = static_cast<int>(end->code);
      reason = end->reason;
    }
    if (const auto* why = std::get_if<failed>(&event)) fault = why->why;
    is_closed |= std::holds_alternative<closed>(event);
    // A copy: all of this may be destroyed inside.
    if (const what then = then_) then(from, event, now);
  }

  void say(std::string_view text) { send(opcode::text, text); }
  void send(opcode type, std::string_view data) {
    EXPECT_TRUE(client->machine().send(type, as_bytes(data), home_.now()));
    client->wake();
  }
  void close(close_code with, std::string_view why = {}) {
    EXPECT_TRUE(client->machine().close(with, why, home_.now()));
    client->wake();
  }
  std::string failure() const { return fault ? fault->to_string() : "none"; }

  std::unique_ptr<websocket_client> client;
  std::vector<std::string> got;
  std::vector<opcode> types;
  std::optional<error> fault;
  std::string subprotocol, reason;
  int code = 0;
  bool is_open = false;
  bool is_closed = false;
  bool is_compressed = false;

 private:
  loop& home_;
  what then_;
};

template <class L>
class websocket_on : public loop_suite<L> {
 protected:
  websocket_on() {
    lower.add("tls", parley::files::tls_maker());
    lower.add("tls_server", parley::files::tls_server_maker());
  }

  websocket_server_config served(wire w = wire::tcp) {
    websocket_server_config c;
    c.port = 0;
    if (w == wire::local) c.unix_socket = this->at.socket_path("ws");
    if (w == wire::tls) {
      c.ssl = true;
      c.tls.certfile = files().chain;
      c.tls.keyfile = files().key;
      c.with = &lower;
    }
    return c;
  }
  void serve(websocket_handler& handler, websocket_server_config c) {
    if (port != 0) c.port = port;
    server = std::make_unique<websocket_server>(this->home, handler, std::move(c));
    const auto ok = server->listen();
    ASSERT_TRUE(ok) << ok.error().to_string();
    port = server->local_address()->port();
  }
  void serve(websocket_handler& handler, wire w = wire::tcp) { serve(handler, served(w)); }
  server_script& script(server_script::what then = {}) {
    return scripts.emplace_back(std::move(then));
  }
  // A server of the test's own making.
  void serve_raw(std::function<void(raw_peer&)> on_data) {
    own.emplace(std::move(on_data));
    port = own->listen(this->home, this->at.bind_address()).port();
  }

  websocket_client_config asked(wire w = wire::tcp) {
    websocket_client_config c;
    c.port = port;
    if (w == wire::local) c.unix_socket = this->at.socket_path("ws");
    if (w == wire::tls) {
      c.ssl = true;
      c.tls.ca_certs = files().ca;
      c.with = &lower;
    }
    return c;
  }
  std::string failure(websocket_client_config c) {
    talker t(this->home, std::move(c));
    EXPECT_TRUE(ran([&] { return t.is_closed; }));
    return t.failure();
  }
  template <class F>
  bool ran(F until) {
    return this->at.run_until(until);
  }
  // Lets what happens by itself happen.
  void linger(duration d = 50ms) {
    (void)this->at.run_until([] { return false; }, d);
  }
  // The next wire: nothing of the last one stays.
  void reset() {
    server.reset();
    port = 0;
  }
  std::string url(const std::string& scheme = "ws", const std::string& path = "/") {
    return scheme + "://127.0.0.1:" + std::to_string(port) + path;
  }

  transports lower;
  watcher watch;
  std::uint16_t port = 0;
  std::optional<raw_server> own;
  websocket_echo echo;
  std::deque<server_script> scripts;
  std::unique_ptr<websocket_server> server;  // its handlers outlive it, which is why they are here
};

}  // namespace parley::test
