// Answers every request with its own body, as it comes, whatever the method.
#pragma once

#include <parley/codecs/http/http_server.hpp>
#include <string>
#include <vector>

namespace parley::test {

class http_echo final : public http_handler {
 public:
  void on_event(http_peer& peer, http::server::event& event, time_point now) override {
    if (const auto* begin = std::get_if<http::request_event>(&event)) {
      ++requests;
      if (begin->head->body.how != http::framing::none) start(peer, *begin, now);
    } else if (const auto* body = std::get_if<http::body_event>(&event)) {
      // Above high_water the machine delivers no more until the client has read.
      if (!peer.machine().write(body->id, body->data, now)) peer.machine().abandon(body->id);
    } else if (const auto* end = std::get_if<http::request_end>(&event)) {
      // What was begun is finished; a request without a body gets an answer without one.
      if (!peer.machine().finish(end->id, {}, now)) {
        (void)peer.machine().respond(end->id, {}, std::string_view(), now);
      }
    } else if (const auto* why = std::get_if<failed>(&event)) {
      faults.push_back(why->why.to_string());
    }
  }

  std::size_t requests = 0;
  std::vector<std::string> faults;

 private:
  static void start(http_peer& peer, const http::request_event& r, time_point now) {
    const auto type = r.head->headers.find(http::field::content_type);
    const http::header field{"Content-Type", type.value_or("application/octet-stream")};
    std::optional<std::uint64_t> length;
    if (r.head->body.how == http::framing::length) length = r.head->body.length;
    // Whoever waits for leave to send its body must get it before the answer begins.
    if (r.head->expects_continue) (void)peer.machine().accept_body(r.id, now);
    (void)peer.machine().begin(r.id, {.headers = {&field, 1}}, length, now);
  }
};

}  // namespace parley::test
