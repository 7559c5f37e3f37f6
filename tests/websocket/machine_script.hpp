// A WebSocket machine driven by hand: events as lines of text, and a peer whose frames are written
// bit by bit, right or wrong.
#pragma once

#include <gmock/gmock.h>

#include <parley/codecs/websocket/client.hpp>
#include <parley/codecs/websocket/deflate.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/server.hpp>
#include <string>
#include <vector>

#include "support/letters.hpp"
#include "support/machine_harness.hpp"

namespace parley::test {

using namespace std::chrono_literals;
using websocket::close_code;
using websocket::opcode;
using websocket::role;

// The same numbers for each test.
struct counting_source final : random_source {
  void random(std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(next_++ * 167);
  }
  unsigned next_ = 1;
};

constexpr role other(role r) { return r == role::server ? role::client : role::server; }

// As text if it is short.
std::string shown(std::string_view payload);

// "text hello", "piece first last text hello", "pong 5 ms", "close 1000 bye by peer", "failed
// bad_text", "opened chat deflate", "handshake /feed chat", "writable", "paused", "closed".
std::string to_line(const websocket::event& e);

// What stands in the first byte beside the opcode.
struct frame_bits {
  bool fin = true;
  unsigned rsv = 0;  // RSV1 is 4
};

// The other side.
class raw_websocket {
 public:
  explicit raw_websocket(role own) : own_(own) {}

  std::string frame(unsigned op, std::string_view payload, frame_bits bits = {}) const;
  std::string frame(opcode op, std::string_view payload, frame_bits bits = {}) const {
    return frame(static_cast<unsigned>(op), payload, bits);
  }
  std::string text(std::string_view payload) const { return frame(opcode::text, payload); }
  std::string binary(std::string_view payload) const { return frame(opcode::binary, payload); }
  std::string ping(std::string_view payload) const { return frame(opcode::ping, payload); }
  std::string pong(std::string_view payload) const { return frame(opcode::pong, payload); }
  // Code 0: an empty one.
  std::string close(unsigned code = 1000, std::string_view reason = {}) const;

  // Compression on, as agreed.
  void agree(const websocket::deflate_agreement& agreed,
             const websocket::deflate_settings& settings = {});
  // A compressed message in frames of up to `fragment` bytes (0: one).
  std::string deflated(opcode op, std::string_view payload, std::size_t fragment = 0);

  // Our frames, as lines: "text hello", "ping x", "close 1000 bye"; "text+" without FIN, "text*"
  // compressed. Messages are put together in `messages`.
  std::vector<std::string> read(std::string_view bytes);
  std::vector<std::string> messages;

 private:
  void take(unsigned first, std::string payload);

  role own_;
  std::string unread_;
  std::string coming_;
  bool is_coded_ = false;
  std::vector<std::string> lines_;
  std::optional<websocket::message_deflater> out_;
  std::optional<websocket::message_inflater> in_;
};

// A machine and its events.
template <class M>
class machine_log {
 public:
  template <class... Args>
  explicit machine_log(Args&&... args) : machine(std::forward<Args>(args)...) {}

  // What was told since the last call.
  std::vector<std::string> told() { return std::exchange(lines_, {}); }
  std::vector<std::string> messages;  // whole ones, and pieces joined
  bool echoes = false;
  std::optional<error> why;  // of the last `failed`
  // Inside of an event.
  std::function<void(websocket::event&)> then;

  M machine;
  machine_harness<M> h{machine, [this](websocket::event& e) { on_event(e); }};

 private:
  void on_event(websocket::event& e) {
    if (std::holds_alternative<need_data>(e)) return;
    const std::string line = to_line(e);
    if (lines_.empty() || lines_.back() != line || (line != "closed" && line != "paused")) {
      lines_.push_back(line);
    }
    if (const auto* m = std::get_if<websocket::message_event>(&e)) {
      messages.emplace_back(m->text());
      const bool ok = !echoes || machine.send(m->type, m->data, h.now());
      EXPECT_TRUE(ok);
    }
    if (const auto* p = std::get_if<websocket::piece_event>(&e)) {
      if (p->first) messages.emplace_back();
      messages.back() += as_text(p->data);
      const bool ok = !echoes || machine.send_piece(p->type, p->data, p->last, h.now());
      EXPECT_TRUE(ok);
    }
    if (const auto* f = std::get_if<failed>(&e)) why = f->why;
    if (then) then(e);
  }

  std::vector<std::string> lines_;
};

// Nothing happens by itself.
inline websocket::connection_limits quiet() {
  websocket::connection_limits l;
  l.ping_interval = {};
  return l;
}

// A connection behind its handshake, and its peer.
class connection_script {
 public:
  explicit connection_script(role own, websocket::connection_limits l = quiet(),
                             std::optional<websocket::deflate_agreement> agreed = {},
                             websocket::deflate_settings settings = {})
      : limits(l), log(own, limits, &random), peer(other(own)) {
    if (agreed) {
      log.machine.agree(*agreed, settings);
      peer.agree(*agreed, settings);
    }
    log.h.start();
  }

  std::vector<std::string> told() { return log.told(); }
  std::vector<std::string> sent() { return peer.read(log.h.sent()); }
  void feed(std::string_view bytes, std::size_t portion = 0) { log.h.feed(bytes, portion); }
  time_point now() const { return log.h.now(); }

  websocket::connection_limits limits;
  counting_source random;
  machine_log<websocket::connection> log;
  websocket::connection& machine = log.machine;
  raw_websocket peer;
};

}  // namespace parley::test
