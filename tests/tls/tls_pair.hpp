// Two line machines with TLS under them, joined in memory. Certificates are made by the test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <parley/codecs/tls/connection.hpp>
#include <parley/codecs/tls/errc.hpp>
#include <parley/core/machine/stack.hpp>
#include <string>
#include <vector>

#include "support/line_machine.hpp"
#include "support/pair.hpp"
#include "support/pki.hpp"

namespace parley::test {

using tls_lines = stack<line_machine>;

// One side: its machine, and what it has seen.
class tls_side {
 public:
  explicit tls_side(std::unique_ptr<tls::connection> under)
      : tls(under.get()), machine(line_machine(), std::move(under)) {}
  tls_side(const tls_side&) = delete;
  tls_side& operator=(const tls_side&) = delete;

  void on_event(tls_lines::event& e) {
    if (std::holds_alternative<opened>(e)) is_open = true;
    if (auto* l = std::get_if<line>(&e)) lines.emplace_back(l->text);
    if (std::holds_alternative<peer_ended>(e)) has_peer_ended = true;
    if (auto* f = std::get_if<failed>(&e)) failure = f->why;
  }
  void say(std::string_view text) { machine.top().send(text); }

  tls::connection* tls;
  tls_lines machine;
  std::vector<std::string> lines;
  std::optional<error> failure;
  bool is_open = false;
  bool has_peer_ended = false;
};

// Whatever a test does not say is right: an authority, a server certificate for server.test
// and 127.0.0.1, and a client that trusts it.
struct tls_setup {
  tls::config client{};
  tls::config server{};
  std::string host = "server.test";
  wall_time wall = std::chrono::system_clock::now();
  pair_options link{};
};

inline const authority& good_authority() {
  static const authority one("Parley test root");
  return one;
}
inline const identity& good_server() {
  static const identity one = good_authority().issue(
      {.name = "server", .dns = {"server.test"}, .ips = {"127.0.0.1", "::1"}});
  return one;
}
inline const identity& good_client() {
  static const identity one = good_authority().issue({.name = "client", .use = purpose::client});
  return one;
}

inline void give(tls::material& to, const identity& who) {
  to.certificate = {who.chain, "chain.pem"};
  to.key = {who.key, "key.pem"};
}
inline tls_setup good_setup() {
  tls_setup s;
  s.client.bytes.authorities = {good_authority().pem(), "ca.pem"};
  give(s.server.bytes, good_server());
  return s;
}

// Both contexts; several connections may be made with them.
class tls_world {
 public:
  explicit tls_world(tls_setup setup)
      : host(std::move(setup.host)),
        wall(setup.wall),
        link(setup.link),
        client_context(must(tls::context::make_client(std::move(setup.client)))),
        server_context(must(tls::context::make_server(std::move(setup.server)))) {}

  std::string host;
  wall_time wall;
  pair_options link;
  tls::context client_context;
  tls::context server_context;

 private:
  static tls::context must(result<tls::context> made) {
    if (!made) throw std::runtime_error(made.error().to_string());
    return *std::move(made);
  }
};

// One connection between them, handshake included.
class tls_pair {
 public:
  explicit tls_pair(tls_world& with)
      : client(std::make_unique<tls::client>(with.client_context, with.host, with.wall)),
        server(std::make_unique<tls::server>(with.server_context, with.wall)),
        link(
            client.machine, [this](tls_lines::event& e) { client.on_event(e); }, server.machine,
            [this](tls_lines::event& e) { server.on_event(e); }, with.link) {
    link.start();
    link.drive();
  }

  bool is_open() const { return client.is_open && server.is_open; }

  tls_side client;
  tls_side server;
  pair<tls_lines, tls_lines> link;
};

}  // namespace parley::test
