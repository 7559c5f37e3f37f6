// A server's WebSocket connection whose client says anything, in pieces of any size, and whose
// application does anything. Whatever happens: what goes out are good frames with the messages that
// were accepted, in their order; each event is one that may come; and it ends once.
//
// Input: three bytes of settings, then actions.
#include <parley/codecs/websocket/server.hpp>

#include "support/websocket_world.hpp"

namespace {

using namespace parley;
using fuzz::must;
using fuzz::reader;

constexpr std::string_view opening =
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: ";
constexpr auto requests = std::to_array<std::string_view>({
    "13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
    "13\r\n\r\n",
    "13\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; "
    "server_max_window_bits=10\r\n\r\n",
    "13\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
    "8\r\n\r\n",
    "13\r\nOrigin: http://b\r\n\r\n",
    "13\r\nContent-Length: 2\r\n\r\nxx",
    "13\r\nX: ",
});

class world final : public fuzz::websocket_world<websocket::server> {
 public:
  world(websocket::server& m, const websocket::connection_limits& limits, reader& in)
      : websocket_world(m, websocket::role::client, limits, in) {}

 private:
  void shake_hands(std::uint8_t how) override {
    const http::header field{"X", how % 2 == 0 ? "y" : "y\n"};
    switch (how / 16 % 4) {
      case 0:
        (void)machine_.accept({&field, 1}, now_);
        return;
      case 1:
        (void)machine_.refuse(static_cast<std::uint16_t>(280 + how), {}, "no", now_);
        return;
      default:
        feed(std::string(opening) + std::string(requests[how % requests.size()]),
             how < 128 ? SIZE_MAX : how / 8);
    }
  }
  std::size_t take_head(std::string_view bytes) override {
    const std::size_t before = head_.size();
    head_ += bytes;
    const std::size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos || !head_.starts_with("HTTP/1.1 101 ")) return bytes.size();
    is_in_frames_ = true;
    const std::string_view name = "Sec-WebSocket-Extensions: ";
    if (const std::size_t at = head_.find(name); at < end) {
      const std::size_t value = at + name.size();
      websocket::deflate_parameters any;
      any.has_client_bits = true;
      const auto agreed =
          websocket::check_answer(head_.substr(value, head_.find('\r', value) - value), any);
      must(agreed && *agreed);
      agree(**agreed);
    }
    return end + 4 - before;
  }

  std::string head_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reader in({reinterpret_cast<const char*>(data), size});
  websocket::server_settings settings;
  const std::uint8_t bits = in.byte();
  settings.connection = fuzz::websocket_limits(bits);
  settings.ask = (bits & 64) != 0;
  settings.handshake.deflate = fuzz::websocket_deflate(in.byte());
  websocket::server machine(settings);
  world w(machine, settings.connection, in);
  if (in.byte() != 0) w.start();
  while (!in.empty()) w.act();
  w.finish();
  return 0;
}
