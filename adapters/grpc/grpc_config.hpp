// What a grpc_provider is made with: the settings of S46 to S50 with their defaults, and what else
// can be set.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <parley/adapters/grpc/grpc_message.hpp>
#include <parley/core/api/overflow.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/error.hpp>
#include <parley/core/net/back_off.hpp>
#include <parley/core/net/endpoint.hpp>
#include <parley/core/net/uri.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace parley {

// Which of several servers a call goes to.
enum class grpc_balancing : std::uint8_t {
  pick_first,   // the first that can be reached, until it is lost
  round_robin,  // one after the other, of those that can be reached and say that they are healthy
};

// In which threads a server's handlers run.
enum class grpc_threads : std::uint8_t {
  loop,     // in the loop's, like everything else: no locks
  workers,  // in max_workers threads, at the same time. Handlers of calls alone: those of streams
            // and the callbacks of speakers run in the loop's thread always
};

// Whether a call waits for a connection, for as long as its deadline allows.
enum class grpc_waiting : std::uint8_t {
  while_connecting,  // unless the last attempt to connect has failed: then it fails with that error
  always,
  never,
};

// An option of gRPC by its name: {"grpc.max_metadata_size", 16384}.
struct grpc_option {
  std::string name;
  std::variant<int, std::string> value;
};

// An aggregate: `grpc_provider server{loop, {.socket_path = "/tmp/my_service.sock"}};`, and for a
// client the same with `.is_server = false`.
struct grpc_config {
  // --- where: a Unix socket or a host with a port. With neither, the socket /tmp/vyra.sock. The
  // path of a Unix socket is at most 107 bytes long.
  std::string socket_path{};
  std::string host{};      // a server: a numeric address; a client: a name, or an address
  std::uint16_t port = 0;  // a server: 0 is one that is free; a client must name one
  // A client: several servers instead of host and port, as numeric addresses of one family. A name
  // that has several addresses is balanced as well.
  std::vector<endpoint> targets{};
  grpc_balancing lb_policy = grpc_balancing::pick_first;

  bool is_server = true;

  // --- TLS, for host and targets. A server needs certfile and keyfile. gRPC always verifies in
  // full: verify is verify_mode::full, and there is no crlfile and no key_password.
  bool ssl = false;
  tls_settings tls{};
  // A client: the name that the server's certificate must have, where it is not the host.
  std::string tls_name{};

  // --- a server
  std::uint32_t max_workers = 10;  // with grpc_threads::workers
  grpc_threads handlers = grpc_threads::loop;
  std::uint32_t socket_mode = 0600;  // permissions of the Unix socket
  // A client's shout goes to all other clients that listen as well, as through a broker.
  bool relay = false;
  // Whether a tool such as grpcurl may ask which services there are and what their messages look
  // like (gRPC's server reflection, grpc.reflection.v1alpha), with services of your own: everybody
  // who can connect. gRPC answers it in threads of its own. errc::unavailable where it was not
  // built in.
  bool reflection = false;
  // How long close() of a server waits for the calls that run.
  duration stop_timeout = std::chrono::seconds(5);

  // --- limits, in bytes, of one message. Any size up to 2 GiB (S155). What is larger ends its call
  // with errc::too_large.
  std::size_t max_send_message_length = std::size_t{10} << 20;
  std::size_t max_receive_message_length = std::size_t{10} << 20;
  // What may wait of one stream, or for one client that listens, beyond what gRPC has taken; and
  // what becomes of more.
  std::size_t write_limit = std::size_t{1} << 20;
  overflow write_policy = overflow::reject;  // for clients that listen

  // Of what this end sends; a call or stream of a client may choose another one. The other end need
  // not be told: it reads all of them, and a server leaves out what its client does not read.
  grpc_compression compression = grpc_compression::none;

  // --- a client
  // How long initialize() goes on trying, and how long one attempt may take.
  duration connect_timeout = std::chrono::seconds(5);
  // How long a call, and the confirmation of a listen(), may take; zero: for ever. Streams have no
  // deadline but their own.
  duration call_timeout = std::chrono::seconds(5);
  grpc_waiting waiting = grpc_waiting::while_connecting;
  back_off_config reconnect{};
  // How calls are repeated that may be carried out twice (call_options::repeatable), when the
  // server was lost: after these pauses, within their deadline. Others are never repeated once the
  // server may have seen them.
  back_off_config retry{.base = std::chrono::milliseconds(20), .max_attempts = 5};
  // Sent with each call.
  std::vector<std::pair<std::string, std::string>> metadata{};

  // Over a network, whether the other end is still there is asked after keepalive_time without a
  // word, and it is lost after keepalive_timeout without an answer. The server allows clients to
  // ask every keepalive_time / 3. Zero: nobody asks.
  duration keepalive_time = std::chrono::seconds(30);
  duration keepalive_timeout = std::chrono::seconds(10);

  // Any other option of gRPC; one that is set here counts more than what is above.
  std::vector<grpc_option> options{};

  // Told of states, metrics and faults; may be null. Must outlive the provider.
  observer* watch = nullptr;

  // Every fault at once, in the message of one errc::bad_configuration.
  result<void> validate() const;

  // A client of grpc://host:50051, grpcs:// or grpc+unix:/path. Parameters: timeout (seconds: of
  // calls, and of connecting where there is no connect_timeout), lb_policy (pick_first,
  // round_robin), compression (none, gzip, deflate), max_size; with TLS certfile, keyfile,
  // ca_certs. Unknown ones are an error.
  static result<grpc_config> from_uri(const parley::uri& where);
  // A server there. The host is a numeric address or localhost. Parameters: compression, max_size,
  // max_workers, relay (true, false), reflection (true, false), mode (of the socket, octal); with
  // TLS certfile, keyfile, ca_certs, clients.
  static result<grpc_config> server_from_uri(const parley::uri& where);
};

}  // namespace parley
