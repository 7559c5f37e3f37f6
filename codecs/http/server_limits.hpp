// What a server bounds, and how long it waits. Shared by all connections of a server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <parley/codecs/http/date.hpp>
#include <parley/codecs/http/limits.hpp>
#include <parley/core/time.hpp>
#include <string>

namespace parley::http {

struct server_limits {
  limits message{};
  leniency tolerance{};

  // Requests of one connection that were delivered and are not answered. What a client has sent
  // beyond stays unread.
  std::uint32_t max_pipelined = 16;
  // Output in bytes above which no further event is delivered: a client that does not read must
  // not have requests served.
  std::size_t high_water = 64 * 1024;
  // Output above which commands are refused with errc::queue_full. One answer may be larger.
  std::size_t max_output = std::size_t{64} << 20;
  // How much of a body that nobody wants is read in order to keep the connection.
  std::size_t max_discarded = 256 * 1024;

  // Bodies of requests with Content-Encoding gzip or deflate are delivered decoded; others, and all
  // without it, as they are.
  bool decode_bodies = true;
  // How large such a body may become, and how many bytes one on the wire.
  std::uint64_t decoded_body = 8 * 1024 * 1024;
  unsigned max_ratio = 200;
  // response::compress is honoured. Costs a look at Accept-Encoding for each request.
  bool compress = true;
  // Bodies below it are not worth compressing; a packet holds as much.
  std::size_t compress_above = 1024;

  // From the first byte of a request to the end of its head.
  duration header_timeout = std::chrono::seconds(10);
  // Without a byte of a body that is awaited.
  duration body_timeout = std::chrono::seconds(30);
  // Without a request on an open connection. Longer than what proxies keep theirs, so that it is
  // they who close.
  duration idle_timeout = std::chrono::seconds(75);
  // Without progress of output.
  duration write_timeout = std::chrono::seconds(30);
  // How long the end waits for the client's, so that it has read the last answer.
  duration linger = std::chrono::seconds(2);

  // Bodies slower than this, in bytes per second, after `rate_after`: a few clients that send a
  // byte now and then would hold all connections. 0: never.
  std::uint32_t min_rate = 16'000;
  duration rate_after = std::chrono::seconds(10);

  // A client that has ended its side is still answered (RFC 9112 section 9.6). False: one that does
  // so while an answer is owed has gone, as most do that close both sides at once: that looks the
  // same, and is noticed by writing alone. The connection ends then, and `closed` follows.
  bool allow_half_close = true;

  // Expect: 100-continue waits for accept_body().
  bool ask_before_body = false;
  // Value of the field Server; empty: none.
  std::string name{};
};

}  // namespace parley::http
