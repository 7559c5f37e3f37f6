// What tests/loops needs of a loop (see its fixtures.hpp), over a simulated host.
#pragma once

#include <functional>
#include <optional>
#include <parley/adapters/sim/world.hpp>

namespace parley::test {

// A host of the simulated world, talking to itself.
class sim_world {
 public:
  static constexpr const char* name = "sim";
  static constexpr bool is_real = false;

  parley::loop& port() { return *host_; }

  bool run_until(const std::function<bool()>& done) {
    return world_->run_until([&] { return done(); }, std::chrono::hours(1));
  }
  void idle() { world_->run_for(std::chrono::milliseconds(10)); }
  void destroy() { world_.reset(); }
  bool exists() const { return world_.has_value(); }

  address any_port() const { return address::v4({127, 0, 0, 1}, 0); }
  address local_path(const std::string& path) const { return address::local("/" + path); }
  address abstract_name(const std::string& path) const {
    return address::local(std::string(1, '\0') + path);
  }
  address nobody() const { return address::v4({127, 0, 0, 1}, 1); }
  std::string unknown_host() const { return "no-such-host.invalid"; }

 private:
  std::optional<sim::world> world_{std::in_place, 1,
                                   sim::world_options{.turn_cost = std::chrono::microseconds(1)}};
  sim::host* host_ = &world_->add_host("here");
};

}  // namespace parley::test
