// grpc_provider: gRPC as a provider, as a server or as a client: calls by name without a schema of
// one's own, streams, and channels, on the loop of your choice (S4, S32 to S50).
//
//   parley::grpc_provider server{loop, {.socket_path = "/tmp/my_service.sock"}};
//   if (auto ok = co_await server.initialize(); !ok) co_return report(ok.error());
//   auto add = [](const parley::value& request) -> parley::result<parley::value> {
//     return parley::fields("result", *request["x"].as_int() + *request["y"].as_int());
//   };
//   auto served = co_await server.create_callable("calculate", add);
//
//   parley::grpc_provider client{loop, {.socket_path = "/tmp/my_service.sock", .is_server =
//   false}}; co_await client.initialize(); auto calculate = co_await
//   client.create_callable("calculate"); auto sum = co_await calculate->call(parley::fields("x",
//   10, "y", 32));   // {"result": 42}
//
// gRPC has threads of its own. What they bring arrives in the loop's thread, callbacks of handlers
// included (but see grpc_config::handlers), so that a program needs no locks and mixes gRPC with
// the other protocols. The service is proto/parley.proto, which clients in any language can use;
// services with schemas of your own run on the same server and channel (grpc_typed.hpp).
//
// One thread: that of the loop. Any call is legal in any callback; the provider may be destroyed at
// any moment, which ends its operations with errc::cancelled.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <parley/adapters/grpc/grpc_config.hpp>
#include <parley/adapters/grpc/grpc_message.hpp>
#include <parley/adapters/grpc/grpc_stream.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/async/callback.hpp>
#include <parley/core/net/address.hpp>
#include <string_view>
#include <utility>

namespace parley {

class grpc_typed;
namespace detail {
class grpc_core;
class grpc_served_call;
}  // namespace detail

// A call that waits for its answer, at a server. Answered at once or later, in the loop's thread;
// one that is dropped without an answer ends with CANCELLED. May outlive the provider.
class grpc_answer {
 public:
  grpc_answer(grpc_answer&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  grpc_answer& operator=(grpc_answer&& other) noexcept {
    std::swap(call_, other.call_);
    return *this;
  }
  ~grpc_answer();

  // The request, until it is answered.
  const grpc_message& request() const noexcept;
  // What the client sent besides it.
  const grpc_metadata& metadata() const noexcept;
  // When the client stops waiting; nothing: never.
  std::optional<time_point> deadline() const noexcept;
  // The client: "unix:", "ipv4:127.0.0.1:40000".
  std::string_view peer() const noexcept;

  // Before the answer. errc::invalid_argument for what is no metadata: it is not sent.
  result<void> set_header(std::string_view name, std::string_view text);
  result<void> set_trailer(std::string_view name, std::string_view text);
  // Answers. Does nothing if the client has gone or its deadline has passed.
  void reply(result<grpc_message> with);

  // The client waits no more: it has gone, has cancelled, or its deadline has passed.
  bool is_cancelled() const noexcept;
  // Called once if that happens before the answer, up to 20 ms afterwards.
  void on_cancel(callback<void()> told);

 private:
  friend detail::grpc_served_call;
  explicit grpc_answer(detail::grpc_served_call& call) noexcept;

  detail::grpc_served_call* call_;
};

// Answers calls of one name when it pleases.
using grpc_handler = callback<void(grpc_answer)>;

class grpc_provider final : public provider {
 public:
  // Does nothing yet. Faults of the configuration are reported by initialize().
  explicit grpc_provider(loop& home, grpc_config config = {});
  grpc_provider(const grpc_provider&) = delete;
  grpc_provider& operator=(const grpc_provider&) = delete;
  // Ends all calls and streams now. Blocks until gRPC's threads have let go of them, some
  // microseconds, and until handlers have returned that run in threads of workers.
  ~grpc_provider() override;

  // --- provider (core/api/provider.hpp) ---------------------------------------
  std::string_view protocol() const override { return "grpc"; }
  // A server listens; a client reaches the server within connect_timeout, or fails with the last
  // cause. From then on it connects again by itself.
  operation<void> initialize() override;
  // A server's shout goes to each client that listens, and ends at once with their number. A
  // client's goes to the server. Names have levels and wildcards as those of MQTT and WebSocket.
  operation<speaker> create_speaker(std::string_view name, speaker_options options = {}) override;
  operation<speaker> create_speaker(std::string_view name, message_callback on_message,
                                    speaker_options options = {}) override;
  // A client calls, and a server answers; errc::not_supported the other way round. Requests and
  // replies are values. call_options::timeout is the deadline.
  operation<callable> create_callable(std::string_view name) override;
  operation<callable> create_callable(std::string_view name, call_handler handler) override;
  // A client ends what it has under way. A server takes no new calls, and waits up to stop_timeout
  // for those that run. initialize() may be called again.
  operation<void> close() override;
  provider_status status() const override;
  const grpc_config& config() const noexcept;

  // --- a server
  // Answers calls of this name, now or later: requests with all that came with them. Replaces
  // another handler of that name. errc::not_supported at a client.
  result<void> serve(std::string_view name, grpc_handler handler);
  // Takes streams of this name, of each kind.
  result<void> serve_stream(std::string_view name, grpc_stream_handler handler);
  // With the port that was chosen for port 0. Nothing before initialize().
  std::optional<address> local_address() const;
  // Whether the health service says that the server serves; true from initialize() on. Clients with
  // round_robin go elsewhere while it does not.
  void set_healthy(bool serving);

  // --- a client
  // One call with all that gRPC has: raw bytes, metadata both ways. Cancelling the operation
  // cancels the call at the server. Errors: the server's, timed_out, too_large, and those of the
  // connection.
  operation<grpc_reply> call(std::string_view name, grpc_message request,
                             grpc_call_options options = {});
  // Opens a stream. A server_stream takes its request here; for the others `first` is sent if it is
  // not null. Whether the server has such a stream is told by the first read.
  result<grpc_stream> open(std::string_view name, grpc_kind kind, grpc_message first = {},
                           grpc_call_options options = {});

 private:
  friend grpc_typed;
  detail::grpc_core* core_;
};

// The entry of a `protocols` table: `table.add("grpc", grpc_maker())`. Makes clients.
protocols::maker grpc_maker();

}  // namespace parley
