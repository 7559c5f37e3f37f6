// What a client bounds, and how long it waits. Shared by all connections of a pool.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <parley/codecs/http/limits.hpp>
#include <parley/core/time.hpp>

namespace parley::http {

struct client_limits {
  // Bodies are delivered in pieces, so that their size is the application's affair.
  limits message{.body = std::numeric_limits<std::uint64_t>::max()};
  leniency tolerance{};

  // Requests under way on one connection. Above 1 they are pipelined, if their methods are
  // idempotent; many servers and proxies of the world do that badly (RFC 9112 section 9.3.2).
  std::uint32_t max_pipelined = 1;
  // Output in bytes above which the caller should wait for client_writable.
  std::size_t high_water = 64 * 1024;
  // Output above which commands are refused with errc::queue_full. One request may be larger.
  std::size_t max_output = std::size_t{64} << 20;
  // How much of a response that nobody wants is read in order to keep the connection.
  std::size_t max_discarded = 64 * 1024;

  // Asks for gzip and deflate, unless a request brings its own Accept-Encoding or Range, and
  // delivers such bodies decoded. Then `decoded_body` is how large one may become, and `max_ratio`
  // how many bytes one on the wire.
  bool decode_bodies = false;
  std::uint64_t decoded_body = std::numeric_limits<std::uint64_t>::max();
  unsigned max_ratio = 200;

  // Timeouts; zero: never. A machine is not told when a write has ended: what counts from there
  // may be awaited for up to an eighth longer, never shorter.

  // From the last byte of the request, or an interim response, to the head of the final one.
  duration response_timeout = std::chrono::seconds(30);
  // Without a byte of a body that is awaited, and not held by the application.
  duration body_timeout = std::chrono::seconds(30);
  // Without progress of output.
  duration write_timeout = std::chrono::seconds(30);
  // How long a body waits for 100 Continue, which old servers do not know (RFC 9110 10.1.1); zero:
  // not at all.
  duration continue_timeout = std::chrono::seconds(1);
  // An unused connection is closed after this, or a second before the server's Keep-Alive:
  // timeout has passed, whichever comes first: a request must not meet the server's farewell.
  duration idle_timeout = std::chrono::seconds(50);
};

}  // namespace parley::http
