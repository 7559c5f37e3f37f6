// Where a user wants to connect to or listen: a host, by name or in numbers, with
// a port; or the path of a Unix-domain socket.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/core/error.hpp>
#include <parley/core/net/address.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace parley {

class endpoint {
 public:
  endpoint() = default;
  // `host` is a name, or an address without brackets ("::1", "fe80::1%eth0").
  endpoint(std::string host, std::uint16_t port) noexcept : host_(std::move(host)), port_(port) {}
  explicit endpoint(const address&);
  static endpoint local(std::string path);

  // Reads "host:6379", "host", "127.0.0.1:6379", "[::1]:6379", "::1",
  // "unix:/path" and "/path". Without a port, `default_port` is taken.
  static result<endpoint> parse(std::string_view text, std::uint16_t default_port = 0);

  bool is_local() const noexcept { return !path_.empty(); }
  const std::string& host() const noexcept { return host_; }
  std::uint16_t port() const noexcept { return port_; }
  const std::string& path() const noexcept { return path_; }

  // The address, if nothing is left to resolve.
  std::optional<address> numeric() const;

  // "localhost:6379", "[::1]:6379", "unix:/run/redis.sock".
  std::string to_string() const;

  friend bool operator==(const endpoint&, const endpoint&) = default;

 private:
  std::string host_;
  std::string path_;
  std::uint16_t port_ = 0;
};

}  // namespace parley
