// Certificates that are to be refused, each with what a person is told about it.
#pragma once

#include <functional>
#include <parley/core/api/observer.hpp>
#include <string>
#include <vector>

#include "tls/tls_pair.hpp"

namespace parley::test {

inline constexpr tls::version both_versions[] = {tls::version::tls1_2, tls::version::tls1_3};

// One reason to refuse; `make` is called for each connection anew.
struct refusal {
  std::string name{};
  std::function<tls_setup()> make{};
  tls::errc code{};
  std::vector<std::string> said{};  // in the error's text
};

// Server certificates that a client must not accept; at home in refusals.cpp.
const std::vector<refusal>& bad_servers();

// Setups: a server that shows `who`, a client that asks for `host` and trusts `root`.
tls_setup shows(const identity& who, const std::string& host = "server.test");
tls_setup shows(const identity& who, const authority& root);
// The authorities are valid for ten years: only the certificates below them run out.
const authority& long_root();

// "2026-01-31", as error texts have it.
std::string date_text(certificate_time at);

// Keeps what it is told.
class kept_log final : public observer {
 public:
  void log(log_level level, std::string_view component, std::string_view text) override {
    lines.push_back(std::string(to_string(level)) + ' ' + std::string(component) + ' ' +
                    std::string(text));
  }
  std::vector<std::string> lines;
};

// What became of one connection.
struct outcome {
  explicit outcome(tls_world& world) {
    tls_pair p(world);
    is_open = p.is_open();
    client_was_open = p.client.is_open;
    server_was_open = p.server.is_open;
    client = p.client.failure;
    server = p.server.failure;
    is_over = p.link.first.is_over() && p.link.second.is_over();
    if (auto shown = p.server.tls->peer_certificate()) client_name = shown->subject;
  }

  std::string text() const {
    return "client: " + (client ? client->to_string() : "fine") +
           "\nserver: " + (server ? server->to_string() : "fine");
  }

  bool is_open = false;  // both sides
  bool client_was_open = false;
  bool server_was_open = false;
  bool is_over = false;  // both sides
  std::optional<error> client;
  std::optional<error> server;
  std::string client_name;  // what the server knows of it
};

// A setup that speaks one version.
inline tls_setup at_version(tls_setup s, tls::version v) {
  s.client.lowest = s.client.highest = v;
  return s;
}
inline outcome meet(tls_setup s) {
  tls_world world(std::move(s));
  return outcome(world);
}
inline outcome meet(tls_setup s, tls::version v) { return meet(at_version(std::move(s), v)); }

}  // namespace parley::test
