// WebSocket as an entry of a transports table: what other protocols run over (MQTT 5 section 6).
//
//   lower.add("websocket/mqtt", websocket::client_layer_maker("mqtt"));
//   lower.add("websocket_server/mqtt", websocket::server_layer_maker("mqtt"));
#pragma once

#include <parley/core/api/tables.hpp>
#include <string>

namespace parley::websocket {

// Makes a client_layer for each connection, to the request's authority and target and with its
// fields; the server must agree to the subprotocol. The request needs `home`, which must outlive
// the layer: the keys of the masks are its random bytes. Errors: those of fields that HTTP does not
// know (invalid_argument) are the connection's.
transports::maker client_layer_maker(std::string subprotocol);

// Makes a server_layer for each connection: the client must offer the subprotocol. Pages of
// other origins than the request's are refused, as always.
transports::maker server_layer_maker(std::string subprotocol);

}  // namespace parley::websocket
