// resp::client: the client's side of one connection to a Redis server, without
// the connection. Satisfies `parley::machine`.
//
//   resp::client c{{.who = {.password = "secret"}}};
//   c.start(now);                       // HELLO is in output()
//   ...                                   // write output(), commit() what comes
//   event opened                        // from here on commands are accepted
//   c.send(args, tag, {}, now);         // pipelined by itself
//   event reply{tag, nodes}             // in the order of the commands
//
// Commands: send, subscribe, unsubscribe, cancel, close. Events: below. Pushes
// and messages of subscriptions come apart from replies, in both versions of the
// protocol. A cancelled or expired command's reply is parsed and dropped, so the
// stream stays in step. Specification: redis.io, "RESP protocol".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/resp/decoder.hpp>
#include <parley/codecs/resp/handshake.hpp>
#include <parley/codecs/resp/in_flight.hpp>
#include <parley/codecs/resp/limits.hpp>
#include <parley/codecs/resp/tree.hpp>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/machine/machine.hpp>
#include <parley/core/machine/timer_table.hpp>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace parley::resp {

// Who logs in, and what is bounded how.
struct client_config {
  login who{};
  limits reply{};

  // Nodes of one reply. Each takes 32 bytes here and 3 or more on the wire:
  // without this bound the reply budget could grow tenfold in memory.
  std::size_t max_nodes = std::size_t{2} << 20;

  // Bytes of commands that were accepted and not written. Above it send() fails
  // with errc::queue_full: a server that does not read must not fill the memory.
  std::size_t max_output = std::size_t{64} << 20;

  // Commands without a reply. Each slot takes 32 bytes.
  std::size_t max_in_flight = std::size_t{1} << 20;

  // From start() to the opened event.
  duration handshake_timeout = std::chrono::seconds(5);

  // PING after so long without a byte from the server; zero: never.
  duration ping_interval = std::chrono::seconds(2);

  // The connection is given up when nothing came for so long although an answer
  // is due. Twice the interval: one lost moment is no death.
  duration liveness = std::chrono::seconds(4);
};

// What one command may set.
struct send_options {
  // The waiter gets `expired` after this; zero: never. The slot stays.
  duration timeout{};
};

// The handshake is done.
struct opened {
  version protocol = version::resp3;
};

// The answer to the command that was sent with `tag`. With `complete == false`
// the string of the last node goes on: more events with the same tag follow
// (limits::parts_above), each with the nodes that came since.
struct reply_event {
  std::uint64_t tag = 0;
  std::span<const node> nodes;
  bool complete = true;

  // The value itself, behind the attributes that may stand before it.
  element root() const noexcept;
};

// The timeout of a command passed. Its reply will be dropped.
struct expired {
  std::uint64_t tag = 0;
};

// A message of a subscription. `pattern` is empty unless a pattern matched.
struct message_event {
  std::string_view channel;
  std::string_view pattern;
  byte_view payload;
};

// The server has confirmed one name. `last` ends the command that was sent with
// `tag`; tag 0 and not last: the server acted by itself.
struct confirmed {
  subscription kind = subscription::channel;
  bool on = true;  // false: unsubscribed
  std::string_view name;
  std::uint64_t tag = 0;
  bool last = false;
};

// Another push (client-side caching, and what servers may add).
struct push_event {
  std::span<const node> nodes;
};

class client {
 public:
  using event = std::variant<need_data, paused, opened, reply_event, expired, message_event,
                             confirmed, push_event, failed, closed>;

  explicit client(client_config config = {});
  client(client&&) = default;  // before start() only

  // --- commands; errc::misuse before `opened` and after the end --------------

  // Sends a command. `tag` comes back with its reply; not 0. Returns the bytes
  // that wait to be written. Errors: queue_full; not_supported for commands that
  // would put replies out of step (use subscribe(), and the configuration).
  result<std::size_t> send(std::span<const std::string_view> arguments, std::uint64_t tag,
                           send_options options, time_point now);
  // The same with a last argument that is not copied.
  result<std::size_t> send(std::span<const std::string_view> arguments, shared_bytes last,
                           std::uint64_t tag, send_options options, time_point now);

  // Each name is confirmed by an event of its own; an error is one reply_event.
  // In RESP2 a connection with subscriptions takes no other commands.
  result<std::size_t> subscribe(subscription kind, std::span<const std::string_view> names,
                                std::uint64_t tag, send_options options, time_point now);
  result<std::size_t> unsubscribe(subscription kind, std::span<const std::string_view> names,
                                  std::uint64_t tag, send_options options, time_point now);

  // Removes the waiter; no event with this tag follows. False if there is none.
  bool cancel(std::uint64_t tag) noexcept;

  // Takes no more commands, and ends when the replies that are due have come.
  void close(time_point now);

  // --- queries ----------------------------------------------------------------
  bool is_open() const noexcept { return phase_ == phase::open; }
  version protocol() const noexcept { return version_; }
  std::size_t in_flight_count() const noexcept { return slots_.size(); }
  std::size_t buffered() const noexcept { return output_.size(); }

  // --- the machine contract (core/machine/machine.hpp) --------------------------
  void start(time_point now);
  std::span<std::byte> prepare(std::size_t hint);
  void commit(std::size_t n, time_point now);
  void commit_eof(time_point now);
  void commit_error(const error& why, time_point now);
  event next_event();
  buffer_list output() { return output_.output(); }
  void consume_output(std::size_t n) { output_.consume(n); }
  void release();
  bool ends_output() const noexcept { return false; }
  std::optional<time_point> next_deadline() const;
  void handle_timeout(time_point now);
  bool wants_read() const noexcept { return phase_ != phase::idle && phase_ < phase::failing; }
  bool is_done() const noexcept { return phase_ == phase::over; }
  output_chain release_output() { return output_.release_output(); }

 private:
  enum class phase : std::uint8_t { idle, handshaking, open, closing, failing, over };
  enum class timer : std::uint8_t { handshake, alive, count_ };

  bool takes(std::size_t bytes) const noexcept;
  // RESP2 cannot tell a message from a reply inside the stream, and servers refuse
  // other commands while there are subscriptions; RESP3 marks pushes.
  bool takes_commands() const noexcept {
    return version_ == version::resp3 || (subscriptions_ <= 0 && shard_subscriptions_ <= 0);
  }
  error refusal() const;
  result<void> check_mode(std::span<const std::string_view> arguments) const;
  result<std::size_t> change_subscription(subscription kind, bool on,
                                          std::span<const std::string_view> names,
                                          std::uint64_t tag, send_options options, time_point now);
  void put_words(std::string_view verb, std::span<const std::string_view> arguments,
                 const in_flight_slot& slot);
  void put_word(std::string_view word);
  in_flight_slot slot_for(slot_kind what, std::uint64_t tag, send_options options,
                          time_point now) const;

  bool has_plain_reply();
  std::optional<event> decode_next();
  std::optional<event> deliver(bool complete);
  std::optional<event> deliver_push(std::span<const node> nodes);
  std::optional<event> deliver_confirmation(std::span<const node> nodes, subscription kind,
                                            bool on);
  std::optional<event> answer_front(std::span<const node> nodes, bool complete);
  std::optional<event> handshake_answered(std::span<const node> nodes);
  bool is_push(std::span<const node> nodes) const;
  void join_parts() noexcept;
  event end_event();

  // Ends the life of the views that the last event showed.
  void forget_delivered() noexcept {
    if (delivered_) {
      input_.consume(decoded_);
      decoded_ = 0;
      node_count_ = 0;
      delivered_ = false;
    }
    input_.discard_consumed();
  }
  void send_handshake();
  void check_alive(time_point now);
  void fail_with(error why);
  error foreign_peer(resp::errc fault) const;
  error end_of_stream() const;

  client_config config_;
  // Both on the heap while they are needed: an idle connection stays small.
  std::unique_ptr<handshake> handshake_;
  std::unique_ptr<decoder> decoder_;
  receive_buffer input_;
  send_buffer output_;
  in_flight slots_;
  std::vector<node> nodes_;  // of the reply that is being decoded
  std::size_t node_count_ = 0;
  std::size_t decoded_ = 0;  // bytes of it at the front of input_
  bool delivered_ = false;   // its views are with the caller
  bool mid_reply_ = false;   // a part of it was delivered
  bool drop_rest_ = false;   // the parts to come have no waiter
  timer_table<timer> timers_;
  time_point heard_{};  // when bytes came last
  time_point now_{};
  // As the server counts them: channels and patterns together, shards apart.
  std::int64_t subscriptions_ = 0;
  std::int64_t shard_subscriptions_ = 0;
  version version_ = version::resp2;
  phase phase_ = phase::idle;
  bool ended_ = false;        // the peer has ended its stream
  std::optional<error> why_;  // to be told by `failed`
};

static_assert(machine<client>);

}  // namespace parley::resp
