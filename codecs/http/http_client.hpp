// parley::http_client: calls one origin over one connection that is kept alive, on your loop. What
// pools connections, follows redirections and speaks JSON is the REST provider.
//
//   parley::http_client web(loop, {.host = "example.test", .port = 8080});
//   auto reply = co_await web.call(parley::http_request("GET", "/items?page=2"));
//   if (!reply) co_return report(reply.error());
//   use(reply->status, reply->text());
//
// It connects when a call needs it, and never in the background. A connection that the server ends
// between two calls is no error: the next call opens another.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <parley/codecs/http/client_limits.hpp>
#include <parley/codecs/http/http_message.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/net/endpoint.hpp>
#include <parley/core/net/uri.hpp>
#include <string>

namespace parley {

// An aggregate: `http_client web{loop, {.host = "example.test"}};`
struct http_client_config {
  std::string host = "127.0.0.1";  // a name or an address; sent in Host, and what TLS verifies
  std::uint16_t port = 80;
  std::string unix_socket{};  // a path to connect to, instead of host and port

  // TLS, if `with` has an entry "tls": https://.
  bool ssl = false;
  tls_settings tls{};          // without alpn, "http/1.1" is offered
  transports* with = nullptr;  // must outlive the client
  observer* watch = nullptr;   // is told of requests that are sent again; must outlive the client

  // http://[user:password@]host:port of a proxy: https:// by a tunnel (CONNECT), http:// by
  // absolute targets. It resolves the host's name. Not with a Unix socket.
  std::string proxy{};

  // Until a connection is open, TLS included.
  duration connect_timeout = std::chrono::seconds(5);
  // A call in total, from call() to the last byte of its reply (S153).
  duration timeout = std::chrono::seconds(30);

  // The largest body of a reply, which is collected as a whole.
  std::size_t max_body = std::size_t{16} << 20;
  // Calls that wait for their turn, the one that is under way included.
  std::size_t max_queue = 1000;
  // Of the connection. Here `timeout` is what bounds the wait for a reply.
  http::client_limits limits{.response_timeout = duration::zero()};

  // Every fault at once, in the message of one errc::bad_configuration.
  result<void> validate() const;
  // http://host:8080, https:// for TLS, http+unix:///path. Parameters: timeout and connect_timeout
  // (seconds), max_body, proxy; with TLS ca_certs, certfile, keyfile, crlfile, verify (full,
  // ca_only, none). Unknown ones, a path and a user are errors: an origin has none.
  static result<http_client_config> from_uri(const uri& where);
  // Where to connect.
  endpoint where() const;
  // "http://host:8080", "http+unix:///path": for people, without a password.
  std::string to_string() const;
};

namespace detail {
class http_client_core;
}

// One thread, that of the loop. May be destroyed at any time: calls that have not ended are
// cancelled, and told so by the loop, never from inside the destructor. The loop must outlive it.
class http_client final {
 public:
  explicit http_client(loop& home, http_client_config config = {});
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  // Sends the request, after those that were given before, and collects the reply. A request that
  // meets the end of a kept connection is sent again, once, on another, if that cannot do it twice
  // (RFC 9112 section 9.3.1). Every error but cancelled names the method and the URL:
  //   refused, unresolvable, unreachable, timed_out   there is no connection; all calls that wait
  //                                                   for it end so
  //   of TLS (tls::errc), unavailable                 the same; certificates
  //   proxy_unauthorized, proxy_refused (rest_errc)   the same; what the proxy says to CONNECT
  //   timed_out                                       no reply in time, and what was awaited
  //   closed, reset, truncated                        the server has ended the connection
  //   http::errc                                      what came is not HTTP, or breaks its rules
  //   too_large                                       the body exceeds max_body
  //   invalid_argument                                the request would not be one of HTTP
  //   queue_full, bad_configuration                   at once
  //   cancelled                                       by the operation, or by the client's end
  // Cancelling costs the connection only if the server owes much for it (limits.max_discarded), or
  // if the next call comes before that was paid.
  operation<http_reply> call(http_request request);

  // Calls that have not ended.
  std::size_t pending() const noexcept;
  // How many connections were opened so far.
  std::uint64_t connects() const noexcept;
  const http_client_config& config() const noexcept { return config_; }

 private:
  http_client_config config_;
  std::unique_ptr<detail::http_client_core> core_;
};

}  // namespace parley
