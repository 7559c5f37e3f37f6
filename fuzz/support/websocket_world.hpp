// A WebSocket machine whose peer and whose application do anything. Shared by websocket_server and
// websocket_client, which add the handshake.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <parley/codecs/websocket/connection_limits.hpp>
#include <parley/codecs/websocket/decoder.hpp>
#include <parley/codecs/websocket/deflate.hpp>
#include <parley/codecs/websocket/encoder.hpp>
#include <parley/codecs/websocket/events.hpp>
#include <parley/core/text/utf8.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "reader.hpp"

namespace parley::fuzz {

inline websocket::connection_limits websocket_limits(std::uint8_t bits) {
  websocket::connection_limits l;
  l.max_size = (bits & 1) != 0 ? 300 : 5000;
  l.pieces = (bits & 2) != 0;
  if ((bits & 4) != 0) l.high_water = 200;
  if ((bits & 8) != 0) l.max_output = 1000;
  if ((bits & 16) != 0) l.max_pongs = 100;
  if ((bits & 32) != 0) l.ping_interval = {};
  return l;
}

inline websocket::deflate_settings websocket_deflate(std::uint8_t bits) {
  websocket::deflate_settings s;
  s.enabled = (bits & 1) != 0;
  s.own_no_context_takeover = (bits & 2) != 0;
  s.peer_no_context_takeover = (bits & 4) != 0;
  if ((bits & 8) != 0) s.own_max_window_bits = 9;
  if ((bits & 16) != 0) s.peer_max_window_bits = 10;
  if ((bits & 32) != 0) s.threshold = 0;
  s.memory_level = 1;
  s.level = 1;
  return s;
}

// Reads the frames that the machine sends, as its peer would, and compares them with what the
// application has said.
class websocket_replies {
 public:
  explicit websocket_replies(websocket::role own) : own_(own), decoder_(own, bounds_, true) {}

  void agree(const websocket::deflate_agreement& agreed) {
    in_.emplace(own_, agreed, any_, std::uint64_t{1} << 24);
  }
  void said(std::string message) { said_.push_back(std::move(message)); }
  void read(std::string_view bytes) {
    must(bytes.empty() || !decoder_.is_closed());
    unread_ += bytes;
    for (;;) {
      std::span<std::byte> in(reinterpret_cast<std::byte*>(unread_.data()), unread_.size());
      const websocket::part p = decoder_.next(in);
      must(p.what != websocket::part_kind::failed);
      if (p.what == websocket::part_kind::data) take(p);
      unread_.erase(0, p.consumed);
      if (p.what == websocket::part_kind::need_data) return;
    }
  }

 private:
  void take(const websocket::part& p) {
    if (p.first) coming_.clear();
    if (!p.compressed) {
      coming_ += as_text(p.data);
    } else {
      must(in_.has_value());
      inflate(p.data, p.last);
    }
    if (!p.last) return;
    must(heard_ < said_.size() && coming_ == said_[heard_]);
    ++heard_;
  }
  void inflate(byte_view data, bool last) {
    std::array<std::byte, 4096> room;
    for (;;) {
      const auto r = in_->decode(data, room, last);
      must(r.status != websocket::inflate_status::failed);
      coming_ += as_text(byte_view(room).first(r.produced));
      data = data.subspan(r.consumed);
      if (r.status != websocket::inflate_status::out_full) return;
    }
  }

  websocket::role own_;
  websocket::limits bounds_{.frame = 1 << 24, .message = 1 << 24};
  websocket::decoder decoder_;
  websocket::deflate_settings any_{.max_ratio = 0};
  std::optional<websocket::message_inflater> in_;
  std::vector<std::string> said_;
  std::size_t heard_ = 0;
  std::string unread_;
  std::string coming_;
};

// `M` is the machine of the other side of `peer`.
template <class M>
class websocket_world {
 public:
  websocket_world(M& m, websocket::role peer, const websocket::connection_limits& limits,
                  reader& in)
      : machine_(m), in_(in), peer_(peer), replies_(peer), limits_(limits) {}
  virtual ~websocket_world() = default;
  websocket_world(const websocket_world&) = delete;
  websocket_world& operator=(const websocket_world&) = delete;

  void start() {
    machine_.start(now_);
    drain();
  }
  void act() {
    const std::uint8_t action = in_.byte();
    const std::size_t portion = action / 16 == 0 ? SIZE_MAX : action / 16;
    switch (action % 16) {
      case 0:
      case 1:
        return feed(frame(in_.byte(), std::string(in_.bytes(in_.byte() % 140))), portion);
      case 2:
        return feed(frame(in_.byte() | 0x80, std::string(in_.byte() * 20, 'x')), portion);
      case 3:
        return feed(deflated(in_.byte()), portion);
      case 4:
        return feed(in_.bytes(in_.byte()), portion);
      case 5:
        return say(in_.byte());
      case 6:
        return say_piece(in_.byte());
      case 7:
        return command(in_.byte());
      case 8:
        return read(in_.byte() * 8U);
      case 9:
        now_ += std::chrono::milliseconds(in_.byte() * 150);
        machine_.handle_timeout(now_);
        return drain();
      case 10:
        if (action < 200) return machine_.release();
        machine_.commit_eof(now_);
        return drain();
      case 11:
        if (action < 200) return read(SIZE_MAX);
        machine_.commit_error(error(errc::reset), now_);
        return drain();
      default:
        shake_hands(in_.byte());
        return drain();
    }
  }
  void finish() {
    read(SIZE_MAX);
    machine_.go_on();
    drain();
    machine_.end_now();
    drain();
    must(closed_);
    must(machine_.send_text("x", now_).error() == errc::closed);
  }

 protected:
  // What the other side of the handshake says, or an application of it.
  virtual void shake_hands(std::uint8_t how) = 0;
  // Bytes of output before the frames; returns how many were taken.
  virtual std::size_t take_head(std::string_view bytes) = 0;

  void feed(std::string_view bytes, std::size_t portion) {
    while (!bytes.empty() && machine_.wants_read()) {
      const auto into = machine_.prepare(bytes.size());
      if (into.empty()) break;
      const std::size_t n = std::min({into.size(), bytes.size(), portion});
      std::memcpy(into.data(), bytes.data(), n);
      machine_.commit(n, now_);
      bytes.remove_prefix(n);
      drain();
      must(machine_.held_memory() < 1'000'000);
    }
  }
  void read(std::size_t most) {
    while (most > 0) {
      const auto list = machine_.output();
      if (list.empty()) break;
      const std::size_t n = std::min(list[0].size, most);
      std::string_view bytes(static_cast<const char*>(list[0].data), n);
      if (!is_in_frames_) bytes.remove_prefix(take_head(bytes));
      if (is_in_frames_) replies_.read(bytes);
      machine_.consume_output(n);
      most -= n;
      drain();
    }
  }
  void agree(const websocket::deflate_agreement& agreed) {
    replies_.agree(agreed);
    deflater_.emplace(peer_, agreed, websocket_deflate(33));
  }

  M& machine_;
  reader& in_;
  bool is_in_frames_ = false;
  time_point now_ = time_point(std::chrono::hours(1));

 private:
  std::string frame(unsigned first, std::string payload) const {
    std::string all{static_cast<char>(first)};
    const bool masks = peer_ == websocket::role::client;
    const std::size_t size = payload.size();
    all += static_cast<char>((masks ? 128U : 0U) | (size < 126 ? size : 126U));
    if (size >= 126) all.append({static_cast<char>(size >> 8), static_cast<char>(size & 255)});
    if (masks) all.append(4, '\x21');
    for (char& c : payload) c = masks ? static_cast<char>(c ^ 0x21) : c;
    return all + payload;
  }
  // Bad text now and then.
  std::string deflated(std::uint8_t how) {
    if (!deflater_) return {};
    std::string text(how * std::size_t{how} / 8, 'y');
    if (how % 8 == 7) text += '\xff';
    std::vector<std::byte> room(websocket::deflate_bound(text.size()));
    const auto r = deflater_->encode(as_bytes(text), room, true);
    return frame(how % 4 == 1 ? 0xC2 : 0xC1,
                 std::string(as_text(byte_view(room).first(r.produced))));
  }

  void say(std::uint8_t how) {
    std::string text(how * std::size_t{how} / 16, 'z');
    if (how % 16 == 15) text += '\xff';
    const auto type = how % 2 == 0 ? websocket::opcode::text : websocket::opcode::binary;
    const auto sent = how % 3 == 0 ? machine_.send(type, shared_bytes::copy(as_bytes(text)), now_)
                                   : machine_.send(type, as_bytes(text), now_);
    must(!sent || (opened_ && !ended_ && sends_ == 0));
    if (sent) replies_.said(std::move(text));
    drain();
  }
  void say_piece(std::uint8_t how) {
    const std::string text(how, 'w');
    const bool last = how % 4 == 0;
    if (machine_.send_piece(websocket::opcode::binary, as_bytes(text), last, now_)) {
      coming_ += text;
      sends_ = last ? 0 : 1;
      if (last) replies_.said(std::exchange(coming_, {}));
    }
    drain();
  }
  void command(std::uint8_t how) {
    switch (how % 8) {
      case 0:
        machine_.hold();
        break;
      case 1:
      case 2:
        machine_.go_on();
        break;
      case 3:
        (void)machine_.ping(as_bytes(std::string(how, 'p')), now_);
        break;
      case 4:
        (void)machine_.close(websocket::close_code{static_cast<std::uint16_t>(990 + how)}, "bye",
                             now_);
        break;
      case 5:
        if (how > 200) machine_.fail(error(errc::too_large), now_);
        break;
      case 6:
        if (how > 240) {
          machine_.end_now();
          aborted_ = true;
        }
        break;
      default:
        (void)machine_.close(websocket::close_code::normal, "", now_);
    }
    drain();
  }

  void drain() {
    for (;;) {
      const auto e = machine_.next_event();
      if (is_drained(e)) return must(!closed_);
      must(!closed_ || std::holds_alternative<closed>(e));
      if (std::holds_alternative<websocket::opened>(e)) {
        must(!ended_ && !std::exchange(opened_, true));
      } else if (const auto* m = std::get_if<websocket::message_event>(&e)) {
        check(m->type, m->data);
        must(!limits_.pieces && m->data.size() <= limits_.max_size);
        must(m->type == websocket::opcode::binary || text::valid_utf8(m->data));
      } else if (const auto* p = std::get_if<websocket::piece_event>(&e)) {
        check(p->type, p->data);
        must(limits_.pieces && p->first != std::exchange(hears_piece_, !p->last));
      } else if (std::holds_alternative<websocket::close_event>(e)) {
        must(opened_ && !std::exchange(ended_, true));
      } else if (std::holds_alternative<failed>(e)) {
        must(!aborted_ && !std::exchange(ended_, true));
      } else if (std::holds_alternative<closed>(e)) {
        closed_ = true;
        return must(machine_.is_done() && !machine_.wants_read() && !machine_.next_deadline());
      }
    }
  }
  void check(websocket::opcode type, byte_view data) {
    must(opened_ && !ended_ && !aborted_);
    must(type == websocket::opcode::text || type == websocket::opcode::binary);
    // All of it can be read.
    for (const std::byte b : data) sum_ += std::to_integer<unsigned>(b);
  }

  websocket::role peer_;
  websocket_replies replies_;
  const websocket::connection_limits& limits_;
  std::optional<websocket::message_deflater> deflater_;
  std::string coming_;
  int sends_ = 0;  // pieces of a message that is not complete
  unsigned sum_ = 0;
  bool opened_ = false;
  bool ended_ = false;
  bool aborted_ = false;
  bool closed_ = false;
  bool hears_piece_ = false;
};

}  // namespace parley::fuzz
