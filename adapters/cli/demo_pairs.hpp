// Two providers of one protocol that talk to each other over what is embedded in parley: a server
// of ours for Redis and MQTT, and for the others the provider in its role as server.
#pragma once

#include <array>
#include <memory>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/task.hpp>
#include <string>
#include <string_view>

namespace parley::demo {

// PEM files. Empty: no TLS.
struct certificates {
  std::string ca;
  std::string chain;
  std::string key;

  bool empty() const noexcept { return chain.empty(); }
};

inline constexpr std::array<std::string_view, 5> five{"redis", "mqtt", "websocket", "rest", "grpc"};

// The two talk in one direction and the other: `giver` is the server where there is one.
struct pair {
  std::shared_ptr<void> embedded;  // outlives both
  std::unique_ptr<provider> giver;
  std::unique_ptr<provider> taker;
  std::string callable;  // a name in this protocol's manner; empty: it has none (Redis)
};

// Both are initialized. errc::unavailable, with what to build, where the protocol is not built in.
task<result<pair>> connect_pair(loop& home, std::string_view protocol, transports& lower,
                                certificates tls);

}  // namespace parley::demo
