// The driver of one connection of a mqtt_broker.
#pragma once

#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <parley/codecs/mqtt/broker/peer.hpp>
#include <parley/core/machine/stack.hpp>

namespace parley::detail {

// Lives until the loop has released it, longer than its broker if need be.
class mqtt_broker_session final : public machine_driver<stack<mqtt::server>, mqtt_broker_session>,
                                  public mqtt::peer {
 public:
  mqtt_broker_session(mqtt_broker& home, connection& c, layer_ptr upper, layer_ptr lower);
  ~mqtt_broker_session() = default;

  // --- for the broker
  // It wants to hear no more; the connection ends now.
  void abandon() noexcept;
  // The same with a word to the client.
  void finish();
  std::size_t place = 0;  // among the broker's sessions
  bool is_held = false;   // in the broker's list of those that wait for the store

  // --- the driver
  bool drain(time_point now) override;
  void on_event(mqtt::server::event& event, time_point now);
  void released() override;

  // --- the peer
  void stirred() override;

 private:
  mqtt_broker* home_;
  connection& connection_;
};

}  // namespace parley::detail
