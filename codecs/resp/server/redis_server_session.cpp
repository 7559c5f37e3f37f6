#include <parley/codecs/resp/server/detail/redis_server_session.hpp>
#include <utility>

namespace parley::detail {

redis_server_session::redis_server_session(redis_server& home, connection& c, const address& at,
                                           layer_ptr tls)
    : machine_driver(resp::server(home.engine_.limits()), std::move(tls)),
      peer(machine_.top()),
      home_(&home),
      connection_(c) {
  from = at;
}

void redis_server_session::abandon() noexcept {
  // The machine borrows limits that may be gone: it must ask for them no more.
  machine_.top().break_off();
  home_->engine_.leave(*this);
  home_ = nullptr;
  connection_.close();
}

void redis_server_session::finish() {
  // In the middle of the handshake nothing is owed.
  if (!admitted) return connection_.close();
  machine_.top().close();
  connection_.wake();
}

// Once the machine is open: with TLS that is after the handshake. Before it there is no output,
// and a refusal is output. False: there are too many clients.
bool redis_server_session::admit(time_point now) {
  if (admitted || !machine_.top().is_open()) return admitted;
  return home_->engine_.admit(*this, std::move(from), now);
}

bool redis_server_session::drain(time_point now) {
  if (home_) {
    (void)admit(now);
    home_->begin_requests();
  }
  const bool is_paused = machine_driver::drain(now);
  if (!home_) return is_paused;
  (void)admit(now);  // the handshake may have ended inside
  home_->end_requests();
  return is_paused;
}

void redis_server_session::on_event(resp::server::event& event, time_point now) {
  if (!home_) return;
  if (const auto* request = std::get_if<resp::request_event>(&event)) {
    if (!admit(now)) return;
    home_->engine_.execute(*this, request->arguments, now, home_->wall_);
  } else if (std::holds_alternative<closed>(event)) {
    // Nothing is sent to it any more, and nobody waits for it.
    home_->engine_.leave(*this);
  } else if (const auto* why = std::get_if<failed>(&event)) {
    // A client that does not read would hold its output for as long as it likes.
    if (why->why == errc::queue_full) connection_.close();
  }
}

void redis_server_session::released() {
  if (home_) home_->forget(*this);
  delete this;
}

}  // namespace parley::detail
