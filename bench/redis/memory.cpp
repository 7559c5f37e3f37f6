// What idle connections of ours take: the connection alone, that is the loop's object, the driver
// and the machine in it; and a whole provider.
#include "memory.hpp"

#include <deque>
#include <memory>
#include <parley/codecs/resp/client.hpp>

#include "provider.hpp"

namespace parley::bench {
namespace {

class idle_client final : public machine_driver<resp::client, idle_client> {
 public:
  idle_client(loop& on, const address& to)
      : machine_driver(resp::client_config{.ping_interval = duration::zero()}) {
    connection_ = &on.connect(to, *this);
  }

  void on_event(resp::client::event& event, time_point) {
    if (std::holds_alternative<failed>(event)) wrong("parley", "an idle connection failed");
  }
  void released() override { delete this; }
  bool is_open() const { return machine_.is_open(); }
  void close() { connection_->close(); }

 private:
  connection* connection_;
};

class idle_clients {
 public:
  explicit idle_clients(const std::string& path) : to_(address::local(path)) {}
  ~idle_clients() {
    for (idle_client* c : made_) c->close();
  }
  idle_clients(const idle_clients&) = delete;
  idle_clients& operator=(const idle_clients&) = delete;

  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      made_.push_back(new idle_client(on_.loop, to_));
      while (!made_.back()->is_open()) on_.turn();
    }
  }
  void settle() { let_settle(on_); }

 private:
  on_blocking on_;
  address to_;
  std::deque<idle_client*> made_;
};

class idle_providers {
 public:
  explicit idle_providers(const std::string& path) : config_(config_for(path)) {
    config_.ping_interval = duration::zero();
  }

  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      made_.push_back(std::make_unique<redis_provider>(on_.loop, config_));
      finish(on_, made_.back()->initialize());
    }
  }
  void settle() { let_settle(on_); }

 private:
  on_blocking on_;
  redis_config config_;
  std::deque<std::unique_ptr<redis_provider>> made_;
};

[[maybe_unused]] const bool registered = add_memory<idle_clients>("idle_client", "parley") &&
                                         add_memory<idle_providers>("idle_provider", "parley");

}  // namespace
}  // namespace parley::bench
