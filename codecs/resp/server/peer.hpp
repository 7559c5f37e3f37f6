// One connected client as the engine knows it: who it is, what it has chosen, what it
// listens to and waits for. The bytes are those of its machine.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <parley/codecs/resp/server/server.hpp>
#include <parley/core/net/address.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <string_view>

namespace parley::resp {

class engine;
struct data_command;
struct server_user;
struct subject;
struct waiter;

// By name, so that lists of them come in the same order in every run.
using subject_map = std::map<std::string_view, subject*>;

// What few clients have. Made when it is needed.
struct peer_extras {
  std::string name;      // CLIENT SETNAME
  std::string lib_name;  // CLIENT SETINFO
  std::string lib_version;
  subject_map channels;
  subject_map patterns;
};

// CLIENT REPLY: `skip` is for one request, `skip_next` for the one that follows.
enum class reply_mode : unsigned char { on, off, skip, skip_next };

// Derived from by whoever drives the machine (redis_server's sessions). Between
// engine::admit() and engine::leave() it must stay where it is. The members are the
// engine's.
class peer {
 public:
  explicit peer(server& s) noexcept : machine(s) {}
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

  // Output was added, or the machine told to end, outside of this client's own
  // request: drain and write soon. Called by the engine; must not call it back.
  virtual void stirred() = 0;

  // How many channels and patterns it listens to.
  std::size_t subscriptions() const noexcept {
    return extras_ ? extras_->channels.size() + extras_->patterns.size() : 0;
  }
  peer_extras& extras() {
    if (!extras_) extras_ = std::make_unique<peer_extras>();
    return *extras_;
  }
  const peer_extras* find_extras() const noexcept { return extras_.get(); }
  std::string_view name() const noexcept { return extras_ ? extras_->name : std::string_view(); }

  server& machine;
  peer* previous = nullptr;  // in the engine's list, by id
  peer* next = nullptr;
  std::uint64_t id = 0;
  const server_user* user = nullptr;
  const data_command* last_command = nullptr;
  waiter* waiting = nullptr;  // in a blocking command
  time_point since{};
  address from{};  // of the client; local: it has none of its own
  std::uint32_t database = 0;
  reply_mode reply = reply_mode::on;
  bool authenticated = false;
  bool no_evict = false;
  bool admitted = false;

 protected:
  ~peer() = default;

 private:
  std::unique_ptr<peer_extras> extras_;
};

}  // namespace parley::resp
