// Redis without connections: clients and their requests go in, replies come out of the
// clients' machines, and there is a deadline. No I/O, no clock.
//
//   engine redis(config, now);
//   redis.admit(client, "127.0.0.1:50000", now);
//   redis.execute(client, request.arguments, now, wall);   // inside its drain
//   redis.leave(client);
//
// Other clients that a command gave output to are told by peer::stirred().
#pragma once

#include <cstdint>
#include <optional>
#include <parley/codecs/resp/server/command_index.hpp>
#include <parley/codecs/resp/server/keyspace.hpp>
#include <parley/codecs/resp/server/peer.hpp>
#include <parley/codecs/resp/server/subscriptions.hpp>
#include <parley/codecs/resp/server/users.hpp>
#include <parley/codecs/resp/server/waiting_list.hpp>
#include <parley/core/time.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::resp {

// What an engine is made with.
struct engine_config {
  std::uint32_t databases = 16;  // as Redis
  // Of the default user; empty: clients need none.
  std::string password{};
  std::vector<server_user> users{};
  // Connections at once; further ones get an error. As Redis.
  std::uint32_t max_clients = 10'000;
  server_limits limits{};
  keyspace_limits data{};
  // From the loop's random source; fixed in tests.
  hash_seed seed{};
  std::string run_id{};   // 40 hexadecimal digits, for INFO
  std::string address{};  // where clients connect to, for CLIENT LIST and INFO
};

// What INFO counts.
struct engine_stats {
  std::uint64_t commands = 0;
  std::uint64_t connections = 0;
  std::uint64_t rejected_connections = 0;
  std::uint64_t expired_keys = 0;
  std::uint64_t errors = 0;  // unknown commands, wrong arity, refusals
};

class engine final : private key_observer {
 public:
  engine(engine_config config, time_point now);
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  // All clients must have left (asserted).
  ~engine();

  // A client has connected, and its machine was started. False: there are too many; the
  // error is in its output already, and its machine ends. A local address stands for the
  // server's own path, as clients of a Unix socket have none.
  bool admit(peer& who, address from, time_point now);
  // It has gone; nothing of it is kept.
  void leave(peer& who) noexcept;

  // Runs one request of `from`: one reply is written, or its machine is held until
  // there is one.
  void execute(peer& from, std::span<const std::string_view> arguments, time_point now,
               wall_time wall);

  // When handle_timeout() has something to do: a blocking command that has waited long
  // enough, or a key that has expired. Changes with every request.
  std::optional<time_point> next_deadline() const noexcept;
  // Does a bounded amount of work: if more is left, the deadline stays in the past.
  void handle_timeout(time_point now);

  std::size_t clients() const noexcept { return clients_; }
  const engine_stats& stats() const noexcept { return stats_; }
  // What machines borrow: lives as long as this, and CONFIG SET changes it.
  const server_limits& limits() const noexcept { return config_.limits; }

  // --- for the families of commands ---------------------------------------------------
  engine_config& config() noexcept { return config_; }
  engine_stats& counters() noexcept { return stats_; }
  const command_index& commands() const noexcept { return index_; }
  user_list& users() noexcept { return users_; }
  subscription_registry& subscriptions() noexcept { return subscriptions_; }
  waiting_list& waiting() noexcept { return waiting_; }
  std::span<keyspace> databases() noexcept { return databases_; }
  const keyspace_shared& shared() const noexcept { return shared_; }
  void set_max_memory(std::size_t bytes) noexcept { shared_.limits.max_bytes = bytes; }
  time_point started() const noexcept { return started_; }
  // The clients by id, linked by peer::next.
  peer* first_client() const noexcept { return first_; }

  void select(peer& who, std::uint32_t database) noexcept;
  void authenticate(peer& who, const server_user& as) noexcept;
  // As it was after it had connected, but for the connection (RESET).
  void reset(peer& who) noexcept;
  // Puts a client that asked for a list into the queues.
  void wait_for_list(peer& who, std::unique_ptr<waiter> w);
  // Ends its waiting with the reply that is already in its output.
  void end_waiting(waiter& w);
  // Two databases have changed places: those who wait may find their lists there.
  void swapped(std::uint32_t a, std::uint32_t b);

 private:
  void list_grew(keyspace& where, std::string_view key) override;

  const engine_command* subcommand_of(peer& from, const engine_command& own,
                                      std::span<const std::string_view> arguments);
  bool permits(peer& from, const data_command& command,
               std::span<const std::string_view> arguments);
  bool permits_user(peer& from, const data_command& command,
                    std::span<const std::string_view> arguments);
  void run(peer& from, const data_command& about, const engine_command* own,
           std::span<const std::string_view> arguments, time_point now, wall_time wall);
  void refuse(peer& from, std::string_view text);
  void refuse_unknown(peer& from, std::span<const std::string_view> arguments);
  void serve_waiting(time_point now);
  bool serve_first(std::uint32_t database, const std::string& key, time_point now);
  void expire_waiting(time_point now);
  void link(peer& who) noexcept;
  void unlink(peer& who) noexcept;

  engine_config config_;
  command_index index_;
  user_list users_;
  keyspace_shared shared_;
  std::vector<keyspace> databases_;
  subscription_registry subscriptions_;
  waiting_list waiting_;
  std::vector<std::pair<std::uint32_t, std::string>> grown_;  // lists, in this command
  engine_stats stats_;
  time_point started_;
  peer* first_ = nullptr;
  peer* last_ = nullptr;
  std::size_t clients_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint32_t used_databases_ = 1;  // above these nobody was
};

}  // namespace parley::resp
