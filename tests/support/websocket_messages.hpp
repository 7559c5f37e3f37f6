// What a reader of WebSocket makes of a stream, in a form that other libraries can be put beside.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/websocket_feed.hpp"

namespace parley::test {

// A message, or a control frame.
struct websocket_message {
  websocket::opcode type{};
  bool compressed = false;
  std::string payload;

  friend bool operator==(const websocket_message&, const websocket_message&) = default;
};

struct websocket_reading {
  std::vector<websocket_message> messages;  // those that are complete, in the order of their ends
  std::optional<unsigned> refused;          // the code of the close frame that tells the peer why
  bool closed = false;                      // the last one is a close frame

  friend bool operator==(const websocket_reading&, const websocket_reading&) = default;
};

// What our decoder reads.
inline websocket_reading read_websocket(const websocket_stream& stream,
                                        const std::vector<std::size_t>& cuts,
                                        std::string_view input) {
  using websocket::part_kind;
  websocket_reading all;
  websocket_message now;
  websocket_feeder feeder(stream, cuts, input);
  feeder.run([&](const websocket::part& p) {
    if (p.what == part_kind::failed) {
      all.refused = static_cast<unsigned>(websocket::close_code_of(p.fault));
    } else if (p.what == part_kind::data) {
      if (p.first) now = {p.type, p.compressed, {}};
      now.payload += as_text(p.data);
      if (p.last) all.messages.push_back(now);
    } else {
      const auto type = p.what == part_kind::ping   ? websocket::opcode::ping
                        : p.what == part_kind::pong ? websocket::opcode::pong
                                                    : websocket::opcode::close;
      all.messages.push_back({type, false, std::string(as_text(p.data))});
      all.closed = p.what == part_kind::close;
    }
  });
  return all;
}

// For the messages of a failed test.
inline std::string to_string(const websocket_reading& all) {
  std::string text;
  for (const websocket_message& m : all.messages) {
    text += std::to_string(static_cast<unsigned>(m.type)) + (m.compressed ? " deflated " : " ") +
            std::to_string(m.payload.size()) + " " + m.payload.substr(0, 40) + "\n";
  }
  return text +
         (all.closed    ? "closed"
          : all.refused ? std::to_string(*all.refused)
                        : "open") +
         "\n";
}

}  // namespace parley::test
