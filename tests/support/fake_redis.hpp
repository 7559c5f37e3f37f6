// A small Redis server for tests: as much as the provider needs, on any loop, with
// faults on demand. Not a product: the embedded server is another thing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <parley/codecs/resp/decoder.hpp>
#include <parley/codecs/resp/encoder.hpp>
#include <parley/codecs/resp/tree.hpp>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/machine/machine.hpp>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace parley::test {

class fake_redis;

// One client's connection, as a machine without events of its own.
class fake_redis_machine {
 public:
  using event = std::variant<need_data, paused, failed, closed>;

  explicit fake_redis_machine(fake_redis& server) : server_(server) {}

  void start(time_point) {}
  std::span<std::byte> prepare(std::size_t hint) { return input_.prepare(hint); }
  void commit(std::size_t n, time_point) { input_.commit(n); }
  void commit_eof(time_point) { over_ = true; }
  void commit_error(const error&, time_point) { over_ = true; }
  event next_event();
  buffer_list output() { return output_.output(); }
  void consume_output(std::size_t n) { output_.consume(n); }
  void release() {}
  bool ends_output() const { return false; }
  std::optional<time_point> next_deadline() const { return std::nullopt; }
  void handle_timeout(time_point) {}
  bool wants_read() const { return !over_; }
  bool is_done() const { return over_; }

  void push_message(std::string_view pattern, std::string_view channel, std::string_view payload);
  bool listens(std::string_view channel) const { return channels_.contains(std::string(channel)); }
  const std::set<std::string>& patterns() const { return patterns_; }
  // BLPOP waits until somebody pushes; one key each.
  const std::string& waits_for() const { return waits_for_; }
  std::uint64_t waits_since() const { return waits_since_; }
  void hand_over(std::string_view item);
  void put(std::string_view raw) { output_.append(raw); }

 private:
  void answer(const std::vector<std::string>& words);
  bool answer_login(const std::vector<std::string>& words);
  bool answer_subscription(const std::vector<std::string>& words);
  void confirm(std::string_view word, std::string_view name);
  void simple(std::string_view text);
  void integer(std::int64_t n);
  void blob(std::string_view text);

  fake_redis& server_;
  receive_buffer input_;
  send_buffer output_;
  resp::decoder decoder_;
  resp::reply_builder builder_;
  std::set<std::string> channels_;
  std::set<std::string> patterns_;
  std::string waits_for_;
  std::uint64_t waits_since_ = 0;
  resp::version version_ = resp::version::resp2;
  bool in_ = false;  // logged in
  bool over_ = false;
};

class fake_redis final : public acceptor {
 public:
  explicit fake_redis(loop& home) : loop_(home) {}
  ~fake_redis();

  // Listens; the address has the port that was chosen.
  result<address> listen(const address& at);
  // Stops listening and drops every client, as a crash would.
  void kill();

  driver* accept(connection& c, const address& peer) override;

  std::string password;     // "" : none is needed
  bool knows_hello = true;  // false: a server before version 6
  std::string deny;         // a channel that nobody may subscribe to
  std::string garbage;      // sent instead of every reply
  bool mute = false;        // never answers
  // Sent as they are instead of the reply to a command, which stands here in capitals.
  std::map<std::string, std::string> instead{};
  // Says it to every client, asked or not.
  void say(std::string_view raw);
  std::map<std::string, std::string> store;
  std::vector<std::vector<std::string>> seen;  // commands, in order
  std::size_t accepted = 0;
  std::size_t clients() const { return sessions_.size(); }

 private:
  friend fake_redis_machine;
  class session;
  std::int64_t publish(std::string_view channel, std::string_view payload);
  void pushed(std::string_view key, std::string_view item);
  std::uint64_t waited_ = 0;  // how often somebody began to

  loop& loop_;
  std::unique_ptr<listener> listener_;
  std::set<session*> sessions_;
};

}  // namespace parley::test
