// resp::server: the server's side of one connection of a Redis client, without the
// connection. Satisfies `parley::machine`.
//
//   resp::server s(limits);
//   s.start(now);
//   ...                                       // commit() what comes
//   event request_event{words}
//   s.reply().simple("PONG");                 // inside the drain, in order
//   ...                                       // write output()
//
// Commands: reply, push, hold, go_on, set_*, close. It knows no command of Redis: that
// is `engine`. What arrived together is answered in one write, because all of it is
// drained before output() is asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/resp/server/reply_writer.hpp>
#include <parley/codecs/resp/server/request_decoder.hpp>
#include <parley/codecs/resp/server/server_limits.hpp>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/machine/machine.hpp>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace parley::resp {

// One request; never without a word.
struct request_event {
  std::span<const std::string_view> arguments;
};

class server {
 public:
  using event = std::variant<need_data, paused, request_event, failed, closed>;

  // The limits are borrowed until the end of the connection.
  explicit server(const server_limits& limits) noexcept : limits_(&limits) {}

  // --- commands ------------------------------------------------------------------
  // Where the reply to the last request goes. Also outside of the drain, for one that
  // was held; call go_on() afterwards. Output that is above max_output ends the
  // connection at the next next_event().
  reply_writer reply() { return {work().output, version_, most_output()}; }

  // Takes back what was replied since buffered() was `size`.
  void take_back(std::size_t size) noexcept;

  // Appends a message that the client did not ask for. Large ones are not copied.
  // False, and the connection ends, if the client reads too slowly.
  bool push(const shared_bytes& encoded, time_point now);

  // The request was not answered yet: no further one is delivered until go_on().
  void hold() noexcept { held_ = true; }
  void go_on() noexcept { held_ = false; }
  bool is_held() const noexcept { return held_; }

  void set_protocol(version v) noexcept { version_ = v; }
  version protocol() const noexcept { return version_; }
  // False: the limits before AUTH hold. True at first.
  void set_authenticated(bool on) noexcept;
  // Chooses the limits of output, and exempts from the idle timeout.
  void set_subscribed(bool on) noexcept;

  // Takes no further request, and ends when the output is written.
  void close() noexcept;
  // Ends now. Output that is not with the loop already is dropped.
  void break_off() noexcept;

  // --- queries ---------------------------------------------------------------------
  std::size_t buffered() const noexcept { return work_ ? work_->output.size() : 0; }
  std::size_t unread() const noexcept { return work_ ? work_->input.size() : 0; }
  // Bytes of buffers held now.
  std::size_t held_memory() const noexcept;
  // When the client was last heard.
  time_point heard() const noexcept { return heard_; }
  bool is_open() const noexcept { return phase_ == phase::open; }

  // --- the machine contract (core/machine/machine.hpp) ------------------------------
  void start(time_point now);
  std::span<std::byte> prepare(std::size_t hint);
  void commit(std::size_t n, time_point now);
  void commit_eof(time_point now);
  void commit_error(const error& why, time_point now);
  event next_event();
  buffer_list output() noexcept { return work_ ? work_->output.output() : buffer_list(); }
  void consume_output(std::size_t n) noexcept;
  void release() noexcept;
  bool ends_output() const noexcept { return false; }
  std::optional<time_point> next_deadline() const noexcept;
  void handle_timeout(time_point now);
  bool wants_read() const noexcept;
  bool is_done() const noexcept { return phase_ == phase::over; }
  output_chain release_output();

 private:
  enum class phase : std::uint8_t { idle, open, failing, over };

  // What a connection needs while it is busy. An idle one holds none of it.
  struct working_set {
    explicit working_set(const request_limits& limits);
    receive_buffer input;
    send_buffer output;
    request_decoder decoder;
    std::vector<std::string_view> words;
    std::size_t delivered = 0;  // bytes of the request that is with the caller
    // Output is above the soft limit since then; zero: it is not.
    time_point soft_since{};
    std::optional<error> why{};  // to be told by `failed`
  };
  working_set& work() { return work_ ? *work_ : make_work(); }
  working_set& make_work();
  event next_request(working_set& w);
  event end_event();
  void refuse(const std::string& text);
  void fail_with(error why);
  void drop_output() noexcept;
  std::size_t most_output() const noexcept {
    return subscribed_ ? limits_->max_subscribed_output : limits_->max_output;
  }
  bool has_too_much_output() const noexcept { return buffered() > most_output(); }
  bool is_idle_watched() const noexcept;
  // When a client that reads too slowly is given up.
  std::optional<time_point> soft_deadline() const noexcept;

  const server_limits* limits_;
  std::unique_ptr<working_set> work_;
  time_point heard_{};
  version version_ = version::resp2;
  phase phase_ = phase::idle;
  bool ended_ = false;  // the peer has ended its stream
  bool held_ = false;
  bool subscribed_ = false;
  bool authenticated_ = true;
};

static_assert(machine<server>);

}  // namespace parley::resp
