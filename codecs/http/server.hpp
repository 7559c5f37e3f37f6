// http::server: the server's side of one connection of HTTP/1.1, without the connection.
// Satisfies `parley::machine`.
//
//   http::server s(limits);                       // limits are borrowed
//   s.start(now);
//   ...                                           // commit() what comes
//   event request_event{id, head}                 // perhaps body_event{id, data}, ...
//   event request_end{id}
//   s.respond(id, {.status = 200}, body, now);    // inside the drain or later, in any order
//   ...                                           // write output()
//
// Commands: respond, or begin, write, finish; inform, upgrade, hold, drain, close. Requests that
// arrive together (pipelining) are delivered together; answers go out in the order of the
// requests, whatever the order of the commands. Keep-alive, Expect: 100-continue, HEAD, the end of
// a connection and all timeouts are the machine's. RFC 9112 section 9, RFC 9110 section 10.1.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/http/content_coding.hpp>
#include <parley/codecs/http/decoder.hpp>
#include <parley/codecs/http/head.hpp>
#include <parley/codecs/http/server_limits.hpp>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/machine/machine.hpp>
#include <span>
#include <string_view>
#include <variant>

namespace parley::http {

// Names a request on its connection: 1, 2, 3, ...
using request_id = std::uint64_t;

// A request begins. Its head views the input: until the next next_event().
struct request_event {
  request_id id = 0;
  const request_head* head = nullptr;
  bool is_decoded = false;  // its body comes without its Content-Encoding
};
// A piece of its body. Not drained, nothing more is read.
struct body_event {
  request_id id = 0;
  byte_view data;
};
// The request is complete. Comes for each that was not answered before.
struct request_end {
  request_id id = 0;
  header_list trailers;
};
// Output that stood above high_water has fallen below half of it: go on writing, first of all the
// answer whose turn it is. What waits behind it does not count.
struct writable {};

// What a response begins with. Fields that frame, and Date and Connection, are added.
struct response {
  std::uint16_t status = 200;
  std::span<const header> headers{};
  // Further fields, which are sound for sure, as the program's own constants are: they are not
  // looked at again, neither for what could split the message nor for those that are added.
  std::span<const header> trusted{};
  std::string_view reason{};  // empty: reason_of(status)
  bool close = false;         // the connection ends after it
  // With gzip or deflate, if the client accepts it, the body is not small (limits.compress_above)
  // and has no Content-Encoding already. Pieces of a streamed body are flushed one by one. Not for
  // secrets beside what others can choose (BREACH), nor with byte ranges.
  bool compress = false;
};

class server {
 public:
  using event = std::variant<need_data, paused, request_event, body_event, request_end, writable,
                             failed, closed>;

  // Both are borrowed until the end of the connection. Without a date no field Date is sent; with
  // one, tell it the time by set_wall_time().
  explicit server(const server_limits& limits, date_text* date = nullptr) noexcept;
  // Views of events stay valid; the other one is as it was before start().
  server(server&&) noexcept;
  ~server();

  // --- commands; errc::misuse if the request is unknown or answered ------------------------
  // Each returns how many bytes wait to be written: above limits.high_water, wait for `writable`.
  // errc::queue_full above max_output. Arguments are copied, but for shared bytes.

  // The whole answer. A body that the request still sends is not delivered any more.
  result<std::size_t> respond(request_id id, const response& head, byte_view body, time_point now);
  result<std::size_t> respond(request_id id, const response& head, std::string_view body,
                              time_point now) {
    return respond(id, head, as_bytes(body), now);
  }
  result<std::size_t> respond(request_id id, const response& head, shared_bytes body,
                              time_point now);

  // An answer in pieces: the head, then write(), then finish(). The rest of the request's body is
  // delivered until then; 100 Continue is sent first where it is awaited. Without a length it goes
  // in chunks, or, to a client of HTTP/1.0, until the connection ends.
  result<std::size_t> begin(request_id id, const response& head,
                            std::optional<std::uint64_t> length, time_point now);
  result<std::size_t> write(request_id id, byte_view body, time_point now);
  result<std::size_t> write(request_id id, shared_bytes body, time_point now);
  result<std::size_t> finish(request_id id, std::span<const header> trailers, time_point now);

  // An interim response (RFC 9110 section 15.2): 103 and its like; not 101.
  result<std::size_t> inform(request_id id, std::uint16_t status, std::span<const header> headers,
                             time_point now);
  // Expect: 100-continue is answered by itself when the events are drained and the request was not
  // answered; with limits.ask_before_body only by this call.
  result<std::size_t> accept_body(request_id id, time_point now);

  // Sends 101. The request must be complete, ask for it, and be the only one that is unanswered.
  // What the client sends next is in take_rest(); then nothing but output() is used any more.
  result<std::size_t> upgrade(request_id id, std::string_view protocol,
                              std::span<const header> headers, time_point now);
  // The same for CONNECT, with 200.
  result<std::size_t> accept_tunnel(request_id id, std::span<const header> headers, time_point now);
  // The bytes behind an upgrade. Once.
  receive_buffer take_rest();
  bool is_upgraded() const noexcept { return phase_ == phase::upgraded; }
  // Another owner goes on with the connection (upgrade_target.hpp): inside the request_event of the
  // only request that is unanswered, without a body. As by the constructor.
  void serve_by(const server_limits& limits, date_text* date) noexcept;

  // The answer cannot be completed: what follows it is lost too, the connection ends.
  void abandon(request_id id) noexcept;

  // Delivers no further event until go_on(): back-pressure to the client.
  void hold() noexcept { held_ = true; }
  void go_on() noexcept { held_ = false; }
  // How large the body of this request may be on the wire: inside its request_event.
  void set_body_limit(std::uint64_t most) noexcept;

  // The time of day for the field Date of the responses to come.
  void set_wall_time(wall_time at) noexcept { wall_ = at; }

  // Takes no further request; answers those that were delivered and says that it ends.
  void drain(time_point now) noexcept;
  // Ends now. Output that is not with the loop is dropped.
  void close() noexcept;

  // --- queries -------------------------------------------------------------------------------
  // Requests that were delivered and not answered in full.
  std::size_t unanswered() const noexcept;
  std::size_t buffered() const noexcept;
  // The same for one answer alone: until its turn it waits apart. 0 if the request is unknown or
  // answered. Of several answers in pieces each goes on when this has fallen: else those that have
  // to wait would keep the first one waiting.
  std::size_t buffered(request_id id) const noexcept;
  bool is_open() const noexcept { return phase_ == phase::open; }
  // The client has ended its side of the connection.
  bool has_ended() const noexcept { return ended_; }
  // Bytes of buffers held now.
  std::size_t held_memory() const noexcept;

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
  bool ends_output() const noexcept { return phase_ == phase::lingering; }
  std::optional<time_point> next_deadline() const noexcept;
  void handle_timeout(time_point now);
  bool wants_read() const noexcept;
  bool is_done() const noexcept { return phase_ == phase::over; }
  output_chain release_output();

 private:
  // refusing: a fault waits until what came before it was answered. failing: `failed` is due.
  // lingering: the last answer is written, and what still comes is thrown away, so that no reset
  // destroys it on its way.
  enum class phase : std::uint8_t { idle, open, refusing, failing, lingering, upgraded, over };
  // What the next bytes are expected to be; the timeouts differ.
  enum class awaited : std::uint8_t { request, head, body, nothing };
  struct working_set;
  struct exchange;

  working_set& work() { return work_ ? *work_ : make_work(); }
  working_set& make_work();
  void hear(time_point now) noexcept { now_ = now_ < now ? now : now_; }

  // Commands.
  result<exchange*> find_unanswered(request_id id);
  result<exchange*> find_begun(request_id id);
  result<void> check_room(std::size_t size) const;
  send_buffer& out_of(exchange& x);
  template <class Body>
  result<std::size_t> respond_with(request_id id, const response& head, Body body, time_point now);
  template <class Body>
  result<std::size_t> respond_as(exchange& x, const response& head, Body body, coding how,
                                 time_point now);
  result<void> write_coded(exchange& x, byte_view body, bool is_last);
  template <class Body>
  result<std::size_t> write_any(request_id id, Body body, time_point now);
  result<std::byte*> put_head(exchange& x, const response& head, body_info body, coding how,
                              bool is_whole, std::size_t more);
  coding coding_for(const exchange& x, const response& head) const noexcept;
  std::byte* put_own_fields(std::byte* to, const exchange& x, const response& head, body_info body,
                            coding how) const noexcept;
  bool ends_after(const exchange& x, const response& head, body_info body,
                  bool is_whole) const noexcept;
  result<std::size_t> put_switch(request_id id, std::uint16_t status,
                                 std::span<const header> headers, time_point now);
  result<exchange*> find_switching(request_id id, bool is_tunnel);
  std::size_t written(std::size_t before, time_point now) noexcept;
  void done_with(exchange& x);
  void promote();

  // Events.
  void forget_delivered() noexcept;
  event next_part(working_set& w);
  event pause(working_set& w) noexcept;
  std::optional<event> take_part(working_set& w);
  std::optional<event> begin_request(working_set& w, const part& p);
  std::optional<event> take_body(working_set& w, const part& p);
  std::optional<event> next_decoded(working_set& w);
  std::optional<event> end_request(working_set& w, const part& p);
  std::optional<event> at_tunnel(working_set& w);
  std::optional<event> wait(working_set& w);
  std::optional<event> next_refusal(working_set& w);
  void send_continue(working_set& w);
  void refuse(error why);
  void refuse(error why, std::uint16_t status);
  void put_refusal(working_set& w);
  void fail_with(error why);
  void end_after_output() noexcept;
  void drop_output() noexcept;
  void await(awaited what) noexcept;
  bool is_paused() const noexcept;

  // Time.
  std::optional<time_point> read_deadline() const noexcept;
  std::optional<time_point> rate_deadline() const noexcept;
  std::optional<time_point> write_deadline() const noexcept;
  void read_too_slow(time_point now);

  const server_limits* limits_;
  date_text* date_;
  std::unique_ptr<working_set> work_;
  time_point now_{};
  time_point since_{};  // when the wait for what is awaited began
  wall_time wall_{};
  request_id next_id_ = 1;
  phase phase_ = phase::idle;
  awaited awaited_ = awaited::request;
  bool ended_ = false;  // the peer has ended its stream
  bool held_ = false;
  bool last_ = false;  // no request is taken behind those that were delivered
};

static_assert(machine<server>);

}  // namespace parley::http
