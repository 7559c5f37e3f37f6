// websocket::client: the client's side of one WebSocket connection, from the request for an upgrade
// on, without the connection. Satisfies `parley::machine`.
//
//   websocket::client c(settings, "example.com", "/feed", random);   // borrowed: settings, random
//   c.start(now);
//   ...                                           // write output(), commit() what comes
//   event opened{subprotocol, compressed, head}   // from here on messages are accepted
//   c.send_text("hello", now);
//   event message_event{type, data}
//
// A handshake that does not come about is `failed`, with what the server said. Behind it everything
// is as on websocket::connection, whose commands these are.
#pragma once

#include <chrono>
#include <parley/codecs/http/client_limits.hpp>
#include <parley/codecs/websocket/connection.hpp>
#include <parley/codecs/websocket/handshake.hpp>
#include <string>
#include <string_view>

namespace parley::websocket {

// What a client asks for, bounds and waits for.
struct client_settings {
  connection_limits connection{};
  handshake_wish handshake{};
  http::client_limits http{};
  // From start() to `opened`.
  duration handshake_timeout = std::chrono::seconds(30);
};

class client : private connection {
 public:
  using event = websocket::event;

  // `host` is sent in Host: "example.com" or "example.com:8080". The target is a path, perhaps with
  // a query. The source gives the key of the handshake and those of the masks.
  client(const client_settings& settings, std::string host, std::string target,
         random_source& random);
  client(client&&) noexcept;  // before start() only
  ~client();

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

static_assert(machine<client>);

}  // namespace parley::websocket
