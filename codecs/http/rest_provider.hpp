// rest_provider: HTTP APIs as a provider, as a server or as a client (S6, S79 to S98): routes and
// callables with JSON, middleware, CORS, and speakers over server-sent events, on the loop of your
// choice.
//
//   parley::rest_provider server{loop, {.port = 8080}};
//   if (auto ok = co_await server.initialize(); !ok) co_return report(ok.error());
//   auto calculate = [](parley::rest_request& request) -> parley::result<parley::rest_reply> {
//     const auto n = request["body"]["value"].to<int>();
//     if (!n) return std::unexpected(n.error());                   // 400, and says why
//     return parley::fields("result", *n * 2);
//   };
//   auto served = co_await server.create_callable("/api/calculate", calculate);
//
//   parley::rest_provider client{loop, {.is_server = false}};
//   co_await client.initialize();
//   auto api = co_await client.create_callable("/api/calculate");
//   parley::call_options how;
//   how.method = "POST";
//   how.base_url = "https://api.example.com";
//   auto answer = co_await api->call(parley::fields("value", 21), how);
//
// One thread: that of the loop. Any call is legal in any callback; the provider may be destroyed at
// any moment, which ends its operations with errc::cancelled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <parley/codecs/http/rest_config.hpp>
#include <parley/codecs/http/rest_download.hpp>
#include <parley/codecs/http/rest_message.hpp>
#include <parley/codecs/http/rest_stream.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/async/callback.hpp>
#include <parley/core/async/task.hpp>
#include <string_view>
#include <utility>

namespace parley {

class upgrade_target;
namespace detail {
class rest_core;
struct rest_route_state;
}  // namespace detail

// --- handlers: one of these shapes, told apart by what they take and return ----------------------

// Answers at once. An error is a reply by its class; what is thrown is 500, and told the observer.
using rest_handler = callback<result<rest_reply>(rest_request&)>;
// A coroutine, with the request for as long as it runs. If the client goes away or the time is over
// it runs to its end, and its reply is dropped.
using rest_task = task<result<rest_reply>>;
using rest_task_handler = callback<rest_task(rest_request&)>;
// Answers when it likes, or in pieces, through what it is given; see rest_stream.hpp.
using rest_async_handler = callback<void(rest_responder)>;

// --- middleware
// ------------------------------------------------------------------------------------

// Looks at a request before its handler: nothing lets it pass, a reply or an error answers it.
using rest_before = callback<result<std::optional<rest_reply>>(rest_request&)>;
// The same with time to think, in a database say: pass() or reply(). Dropped, it is a 500.
using rest_before_async = callback<void(rest_gate)>;
// Looks at a reply before it is sent, errors of the provider's own included, and may change it.
using rest_after = callback<void(const rest_request&, rest_reply&)>;

// A route that was added. A handle: it may be dropped, and the route stays.
class rest_route {
 public:
  // Middleware of this route alone, behind the provider's: before in the order of these calls,
  // after in the reverse.
  rest_route& use(rest_before look);
  rest_route& use(rest_before_async look);
  rest_route& use_after(rest_after look);
  // The handler begins with the head, and takes the body as it comes: rest_responder::read().
  // Neither max_body nor the time limit holds for it, but max_body of its own does.
  rest_route& stream_body(std::uint64_t max_body);
  // How long its handler may take; zero: for ever.
  rest_route& set_timeout(duration limit);
  // Forgets it. Requests that it has begun to answer go on.
  void remove();

 private:
  friend detail::rest_core;
  explicit rest_route(std::shared_ptr<detail::rest_route_state> state) noexcept
      : state_(std::move(state)) {}
  std::shared_ptr<detail::rest_route_state> state_;
};

// What is told of each request once its answer is with the connection, or it cannot be answered any
// more. Views: during the call.
struct rest_access {
  std::string_view method, target, route, id, user;
  const address* from = nullptr;
  std::string_view agent, referrer;
  std::uint16_t status = 0;      // 0: the client went before it was answered
  std::uint64_t body_bytes = 0;  // of the answer
  duration took{};               // from the request's head
};
using rest_access_log = callback<void(const rest_access&)>;

// A token for requests that need one: completes with it. `refresh` asks for a new one, as the last
// was refused with 401 (S149).
using rest_token_source = callback<operation<std::string>(bool refresh)>;

class rest_provider final : public provider {
 public:
  // Does nothing yet. Faults of the configuration are reported by initialize().
  explicit rest_provider(loop& home, rest_config config = {});
  rest_provider(const rest_provider&) = delete;
  rest_provider& operator=(const rest_provider&) = delete;
  ~rest_provider() override;

  // --- provider (core/api/provider.hpp) ---------------------------------------
  std::string_view protocol() const override { return "rest"; }
  // A server listens. A client is ready at once: it connects when it calls.
  operation<void> initialize() override;
  // Channels over server-sent events. A server shouts, and a client listens: the name is a path
  // under `events_path` of the server, and may have wildcards at the listener.
  operation<speaker> create_speaker(std::string_view name, speaker_options options = {}) override;
  operation<speaker> create_speaker(std::string_view name, message_callback on_message,
                                    speaker_options options = {}) override;
  // A client's: `name` is a path or a whole URL; {parameters} in it are taken out of the request's
  // members. The request is sent as JSON with POST, PUT and PATCH, as a query with GET, HEAD and
  // DELETE (an array as a name for each element); bytes are sent as they are; POST is the default
  // for a call with a request, GET for one without. The reply is its JSON, or its text, or its
  // bytes; null if it has no body. Cookies are not kept. Errors: statuses of 400 and above, and
  // redirections that are not followed, as http::rest_errc, with the problem details and the wish
  // for a pause in them; see call() of http_client for those of the connection.
  operation<callable> create_callable(std::string_view name) override;
  // A server's: answers POST at the path `name`; the handler gets the body. For code that moves
  // between protocols.
  operation<callable> create_callable(std::string_view name, call_handler handler) override;
  // The same with the whole request, also after the server has started (S85, S86).
  operation<callable> create_callable(std::string_view name, rest_handler handler);
  operation<callable> create_callable(std::string_view name, rest_task_handler handler);
  operation<callable> create_callable(std::string_view name, rest_async_handler handler);
  // A server accepts nobody, answers what it has begun, and closes each connection.
  operation<void> close() override;
  provider_status status() const override;
  const rest_config& config() const noexcept;

  // --- a server
  // Answers `method` at a pattern (rest/router.hpp), from now on, before or after initialize().
  // HEAD is answered by GET's route, OPTIONS by the table. The body is read when the handler asks
  // for it; create_callable() refuses one that is no JSON before that.
  result<rest_route> route(std::string_view method, std::string_view pattern, rest_handler handler);
  result<rest_route> route(std::string_view method, std::string_view pattern,
                           rest_task_handler handler);
  result<rest_route> route(std::string_view method, std::string_view pattern,
                           rest_async_handler handler);
  // Middleware of all routes, and of requests that no route answers.
  void use(rest_before look);
  void use(rest_before_async look);
  void use_after(rest_after look);
  void log_access_with(rest_access_log log);
  // Hands clients that ask for WebSocket at a path of this pattern over to `to`, so that both share
  // the port, with or without TLS:
  //   server.upgrade("/feed", websockets.upgrades());
  // Other requests go to the routes, and without one get 426; 503 if `to` takes nobody now.
  // Middleware and access log do not see what is handed over: a websocket_provider has admit_with()
  // and `origins`. close() leaves it alone: close the other provider as well. Errors: as route();
  // invalid_argument without a target.
  result<void> upgrade(std::string_view pattern, std::shared_ptr<upgrade_target> to);
  // With the port that was chosen for port 0. Nothing before initialize().
  std::optional<address> local_address() const;
  std::size_t connections() const noexcept;

  // --- a client
  // One call with all of HTTP: any method, fields and body, and the reply as it came, whatever its
  // status. The target is a path under base_url, or a whole URL.
  operation<http_reply> fetch(http_request request);
  // The same for bodies that are taken as they come. `timeout` ends with the head of the reply;
  // from then on client_limits.body_timeout bounds how long a piece may take. `max_body` is that of
  // the whole body.
  operation<rest_download> download(
      http_request request, std::uint64_t max_body = std::numeric_limits<std::uint64_t>::max());
  // Authorization: Bearer with each call to base_url's origin, or, without a base_url, to that of
  // the call. Asked for at the first call that needs it, shared by all, and once more when a server
  // says 401; that call is then made again, once. An empty one ends it.
  void authorize_with(rest_token_source token);

 private:
  detail::rest_core* core_;
};

// The entry of a `protocols` table: `table.add("rest", rest_maker())`. Makes clients.
protocols::maker rest_maker(transports* with = nullptr);

}  // namespace parley
