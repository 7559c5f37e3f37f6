// Echoes each message with its type, and reads on only as fast as the peer does.
#pragma once

#include <charconv>
#include <parley/codecs/websocket/websocket_server.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

// With `commands`, the text "close 4001 why" is obeyed instead.
class websocket_echo final : public websocket_handler {
 public:
  explicit websocket_echo(std::size_t high_water = websocket::connection_limits().high_water,
                          bool commands = false)
      : high_water_(high_water), commands_(commands) {}

  void on_event(websocket_peer& peer, websocket::event& event, time_point now) override {
    websocket::server& machine = peer.machine();
    if (const auto* m = std::get_if<websocket::message_event>(&event)) {
      ++messages;
      if (commands_ && m->text().starts_with("close ")) return obey(machine, m->text(), now);
      const auto waits = machine.send(m->type, m->data, now);
      if (!waits) return machine.fail(waits.error(), now);
      if (*waits > high_water_) machine.hold();
      most = std::max(most, machine.held_memory());
    } else if (std::holds_alternative<websocket::writable>(event)) {
      machine.go_on();
    } else if (const auto* why = std::get_if<failed>(&event)) {
      faults.push_back(why->why.to_string());
    } else if (const auto* end = std::get_if<websocket::close_event>(&event)) {
      codes.push_back(static_cast<int>(end->code));
    }
  }

  std::size_t messages = 0;
  std::size_t most = 0;  // memory of a connection
  std::vector<int> codes;
  std::vector<std::string> faults;

 private:
  static void obey(websocket::server& machine, std::string_view text, time_point now) {
    text.remove_prefix(6);
    std::uint16_t code = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), code).ptr;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
    (void)machine.close(static_cast<websocket::close_code>(code), text, now);
  }

  std::size_t high_water_;
  bool commands_;
};

}  // namespace parley::test
