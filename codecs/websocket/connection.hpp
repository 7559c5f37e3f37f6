// websocket::connection: one side of a WebSocket connection behind its handshake, without the
// connection. Satisfies `parley::machine`. `websocket::client` and `websocket::server` do the
// handshake and then are one; by itself it takes over where http::server has upgraded.
//
//   websocket::connection c(role::server, limits, nullptr);   // limits are borrowed
//   c.agree(agreed_deflate, settings);                        // or not: without compression
//   c.start(now);
//   ...                                                       // commit() what comes
//   event message_event{type, data}
//   c.send_text("hello", now);                                // inside the drain or later
//   ...                                                       // write output()
//   c.close(close_code::normal, "", now);
//   event close_event{code, reason}, then closed
//
// Pings are answered, sent and awaited by the machine, close frames answered (RFC 6455 section 5.5
// and 7), and what breaks a rule is closed with its code (section 7.4.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/websocket/connection_limits.hpp>
#include <parley/codecs/websocket/deflate_agreement.hpp>
#include <parley/codecs/websocket/events.hpp>
#include <parley/codecs/websocket/frame.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/error.hpp>
#include <parley/core/random.hpp>
#include <parley/core/text/utf8.hpp>
#include <span>
#include <string>
#include <string_view>

namespace parley::websocket {

class shared_message;
struct frame_header;
struct part;

class connection {
 public:
  using event = websocket::event;

  // The limits are borrowed, and so is the source of a client's masking keys (section 10.3); a
  // server has none.
  connection(role own, const connection_limits& limits, random_source* keys) noexcept;
  connection(connection&&) noexcept;  // before start() only
  ~connection();

  // Before start(): what the handshake has agreed on. All is copied.
  void agree(const deflate_agreement& agreed, const deflate_settings& settings);
  void agree(std::string_view subprotocol) {
    if (!subprotocol.empty()) subprotocol_ = std::make_unique<const std::string>(subprotocol);
  }
  // Before start(): bytes that came behind the handshake.
  void take(byte_view rest);

  // --- commands ----------------------------------------------------------------------------
  // Each returns how many bytes wait to be written: above limits.high_water, wait for `writable`.
  // Errors, which change nothing: misuse before start() and inside a message in pieces; closed
  // behind a close frame or a failure; queue_full above max_output; invalid_argument for text that
  // is not UTF-8. Control frames are never refused for want of room.

  // A whole message. Copied, but for shared bytes of a server, which are neither masked nor
  // compressed.
  result<std::size_t> send_text(std::string_view text, time_point now);
  result<std::size_t> send_binary(byte_view data, time_point now);
  result<std::size_t> send(opcode type, byte_view data, time_point now);
  result<std::size_t> send(opcode type, shared_bytes data, time_point now);
  // One that was encoded, and perhaps compressed, once for many connections; a server's only.
  result<std::size_t> send(const shared_message& message, time_point now);

  // A message in pieces, each a frame or more: the first piece says what it is, the last one ends
  // it. Pieces are written at once, and text may be cut inside a character.
  result<std::size_t> send_piece(opcode type, byte_view data, bool last, time_point now);

  // A ping of our own; pong_event tells of the answer to the last one. At most
  // max_control_payload bytes.
  result<void> ping(byte_view payload, time_point now);

  // Says that nothing follows, and waits for the peer to say the same (section 7.1.2). Messages
  // may still come, until close_event. A reason has at most max_close_reason bytes of UTF-8.
  result<void> close(close_code code, std::string_view reason, time_point now);
  // Fails the connection for a reason of the application: `failed` with this error, and its close
  // code to the peer.
  void fail(const error& why, time_point now);
  // Ends now, without a word. Output that is not with the loop is dropped.
  void end_now() noexcept;

  // Delivers no further event until go_on(): back-pressure to the peer. Its silence does not count
  // meanwhile.
  void hold() noexcept { held_ = heard_ = true; }
  void go_on() noexcept { held_ = false; }

  // --- queries -------------------------------------------------------------------------------
  // Messages may be sent.
  bool is_open() const noexcept { return phase_ == phase::open; }
  bool is_compressed() const noexcept { return coded_ != nullptr; }
  std::string_view subprotocol() const noexcept {
    return subprotocol_ ? *subprotocol_ : std::string_view();
  }
  std::size_t buffered() const noexcept;
  // Bytes of buffers held now; compression is memory_estimate()'s.
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
  bool ends_output() const noexcept;
  std::optional<time_point> next_deadline() const noexcept;
  void handle_timeout(time_point now);
  bool wants_read() const noexcept;
  bool is_done() const noexcept;
  output_chain release_output();

 protected:
  // The handshake, which a server or client has in front: detail/front.hpp.
  class front;
  connection(role own, const connection_limits& limits, random_source* keys,
             std::unique_ptr<front> handshake) noexcept;
  // Null from `opened` on.
  front* in_front() const noexcept { return phase_ == phase::idle ? front_.get() : nullptr; }
  // Who has the output: an end during the handshake leaves it there.
  front* writing() const noexcept {
    return phase_ == phase::idle || (phase_ == phase::over && !work_) ? front_.get() : nullptr;
  }

 private:
  // closing: our close frame is out, the peer's is awaited. failing: `failed` is due. lingering:
  // all is said; what still comes is thrown away, so that no reset destroys our last frame.
  enum class phase : std::uint8_t { idle, open, closing, failing, lingering, over };
  struct working_set;
  struct coding;

  working_set& work() { return work_ ? *work_ : make_work(); }
  working_set& make_work();
  bool has_fallen() const noexcept;
  void hear(time_point now) noexcept { now_ = now_ < now ? now : now_; }
  void open(time_point now) noexcept;

  // Commands.
  result<void> check(opcode type, byte_view data, bool in_pieces) const;
  static result<void> check_text(opcode type, byte_view data);
  result<void> check_room(std::size_t size) const;
  bool is_worth_coding(std::size_t size) const noexcept;
  std::optional<byte_view> encode(byte_view data, bool last);
  void put_frame(const frame_header& head, byte_view payload);
  void put_masked(const frame_header& head, byte_view payload);
  std::optional<mask_key> next_key();
  result<void> put_close(close_code code, std::string_view reason);
  std::size_t written() noexcept;

  // Events.
  void forget_delivered() noexcept;
  std::optional<event> take_part(working_set& w);
  std::optional<event> take_data(working_set& w, const part& p);
  std::optional<event> take_whole(working_set& w, const part& p);
  std::optional<event> next_inflated(working_set& w);
  void take_ping(working_set& w, const part& p);
  std::optional<event> take_pong(const part& p);
  std::optional<event> take_close(working_set& w, const part& p);
  std::optional<event> wait(working_set& w);
  bool inflate(working_set& w, std::size_t& size);
  bool check_inflated(const working_set& w, byte_view fresh, bool last);
  void fail_with(error why);
  std::unexpected<error> not_open() const;
  void drop_output() noexcept;
  void linger() noexcept;

  // Time.
  void ask_for_life(time_point now);

  const connection_limits* limits_;
  random_source* keys_;
  std::unique_ptr<front> front_;
  std::unique_ptr<working_set> work_;
  std::unique_ptr<coding> coded_;                   // null: without compression
  std::unique_ptr<const std::string> subprotocol_;  // null: none, as most have it
  time_point now_{};
  time_point ping_at_{};     // when to ping, or until when to wait for its pong
  time_point ping_since_{};  // when the last one was sent
  time_point until_{};       // the end of the phase
  std::uint32_t ping_mark_ = 0;
  std::uint32_t pings_ = 0;
  text::utf8_validator sent_text_;  // of the message in pieces
  role role_;
  phase phase_ = phase::idle;
  bool ended_ = false;  // the peer has ended its stream
  bool held_ = false;
  bool heard_ = false;  // bytes came since the last ping of the machine, or could not
  bool asked_ = false;  // that one was not answered
  bool awaits_pong_ = false;
  bool sends_pieces_ = false;
  bool codes_pieces_ = false;
  bool pieces_are_text_ = false;
};

static_assert(machine<connection>);

}  // namespace parley::websocket
