// Which URLs of `parley serve` are one server, and which servers want one port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <parley/adapters/cli/served.hpp>
#include <parley/core/net/address.hpp>
#include <span>
#include <string>
#include <vector>

namespace parley::cli {

enum class serving_kind : std::uint8_t { redis, mqtt, http, websocket, grpc };

// One server, and the numbers of its URLs in the order of the command line.
struct serving_group {
  serving_kind kind = serving_kind::redis;
  std::vector<std::size_t> urls{};
};

// In the order of their first URLs:
// - MQTT's URLs are places of one broker. If the first of all is one, and the others are MQTT's or
//   ws://, those are places of it too: MQTT over WebSocket.
// - A ws:// URL with the host and port of an http:// one shares its port; wss:// and https://
// alike.
// - Each other one is a server of its own.
// Errors: what is no URL, a scheme that nothing serves, two ws:// URLs for one path.
std::expected<std::vector<serving_group>, serving_fault> plan_serving(
    std::span<const std::string> urls);

// Of places where servers are going to listen the first two that cannot both be had: a path or a
// port that is the same, also where one of them is for all addresses. Those of one `owner` that
// shares its port are no such two.
struct wanted_place {
  address at;
  std::size_t owner = 0;
  bool shares = false;
};
std::optional<std::pair<std::size_t, std::size_t>> find_clash(std::span<const wanted_place> all);

}  // namespace parley::cli
