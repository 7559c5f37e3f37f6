// Needs the room resp alone: no loop, no JSON, no socket.
#include <array>
#include <cstdio>
#include <parley/codecs/resp/decoder.hpp>
#include <parley/core/version.hpp>

int main() {
  const auto bytes = parley::as_bytes("*2\r\n$5\r\nhello\r\n:42\r\n");
  parley::resp::decoder decoder;
  std::array<parley::resp::node, 16> nodes;
  const auto r = decoder.decode(bytes, nodes);
  std::printf("parley %s: %zu nodes\n", parley::version.data(), r.count);
  return r.count == 3 && r.consumed == bytes.size() ? 0 : 1;
}
