#include "raw_client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <parley/codecs/websocket/encoder.hpp>
#include <parley/core/bytes.hpp>

#include "common/wrong.hpp"

namespace parley::bench {
namespace {

std::string text_frame(std::string_view payload, const std::optional<websocket::mask_key>& key,
                       bool is_compressed = false) {
  std::string frame(websocket::header_size(payload.size(), key.has_value()) + payload.size(), 0);
  auto* const begin = reinterpret_cast<std::byte*>(frame.data());
  const websocket::frame_header head{websocket::opcode::text, payload.size(), true, is_compressed};
  std::byte* const body = websocket::put_header(begin, head, key);
  if (key) {
    websocket::mask_into(body, as_bytes(payload), *key);
  } else {
    payload.copy(reinterpret_cast<char*>(body), payload.size());
  }
  return frame;
}

}  // namespace

std::string upgrade_request(bool offers_deflate) {
  std::string text =
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (offers_deflate) text += "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  return text += "\r\n";
}

client_socket upgraded(std::uint16_t port) {
  client_socket client(port);
  const int on = 1;
  ::setsockopt(client.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  client.send(upgrade_request());
  std::string got;
  while (!got.ends_with("\r\n\r\n")) {
    const std::string part = client.receive();
    if (part.empty()) wrong("server", "it does not answer the handshake");
    got += part;
  }
  if (!got.starts_with("HTTP/1.1 101")) wrong("server", "it lets nobody in");
  return client;
}

std::string masked_text(std::string_view payload, std::uint32_t key, bool is_compressed) {
  websocket::mask_key bytes;
  for (std::byte& b : bytes) {
    b = static_cast<std::byte>(key);
    key >>= 8;
  }
  return text_frame(payload, bytes, is_compressed);
}

std::string short_text(std::string_view payload) { return text_frame(payload, std::nullopt); }

std::size_t read_now(int fd, char* to, std::size_t room) {
  const auto n = ::recv(fd, to, room, MSG_DONTWAIT);
  if (n > 0) return static_cast<std::size_t>(n);
  if (n == 0 || (errno != EAGAIN && errno != EINTR)) wrong("server", "it closed a connection");
  return 0;
}

}  // namespace parley::bench
