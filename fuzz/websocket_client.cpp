// A client's WebSocket connection whose server says anything, in pieces of any size, and whose
// application does anything. Whatever happens: what goes out is a request and good frames with the
// messages that were accepted, in their order; each event is one that may come; and it ends once.
//
// Input: three bytes of settings, then actions.
#include <parley/codecs/websocket/client.hpp>

#include "support/websocket_world.hpp"

namespace {

using namespace parley;
using fuzz::must;
using fuzz::reader;

struct counting_source final : random_source {
  void random(std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(next_++ * 167);
  }
  unsigned next_ = 1;
};

constexpr std::string_view opening =
    "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
constexpr auto responses = std::to_array<std::string_view>({
    "HTTP/1.1 103 x\r\n\r\n",
    "HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 302 x\r\nLocation: /\r\n\r\n",
    "HTTP/1.1 503 x\r\nRetry-After: 1\r\n\r\n",
    "HTTP/1.1 101 x\r\n\r\n",
    "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
});

class world final : public fuzz::websocket_world<websocket::client> {
 public:
  world(websocket::client& m, const websocket::client_settings& settings, reader& in)
      : websocket_world(m, websocket::role::server, settings.connection, in),
        deflate_(settings.handshake.deflate) {}

 private:
  void shake_hands(std::uint8_t how) override {
    const std::size_t portion = how < 128 ? SIZE_MAX : how / 8;
    if (how % 16 < responses.size()) return feed(responses[how % 16], portion);
    if (key_.empty()) read(SIZE_MAX);
    const auto accept = websocket::accept_of(key_);
    std::string all = std::string(opening) + std::string(accept.data(), accept.size()) + "\r\n";
    const auto answer = websocket::choose_deflate(offer_, deflate_);
    if (answer && *answer && how % 16 != 15) {
      all += "Sec-WebSocket-Extensions: " + std::string(websocket::deflate_text(**answer).view()) +
             "\r\n";
      if (!std::exchange(answered_, true)) agree(websocket::agreement_of(**answer));
    }
    feed(all + "\r\n", portion);
  }
  std::size_t take_head(std::string_view bytes) override {
    const std::size_t before = head_.size();
    head_ += bytes;
    const std::size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos) return bytes.size();
    is_in_frames_ = true;
    key_ = value_of("Sec-WebSocket-Key: ");
    offer_ = value_of("Sec-WebSocket-Extensions: ");
    must(head_.starts_with("GET /feed HTTP/1.1\r\n") && key_.size() == 24);
    return end + 4 - before;
  }
  std::string value_of(std::string_view name) const {
    const std::size_t at = head_.find(name);
    if (at == std::string::npos) return {};
    const std::size_t value = at + name.size();
    return head_.substr(value, head_.find('\r', value) - value);
  }

  websocket::deflate_settings deflate_;
  std::string head_;
  std::string key_;
  std::string offer_;
  bool answered_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reader in({reinterpret_cast<const char*>(data), size});
  websocket::client_settings settings;
  settings.connection = fuzz::websocket_limits(in.byte());
  settings.handshake.deflate = fuzz::websocket_deflate(in.byte());
  counting_source random;
  websocket::client machine(settings, "example.com", "/feed", random);
  world w(machine, settings, in);
  if (in.byte() != 0) w.start();
  while (!in.empty()) w.act();
  w.finish();
  return 0;
}
