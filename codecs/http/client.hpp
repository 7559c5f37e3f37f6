// http::client: the client's side of one connection of HTTP/1.1, without the connection.
// Satisfies `parley::machine`.
//
//   http::client c(limits);                       // limits are borrowed
//   c.start(now);
//   event opened                                  // from here on requests are accepted
//   c.send({.target = "/", .headers = h}, tag, {}, now);
//   ...                                           // write output(), commit() what comes
//   event response_event{tag, head}
//   event response_body{tag, data} ...
//   event response_end{tag, trailers}
//
// Commands: send, or begin, write, finish; cancel, close. One request at a time, unless
// limits.max_pipelined says more. Each request ends once: with response_end, or with `unanswered`,
// which says whether it may be sent again on another connection: RFC 9112 section 9.3.1 and 9.3.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/http/client_limits.hpp>
#include <parley/codecs/http/head.hpp>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/machine/machine.hpp>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace parley::http {

struct part;
enum class errc : std::uint16_t;
namespace detail {
struct request_plan;
}

// The machine takes requests.
struct opened {};
// The final response to the request that was sent with `tag` begins. The head views the input:
// until the next next_event().
struct response_event {
  std::uint64_t tag = 0;
  const response_head* head = nullptr;
  bool is_decoded = false;  // its body comes without its Content-Encoding
};
// An interim response: 102, 103 and what may come; 100 is dealt with and not shown.
struct interim_event {
  std::uint64_t tag = 0;
  const response_head* head = nullptr;
};
// A piece of a response's body. Not drained, nothing more is read.
struct response_body {
  std::uint64_t tag = 0;
  byte_view data;
};
// The response is complete, and with it the request.
struct response_end {
  std::uint64_t tag = 0;
  header_list trailers;
};
// 101, or 2xx to CONNECT: HTTP ends here. What the server has sent behind it is in take_rest().
struct upgraded {
  std::uint64_t tag = 0;
  const response_head* head = nullptr;
};
// No response, or not all of it, will come.
struct unanswered {
  std::uint64_t tag = 0;
  // Sending it again cannot do it twice: nothing of it was shown to a write; or the method is
  // idempotent, the body can be had again, nothing of a response came, and the connection had been
  // used before; or the server has said that it takes no request behind the one it answered.
  bool may_retry = false;
  error why;
};
// Output that stood above high_water has fallen below half of it, or the server has asked for the
// body (100-continue): go on writing.
struct client_writable {
  std::uint64_t tag = 0;
};

// What a request begins with. Host, if it is not among the headers, and fields that frame are
// added.
struct request {
  std::string_view method = "GET";
  std::string_view target = "/";
  std::span<const header> headers{};
};

// What one request may set.
struct request_options {
  // From the command to the end of the response; zero: only the limits' own timeouts.
  duration timeout{};
  // Sends Expect: 100-continue, and the body when the server asks for it, or after
  // limits.continue_timeout. For large bodies that a server may refuse.
  bool expect_continue = false;
  // Connection: close.
  bool close = false;
  // Connection: upgrade, and this protocol in Upgrade. The response may be `upgraded`.
  std::string_view upgrade{};
};

class client {
 public:
  using event =
      std::variant<need_data, paused, opened, response_event, interim_event, response_body,
                   response_end, upgraded, client_writable, unanswered, failed, closed>;

  // `host` is sent in Host, unless a request brings its own: "example.com" or "example.com:8080".
  // The limits are borrowed.
  client(const client_limits& limits, std::string host);
  client(client&&) noexcept;  // before start() only
  ~client();

  // --- commands ----------------------------------------------------------------------------
  // Each returns how many bytes wait to be written: above limits.high_water, wait for
  // client_writable. Errors: misuse before `opened`, after the end and while the connection is
  // not usable any more (is_reusable()); queue_full if another request is under way (see
  // limits.max_pipelined), or above max_output; invalid_argument for what would split a message.
  // Each refusal changes nothing. Arguments are copied, but for shared bytes. `tag` is not 0, and
  // no other request that is under way has it.

  // A whole request. Without a body none is announced, but for methods that expect one (POST, PUT,
  // PATCH: Content-Length: 0; RFC 9110 section 8.6).
  result<std::size_t> send(const request& head, byte_view body, std::uint64_t tag,
                           const request_options& options, time_point now);
  result<std::size_t> send(const request& head, shared_bytes body, std::uint64_t tag,
                           const request_options& options, time_point now);

  // A request in pieces: its head, then write(), then finish(). Without a length in chunks. The
  // response may come, and even end, before finish(): if it is an error, or the connection ends
  // with it, no more of the body is sent, and these two are misuse from then on.
  result<std::size_t> begin(const request& head, std::optional<std::uint64_t> length,
                            std::uint64_t tag, const request_options& options, time_point now);
  result<std::size_t> write(std::uint64_t tag, byte_view body, time_point now);
  result<std::size_t> write(std::uint64_t tag, shared_bytes body, time_point now);
  result<std::size_t> finish(std::uint64_t tag, std::span<const header> trailers, time_point now);

  // No event with this tag follows. The last request is taken back if no byte of it has left. Else
  // its response is read and dropped if little of it is left (limits.max_discarded), or else the
  // connection ends. False if there is no such request.
  bool cancel(std::uint64_t tag) noexcept;

  // Delivers no further event until go_on(): back-pressure to the server.
  void hold() noexcept { held_ = true; }
  void go_on() noexcept;
  // How large the body of this response may be on the wire: inside its response_event.
  void set_body_limit(std::uint64_t most) noexcept;

  // Takes no further request, and ends when those under way have ended.
  void close(time_point now) noexcept;

  // --- queries -------------------------------------------------------------------------------
  bool is_open() const noexcept { return phase_ == phase::open; }
  // Another request may be sent now.
  bool is_reusable() const noexcept;
  // Requests whose end has not been told.
  std::size_t in_flight() const noexcept;
  std::size_t buffered() const noexcept;
  // The bytes behind an upgrade. Once.
  receive_buffer take_rest();
  bool is_upgraded() const noexcept { return phase_ == phase::upgraded; }

  // --- the machine contract (core/machine/machine.hpp) -----------------------------------------
  void start(time_point now);
  std::span<std::byte> prepare(std::size_t hint);
  void commit(std::size_t n, time_point now);
  void commit_eof(time_point now);
  void commit_error(const error& why, time_point now);
  event next_event();
  buffer_list output() noexcept;
  void consume_output(std::size_t n) noexcept;
  void release() noexcept;
  bool ends_output() const noexcept { return false; }
  std::optional<time_point> next_deadline() const noexcept;
  void handle_timeout(time_point now);
  bool wants_read() const noexcept;
  bool is_done() const noexcept { return phase_ == phase::over; }
  output_chain release_output();

 private:
  enum class phase : std::uint8_t { idle, starting, open, closing, upgraded, failing, over };
  struct working_set;
  struct exchange;

  working_set& work() { return work_ ? *work_ : make_work(); }
  working_set& make_work();
  bool is_live() const noexcept { return phase_ == phase::open || phase_ == phase::closing; }
  // Remembers what time it is.
  void tick(time_point now) noexcept;

  template <class Body>
  result<std::size_t> send_whole(const request& head, std::size_t size, Body body,
                                 std::uint64_t tag, const request_options& options, time_point now);
  template <class Body>
  result<std::size_t> write_any(std::uint64_t tag, std::size_t size, Body body, time_point now);
  result<void> admit(const detail::request_plan& plan, std::uint64_t tag, std::size_t bytes) const;
  bool has_room(std::size_t bytes) const noexcept;
  exchange put_head(working_set& w, const detail::request_plan& plan, byte_view body,
                    std::uint64_t tag, time_point now);
  bool awaits_leave(const detail::request_plan& plan) const noexcept;
  void enter(working_set& w, const exchange& x) noexcept;
  std::size_t written(working_set& w, std::uint64_t tag, bool was_empty) noexcept;
  bool take_back(working_set& w, const exchange& x) noexcept;

  void forget_delivered() noexcept;
  std::optional<event> tell_output(working_set& w) noexcept;
  std::optional<event> next_part(working_set& w);
  std::optional<event> take_part(working_set& w, const part& p);
  std::optional<event> take_head(working_set& w, const part& p);
  std::optional<event> take_upgrade(working_set& w);
  std::optional<event> take_interim(working_set& w);
  std::optional<event> take_final(working_set& w);
  std::optional<event> take_body(working_set& w, const part& p);
  std::optional<event> next_decoded(working_set& w);
  std::optional<event> take_end(working_set& w, const part& p);
  void take_unasked(working_set& w);
  bool cuts_off(const working_set& w) const noexcept;
  void note_keep_alive(const response_head& head) noexcept;
  void grow_places(working_set& w);
  error what_is_wrong(const working_set& w, http::errc fault) const;
  bool is_foreign(const working_set& w) const noexcept;

  bool settle();
  bool end_of_stream();
  event end_event();
  void end_with(error why, bool tells);
  void fail_with(error why) { end_with(std::move(why), true); }
  bool may_retry(const working_set& w, const exchange& x, bool is_front) const noexcept;

  bool is_resting() const noexcept;
  std::optional<time_point> idle_deadline() const noexcept;
  std::optional<time_point> wait_deadline(const working_set& w) const noexcept;
  void wait_is_over(working_set& w);

  const client_limits* limits_;
  std::string host_;
  std::unique_ptr<working_set> work_;
  time_point now_{};
  time_point since_{};    // when the last response ended
  duration keeps_for_{};  // what the server said of that; zero: nothing
  phase phase_ = phase::idle;
  bool ended_ = false;  // the server has ended its stream
  bool held_ = false;
  bool last_ = false;    // no request after those that were sent
  bool heard_ = false;   // HTTP was
  bool served_ = false;  // a response was complete
};

static_assert(machine<client>);

}  // namespace parley::http
