// The network of this machine, for loops on real sockets: loopback only, ports and
// paths that nobody else uses.
#pragma once

#include <chrono>
#include <parley/core/net/address.hpp>
#include <string>

namespace parley::test {

// How long a test waits for what must come. Generous: it is spent only when a test
// fails.
inline constexpr std::chrono::steady_clock::duration long_enough = std::chrono::seconds(30);

class patience {
 public:
  explicit patience(std::chrono::steady_clock::duration limit = long_enough)
      : end_(std::chrono::steady_clock::now() + limit) {}
  bool is_over() const { return left() <= left().zero(); }
  std::chrono::steady_clock::duration left() const {
    return end_ - std::chrono::steady_clock::now();
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

class real_network {
 public:
  real_network();
  ~real_network();
  real_network(const real_network&) = delete;
  real_network& operator=(const real_network&) = delete;

  static constexpr bool is_real = true;

  // To listen on: port 0 of 127.0.0.1, and of ::1.
  address any_port() const { return address::v4({127, 0, 0, 1}, 0); }
  // A path in a directory of this test, and a name without a file.
  address local_path(const std::string& name) const;
  address abstract_name(const std::string& name) const;
  // Where connections are refused: bound, but nobody listens.
  address nobody() const { return nobody_; }
  std::string unknown_host() const { return "no-such-host.invalid"; }

 private:
  std::string directory_;
  int bound_ = -1;
  address nobody_;
};

}  // namespace parley::test
