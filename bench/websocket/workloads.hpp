// What the benchmarks of WebSocket decode, the same for every peer: what a server gets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::bench {

// What a peer has found: it must look at each message, and all must find the same.
struct seen {
  std::size_t messages = 0;
  std::size_t texts = 0;
  std::size_t bytes = 0;
  std::size_t ends = 0;  // the first and the last byte of each

  friend bool operator==(const seen&, const seen&) = default;

  void add(bool is_text, std::string_view payload) {
    ++messages;
    texts += is_text ? 1 : 0;
    bytes += payload.size();
    ends +=
        static_cast<unsigned char>(payload.front()) + static_cast<unsigned char>(payload.back());
  }
};

// Masked frames, each a message.
struct workload {
  std::string name;
  std::string bytes;
  seen expected;
};

// How much comes at once, as from a socket.
inline constexpr std::size_t receive_size = 64 * 1024;

// text: JSON in ASCII; binary: any bytes; utf8: Latin, Cyrillic, CJK and emoji.
enum class content : std::uint8_t { text, binary, utf8 };

struct size_class {
  std::string_view name;
  std::size_t payload;
  std::size_t frames;
};
inline constexpr std::array<size_class, 5> sizes = {
    {{"16", 16, 64}, {"125", 125, 32}, {"1k", 1024, 8}, {"64k", 65504, 1}, {"1m", 1 << 20, 1}}};

workload make_workload(content what, const size_class& size);

}  // namespace parley::bench
