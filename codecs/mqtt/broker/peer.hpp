// One connection as a broker knows it. The bytes are those of its machine.
#pragma once

#include <cstdint>
#include <memory>
#include <parley/codecs/mqtt/broker/server.hpp>
#include <parley/codecs/mqtt/broker/session_state.hpp>
#include <string>

namespace parley::mqtt {

namespace detail {

// A CONNECT about which is decided; all of it copied.
struct pending_login {
  std::string client_id;
  std::string user;
  std::string method;  // of enhanced authentication
  std::string data;    // that goes with CONNACK
  std::unique_ptr<will_state> will;
  std::uint32_t expiry = 0;  // seconds, that are granted
  bool clean_start = false;
  bool is_assigned = false;     // the identifier
  bool tells_expiry = false;    // it is not what was asked for
  bool wants_response = false;  // response information
};

}  // namespace detail

// Derived from by whoever drives the machine (mqtt_broker's sessions). Between broker::enter() and
// broker::leave() it must stay where it is. The members are the broker's.
class peer {
 public:
  explicit peer(server& s) noexcept : machine(s) {}
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

  // Output was added, or the machine told to end, outside of this client's own packet: drain and
  // write soon. Called by the broker; must not call it back.
  virtual void stirred() = 0;

  server& machine;
  detail::session_state* session = nullptr;
  std::unique_ptr<detail::pending_login> login;
  std::uint64_t ticket = 0;
  peer* before = nullptr;
  peer* after = nullptr;
  bool entered = false;

 protected:
  ~peer() = default;
};

}  // namespace parley::mqtt
