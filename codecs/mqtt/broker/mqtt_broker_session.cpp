#include <parley/codecs/mqtt/broker/detail/mqtt_broker_session.hpp>

#include <parley/codecs/mqtt/client_errc.hpp>
#include <utility>
#include <vector>

namespace parley::detail {

mqtt_broker_session::mqtt_broker_session(mqtt_broker& home, connection& c, layer_ptr upper,
                                         layer_ptr lower)
    : machine_driver(mqtt::server(home.config_.settings.connection, home.config_.kept),
                     std::move(upper), std::move(lower)),
      peer(machine_.top()),
      home_(&home),
      connection_(c) {
  (void)home.broker_.enter(*this, home.loop_.now());
}

void mqtt_broker_session::abandon() noexcept {
  // The machine borrows limits and a store that may be gone: it must ask for them no more.
  machine_.top().break_off();
  std::erase(home_->held_, this);
  home_->broker_.leave(*this, home_->loop_.now());
  home_ = nullptr;
  connection_.close();
}

void mqtt_broker_session::finish() {
  // In the middle of the handshake nobody could read it.
  if (!machine_.top().is_open()) return connection_.close();
  constexpr auto why = mqtt::reason_code::server_shutting_down;
  machine_.top().end(error(why), why, home_->loop_.now());
  connection_.wake();
}

void mqtt_broker_session::stirred() {
  home_->note_held(*this);
  connection_.wake();
}

bool mqtt_broker_session::drain(time_point now) {
  const bool is_paused = machine_driver::drain(now);
  if (home_) {
    home_->note_held(*this);
    home_->settle();
  }
  return is_paused;
}

void mqtt_broker_session::on_event(mqtt::server::event& event, time_point now) {
  if (home_) home_->broker_.handle(*this, event, now);
}

void mqtt_broker_session::released() {
  if (home_) home_->forget(*this);
  delete this;
}

}  // namespace parley::detail
