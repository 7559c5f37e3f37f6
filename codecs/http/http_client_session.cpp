#include <parley/codecs/http/detail/http_client_session.hpp>
#include <parley/codecs/http/detail/http_link.hpp>
#include <utility>

namespace parley::detail {

http_client_session::http_client_session(http_link& link, loop& home,
                                         const http::client_limits& own, std::string host,
                                         layer_ptr tls, layer_ptr lower)
    : http_client_session_limits{own},
      machine_driver(http::client(limits, std::move(host)), std::move(tls), std::move(lower)),
      link_(&link),
      loop_(home) {
  loop_.attach();
}

void http_client_session::retire(time_point now) noexcept {
  link_ = nullptr;
  // Nobody would wait for a handshake, nor for a reply that is owed.
  const bool waits = !opened_ || (client().is_open() && !client().is_reusable());
  if (waits) return connection_->close();
  client().close(now);
  connection_->wake();
}

void http_client_session::released() {
  loop_.detach();
  // Gone without a word: there was no memory for one.
  if (http_link* const link = std::exchange(link_, nullptr)) {
    const error why(errc::out_of_memory);
    link->on_over(&why);
  }
  delete this;
}

void http_client_session::on_event(http::client::event& event, time_point) {
  if (!link_) return;
  if (const auto* head = std::get_if<http::response_event>(&event)) {
    link_->on_head(*head);
  } else if (const auto* body = std::get_if<http::response_body>(&event)) {
    link_->on_body(*body);
  } else if (const auto* end = std::get_if<http::response_end>(&event)) {
    ++answered;
    link_->on_end(*end);
  } else if (const auto* none = std::get_if<http::unanswered>(&event)) {
    link_->on_unanswered(*none);
  } else if (std::holds_alternative<http::opened>(event)) {
    opened_ = true;
    link_->on_opened();
  } else if (const auto* why = std::get_if<failed>(&event)) {
    std::exchange(link_, nullptr)->on_over(&why->why);
  } else if (std::holds_alternative<closed>(event)) {
    std::exchange(link_, nullptr)->on_over(nullptr);
  }
}

}  // namespace parley::detail
