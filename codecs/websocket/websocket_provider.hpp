// websocket_provider: WebSocket as a provider, as a server or as a client: channels with names,
// broadcast, and calls with an answer, on the loop of your choice (S7, S99 to S118).
//
//   parley::websocket_provider server{loop, {.port = 8765}};
//   if (auto ok = co_await server.initialize(); !ok) co_return report(ok.error());
//   auto updates = co_await server.create_speaker("updates");
//   auto sent = co_await updates->shout(parley::fields("event", "status", "value", "online"));
//
//   parley::websocket_provider client{loop, {.uri = "ws://localhost:8765", .is_server = false}};
//   co_await client.initialize();
//   auto heard = co_await client.create_speaker("updates", on_message);
//
// Names are levels separated by '/'; a speaker that listens may have wildcards, '+' for one level
// and '#' for the rest. Names travel in envelopes (envelope.hpp) where the peer speaks them too; a
// foreign peer gets and sends bare payloads, which all speakers that listen hear.
//
// One thread: that of the loop. Any call is legal in any callback; the provider may be destroyed at
// any moment, which ends its operations with errc::cancelled. A client connects again by itself,
// and listens to what it listened to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/websocket/websocket_config.hpp>
#include <parley/core/api/inbox.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/remote.hpp>
#include <parley/core/async/callback.hpp>
#include <parley/core/net/address.hpp>
#include <string_view>
#include <utility>

namespace parley {

class upgrade_target;
namespace http {
struct request_head;
}
namespace detail {
class websocket_core;
class websocket_server_core;
}  // namespace detail

// A client that wants to be let in. Answered at once or later, also after a look into a database;
// one that is dropped without an answer is refused with 503. Does nothing if the client has left.
class websocket_visit {
 public:
  websocket_visit(websocket_visit&& other) noexcept
      : core_(std::exchange(other.core_, nullptr)), id_(other.id_) {}
  websocket_visit& operator=(websocket_visit&& other) noexcept {
    std::swap(core_, other.core_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~websocket_visit();

  void accept();
  // With a status of 300 and above: 401, 403.
  void refuse(std::uint16_t status, std::string_view text = {});

 private:
  friend detail::websocket_server_core;
  websocket_visit(detail::websocket_server_core& core, std::uint64_t id) noexcept;

  detail::websocket_server_core* core_;
  std::uint64_t id_;
};

// Asked for each client when its request has come: path, fields (Authorization, Cookie) and address
// say who it is. The head is valid during the call.
using websocket_admission =
    callback<void(const http::request_head&, const address&, websocket_visit)>;

// What a server knows of its clients.
struct websocket_counts {
  std::size_t clients = 0;       // with a complete handshake
  std::size_t queued_bytes = 0;  // that wait for slow ones, in their queues
  std::uint64_t lost = 0;        // messages that were given up by write_policy
  std::uint64_t overrun = 0;     // clients that were dropped by overflow::close
};

class websocket_provider final : public provider {
 public:
  // Does nothing yet. Faults of the configuration are reported by initialize().
  explicit websocket_provider(loop& home, websocket_config config = {});
  websocket_provider(const websocket_provider&) = delete;
  websocket_provider& operator=(const websocket_provider&) = delete;
  ~websocket_provider() override;

  // --- provider (core/api/provider.hpp) ---------------------------------------
  std::string_view protocol() const override { return "websocket"; }
  // A server listens; a client connects.
  operation<void> initialize() override;
  // A server's shout goes to each client that listens, and ends at once with their number; those
  // whose queue did not take it are not counted. A client's goes to the server, and ends when it
  // was handed to the connection.
  operation<speaker> create_speaker(std::string_view name, speaker_options options = {}) override;
  operation<speaker> create_speaker(std::string_view name, message_callback on_message,
                                    speaker_options options = {}) override;
  // Messages in a queue instead of a callback (core/api/inbox.hpp): at max_queue messages, or
  // max_size bytes of them, the peers that send are not read any more until it is nearly empty
  // again. Whatever else they send waits as well, and each may bring one message more.
  operation<inbox> create_inbox(std::string_view name, speaker_options options = {});
  // A client calls, and a server answers. errc::not_supported the other way round, and for peers
  // that do not speak envelopes; not_connected at once while there is no connection. A handler that
  // fails is an error at the caller, with its text.
  operation<callable> create_callable(std::string_view name) override;
  operation<callable> create_callable(std::string_view name, call_handler handler) override;
  // A client says farewell and waits for the server's; a server does so with all its clients.
  operation<void> close() override;
  provider_status status() const override;
  const websocket_config& config() const noexcept;

  // --- a server
  // Who is let in; everybody without it. Before initialize().
  void admit_with(websocket_admission decide);
  // With the port that was chosen for port 0. Nothing before initialize(), and without a socket.
  std::optional<address> local_address() const;
  // For rest_provider::upgrade(): lets clients in from initialize() to close(), beside those of the
  // own socket or, with config.listens = false, instead of them. Nobody afterwards, and none at a
  // client; the handle may outlive the provider.
  std::shared_ptr<upgrade_target> upgrades();
  websocket_counts counts() const;

  // A handle that other threads may use to shout; see core/api/remote.hpp. Call it in the loop's
  // thread.
  remote remote_handle();

 private:
  detail::websocket_core* core_;
};

// The entry of a `protocols` table: `table.add("websocket", websocket_maker())`. Makes clients.
protocols::maker websocket_maker(transports* with = nullptr);

}  // namespace parley
