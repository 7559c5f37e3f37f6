// websocket::server: the server's side of one WebSocket connection, from the request for an upgrade
// on, without the connection. Satisfies `parley::machine`.
//
//   websocket::server s(settings);                // borrowed
//   s.start(now);
//   ...                                           // commit() what comes
//   event handshake_event{head, subprotocol}      // refuse(...), or nothing: it is accepted
//   event opened{subprotocol}
//   event message_event{type, data}
//   s.send_text("hello", now);
//
// What asks for no upgrade, or may not have one, is answered by a status: `failed`. Behind the
// handshake everything is as on websocket::connection, whose commands these are.
#pragma once

#include <chrono>
#include <parley/codecs/http/head.hpp>
#include <parley/codecs/http/server.hpp>
#include <parley/codecs/http/server_limits.hpp>
#include <parley/codecs/websocket/connection.hpp>
#include <parley/codecs/websocket/handshake.hpp>
#include <string_view>

namespace parley::websocket {

// What a server accepts, bounds and waits for; shared by its connections.
struct server_settings {
  connection_limits connection{};
  handshake_settings handshake{};
  // Of the request. Its timeouts are http's, but for what the application takes to decide.
  http::server_limits http{};
  duration handshake_timeout = std::chrono::seconds(30);
  // A request that could be accepted waits for accept(): to look up who it is takes time. After
  // handshake_timeout it is refused with 503, and the handshake has failed.
  bool ask = false;
};

class server : private connection {
 public:
  using event = websocket::event;

  // The settings are borrowed; the date as by http::server: with one, tell it the time by
  // set_wall_time().
  explicit server(const server_settings& settings, http::date_text* date = nullptr);
  // Goes on with a connection of HTTP, whose latest request may be one for WebSocket: inside its
  // request_event, when all earlier ones are answered and it has no body. Has started already.
  // `head` is the machine's own.
  server(http::server running, http::request_id id, const http::request_head& head,
         const server_settings& settings, http::date_text* date, time_point now);
  server(server&&) noexcept;  // before start() only
  ~server();

  // --- the handshake: from handshake_event to opened, once; errc::misuse otherwise ---------------
  // Lets the client in; `headers` are sent with the 101. Errors: invalid_argument for those that
  // the handshake writes itself, or that could split the message.
  result<void> accept(std::span<const http::header> headers, time_point now);
  // Answers with a status of 300 and above, and ends.
  result<void> refuse(std::uint16_t status, std::span<const http::header> headers,
                      std::string_view body, time_point now);
  // The time of day for the field Date of the answer; from `opened` on it changes nothing.
  void set_wall_time(wall_time at) noexcept;

  // --- commands, from `opened` on ------------------------------------------------------------
  using connection::close;
  using connection::end_now;
  using connection::fail;
  using connection::go_on;
  using connection::hold;
  using connection::ping;
  using connection::send;
  using connection::send_binary;
  using connection::send_piece;
  using connection::send_text;

  // --- queries and the machine contract (core/machine/machine.hpp) ------------------------------
  using connection::buffered;
  using connection::commit;
  using connection::commit_eof;
  using connection::commit_error;
  using connection::consume_output;
  using connection::ends_output;
  using connection::handle_timeout;
  using connection::held_memory;
  using connection::is_compressed;
  using connection::is_done;
  using connection::is_open;
  using connection::next_deadline;
  using connection::next_event;
  using connection::output;
  using connection::prepare;
  using connection::release;
  using connection::release_output;
  using connection::start;
  using connection::subprotocol;
  using connection::wants_read;

 private:
  class handshake;
};

static_assert(machine<server>);

}  // namespace parley::websocket
