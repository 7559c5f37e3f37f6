#pragma once

#include <functional>
#include <memory>
#include <parley/adapters/sim/world.hpp>
#include <string>

namespace parley::test {

// One simulated host that talks to itself; time passes only here.
class sim_world {
 public:
  static constexpr const char* name = "sim";

  parley::loop& port() { return *host_; }

  bool run_until(const std::function<bool()>& done) {
    return world_->run_until([&] { return done(); });
  }
  bool run_until(const std::function<bool()>& done, duration limit) {
    return world_->run_until([&] { return done(); }, limit);
  }
  void idle() { world_->run_for(std::chrono::milliseconds(10)); }
  void destroy() { world_.reset(); }
  bool exists() const { return world_ != nullptr; }

  address any_port() const { return host_->at(0); }
  address local_path(const std::string& file) const { return address::local("/sim/" + file); }
  address abstract_name(const std::string& file) const {
    return address::local(std::string(1, '\0') + file);
  }
  address nobody() const { return host_->at(9); }
  std::string unknown_host() const { return "no-such-host.invalid"; }

 private:
  std::unique_ptr<sim::world> world_ = std::make_unique<sim::world>(1);
  sim::host* host_ = &world_->add_host("here");
};

}  // namespace parley::test
