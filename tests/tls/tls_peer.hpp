// One end of a TLS connection of a real loop, and waiting for what it does.
#pragma once

#include <parley/adapters/blocking/loop.hpp>

#include "tls/openssl_process.hpp"
#include "tls/refusals.hpp"

namespace parley::test {

using words = std::vector<std::string>;

// One side of a connection of a loop.
class tls_peer final : public machine_driver<tls_lines, tls_peer> {
 public:
  explicit tls_peer(std::unique_ptr<tls::connection> under)
      : machine_driver(line_machine(), std::move(under)) {}

  void on_event(tls_lines::event& e, time_point) {
    if (std::holds_alternative<opened>(e)) is_open = true;
    if (auto* l = std::get_if<line>(&e)) {
      lines.emplace_back(l->text);
      if (echoes) driven().top().send("echo " + lines.back());
    }
    if (std::holds_alternative<peer_ended>(e)) driven().top().finish();
    if (auto* f = std::get_if<failed>(&e)) failure = f->why;
  }
  void released() override { transport = nullptr; }
  void say(std::string_view text) {
    driven().top().send(text);
    transport->wake();
  }
  void finish() {
    driven().top().finish();
    transport->wake();
  }
  std::string why() const { return failure ? failure->to_string() : "fine"; }

  connection* transport = nullptr;
  std::vector<std::string> lines;
  std::optional<error> failure;
  bool is_open = false;
  bool echoes = false;
};

// The loop turns until it is so; false if that never happens.
template <class Condition>
bool until(blocking::loop& loop, Condition&& is_so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    loop.run_once(std::chrono::milliseconds(5));
  }
  return true;
}

// Closes what is open, so that the loop may end.
inline void end(blocking::loop& loop, tls_peer& peer) {
  if (peer.transport) peer.transport->close();
  EXPECT_TRUE(until(loop, [&] { return !peer.transport; }));
}

// For openssl's command line.
inline const char* flag(tls::version v) {
  return v == tls::version::tls1_2 ? "-tls1_2" : "-tls1_3";
}

}  // namespace parley::test
