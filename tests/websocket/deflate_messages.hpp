// Whole messages through a message_deflater or a message_inflater, in pieces and rooms of any size.
#pragma once

#include <algorithm>
#include <ostream>
#include <parley/codecs/websocket/deflate.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

constexpr std::size_t whole = static_cast<std::size_t>(-1);

// How a message is cut: pieces, rooms, and how large the first piece is.
struct deflate_cuts {
  std::size_t piece = whole;
  std::size_t room = 4096;
  std::size_t first = whole;
};

// The payload of a message, or "no end".
inline std::string deflated(websocket::message_deflater& coder, std::string_view message,
                            const deflate_cuts& how = {}) {
  std::string payload;
  std::size_t size = std::min(how.first, how.piece);
  bool last = false;
  while (!last) {
    last = size >= message.size();
    byte_view in = as_bytes(message.substr(0, size));
    message.remove_prefix(std::min(size, message.size()));
    size = how.piece;
    // zlib may have kept all that came before.
    const std::size_t most = 100'000 + 4 * in.size();
    std::size_t calls = 0;
    for (bool done = false; !done;) {
      std::vector<std::byte> out(how.room);
      const auto r = coder.encode(in, out, last);
      payload += as_text(byte_view(out).first(r.produced));
      in = in.subspan(r.consumed);
      done = r.done;
      if (coder.has_failed() || ++calls > most) return "no end";
    }
    if (!in.empty()) return "input is left";
  }
  return payload;
}

// What a message was, or the name of the fault behind what came before it.
struct inflated_message {
  std::string text;
  std::string fault;
  friend bool operator==(const inflated_message&, const inflated_message&) = default;
  // How GoogleTest shows it.
  friend void PrintTo(const inflated_message& m, std::ostream* to) {
    *to << m.text.size() << " bytes, " << m.fault;
  }
};

inline inflated_message inflated(websocket::message_inflater& coder, std::string_view payload,
                                 const deflate_cuts& how = {}) {
  inflated_message got;
  std::vector<std::byte> out(how.room);
  std::size_t size = std::min(how.first, how.piece);
  bool last = false;
  while (!last) {
    last = size >= payload.size();
    // Exactly this size, so that a byte read or written beyond it is seen.
    const std::string_view piece = payload.substr(0, size);
    const std::vector<char> copy(piece.begin(), piece.end());
    payload.remove_prefix(piece.size());
    size = how.piece;
    byte_view in = as_bytes({copy.data(), copy.size()});
    websocket::inflate_result r;
    do {
      r = coder.decode(in, out, last);
      got.text += as_text(byte_view(out).first(r.produced));
      in = in.subspan(r.consumed);
    } while (r.status == websocket::inflate_status::out_full);
    if (r.status == websocket::inflate_status::failed) {
      got.fault = coder.fault()->name();
      return got;
    }
    const auto due = last ? websocket::inflate_status::done : websocket::inflate_status::need_data;
    if (r.status != due || !in.empty()) got.fault = "a wrong status";
  }
  return got;
}

}  // namespace parley::test
