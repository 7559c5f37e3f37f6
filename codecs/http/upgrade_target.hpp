// upgrade_target: what takes a connection over from an http_server when a request asks for another
// protocol, so that both share one port (RFC 9110 section 7.8). websocket_server is one, and
// websocket_provider has one.
#pragma once

#include <parley/codecs/http/head.hpp>
#include <parley/codecs/http/server.hpp>
#include <parley/core/loop/connection.hpp>
#include <parley/core/loop/driver.hpp>
#include <parley/core/machine/stack.hpp>
#include <parley/core/net/address.hpp>
#include <parley/core/time.hpp>

namespace parley {

// A request for an upgrade, and all that its connection consists of.
struct upgrade_request {
  connection& at;
  const address& from;
  // With TLS under it, if there is: what was read and not used, what was not written yet, and the
  // request, which is the only one without an answer, and has no body. Whoever takes it moves from
  // it; http::server::serve_by() then says whose limits hold.
  stack<http::server>& machine;
  bool is_tls = false;
  http::request_id id = 0;
  // Belongs to the machine, and goes with it: valid until that is asked for its next event.
  const http::request_head& head;
  time_point now;
};

// Implemented by the servers of other protocols.
class upgrade_target {
 public:
  virtual ~upgrade_target() = default;
  // Called inside the drain, for each request that asks for an upgrade. The driver of the
  // connection from now on, which has started already and is drained next; or null: then nothing
  // was moved, and the request is one like others.
  virtual driver* take(const upgrade_request& asked) = 0;
};

}  // namespace parley
