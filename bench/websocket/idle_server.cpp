// Rows `websocket/idle_server[_deflate]/parley`, whose counter `bytes` is the heap that an idle
// connection takes in a server: it has said something and was answered. With permessage-deflate in
// its default settings, in which both directions look back at earlier messages, zlib's windows
// stay.
#include <parley/adapters/blocking/loop.hpp>
#include <parley/codecs/websocket/deflate.hpp>
#include <parley/codecs/websocket/websocket_server.hpp>
#include <parley/core/bytes.hpp>
#include <variant>
#include <vector>

#include "common/loopback.hpp"
#include "common/memory.hpp"
#include "common/wrong.hpp"
#include "raw_client.hpp"

namespace parley::bench {
namespace {

constexpr std::string_view said =
    R"({"type":"update","room":"lobby","from":"ann","values":[1000000001,1000000002,1000000003]})";

struct echo_handler final : websocket_handler {
  void on_event(websocket_peer& peer, websocket::event& event, time_point now) override {
    if (const auto* m = std::get_if<websocket::message_event>(&event)) {
      (void)peer.machine().send(m->type, m->data, now);
    }
  }
};

std::string compressed(std::string_view text) {
  websocket::message_deflater out(websocket::role::client, {}, {});
  std::string room(websocket::deflate_bound(text.size()), 0);
  auto* const begin = reinterpret_cast<std::byte*>(room.data());
  room.resize(out.encode(as_bytes(text), {begin, room.size()}, true).produced);
  return room;
}

class idle_sessions {
 public:
  explicit idle_sessions(bool deflate) : deflate_(deflate) {
    if (auto ok = server_.listen(); !ok) wrong("parley", ok.error().to_string());
    clients_.reserve(1024);
  }

  void add(std::size_t count) {
    const std::uint16_t port = server_.local_address()->port();
    const std::string message =
        deflate_ ? masked_text(compressed(said), 0x12345678, true) : masked_text(said, 0x12345678);
    for (std::size_t i = 0; i < count; ++i) {
      clients_.emplace_back(port);
      const client_socket& client = clients_.back();
      client.send(upgrade_request(deflate_));
      const std::string answer =
          receive(client, [](const std::string& got) { return got.ends_with("\r\n\r\n"); });
      if (answer.contains("permessage-deflate") != deflate_) wrong("parley", "another extension");
      client.send(message);
      const std::string echo = receive(client, [](const std::string& got) {
        return got.size() >= 2 && got.size() == 2U + static_cast<unsigned char>(got[1]);
      });
      if (((static_cast<unsigned char>(echo[0]) & 0x40U) != 0) != deflate_) {
        wrong("parley", "another compression was due");
      }
    }
  }
  // For longer than a connection waits before it frees what it does not need.
  void settle() {
    const time_point until = on_.now() + std::chrono::milliseconds(2500);
    while (on_.now() < until) on_.run_once(until - on_.now());
  }

 private:
  template <class Whole>
  std::string receive(const client_socket& client, Whole is_whole) {
    std::string got;
    for (int turns = 0; !is_whole(got); ++turns) {
      if (turns > 100'000) wrong("parley", "no answer");
      on_.run_once(duration::zero());
      got += client.receive_now();
    }
    return got;
  }

  bool deflate_;
  blocking::loop on_;
  echo_handler handler_;
  websocket_server server_{on_, handler_, {.port = 0}};
  std::vector<client_socket> clients_;
};

[[maybe_unused]] const bool registered =
    add_heap_row("websocket/idle_server/parley", [] { return idle_sessions(false); }) &&
    add_heap_row("websocket/idle_server_deflate/parley", [] { return idle_sessions(true); });

}  // namespace
}  // namespace parley::bench
