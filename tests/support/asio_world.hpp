#pragma once

#include <functional>
#include <memory>
#include <parley/adapters/asio/loop.hpp>

#include "support/real_network.hpp"

namespace parley::test {

// An io_context, run by the test as a user's program would. Asio's headers cost
// seconds and stay in the .cpp.
class asio_world : public real_network {
 public:
  static constexpr const char* name = "asio";

  asio_world();
  ~asio_world();

  parley::loop& port();
  bool run_until(const std::function<bool()>& done, duration limit = long_enough);
  void idle();
  void destroy();
  bool exists() const;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace parley::test
