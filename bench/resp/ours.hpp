// Our codec as the benchmarks and the instruction count drive it.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include <parley/codecs/resp/decoder.hpp>
#include <parley/codecs/resp/encoder.hpp>

namespace parley::bench {

struct our_decoder {
  resp::decoder decoder;
  std::array<resp::node, 128> nodes;

  // Decodes everything and looks at each node, as a user would. The number of
  // whole replies.
  std::size_t decode(std::string_view bytes) {
    std::size_t replies = 0;
    resp::decode_result r;
    do {
      r = decoder.decode(as_bytes(bytes), nodes);
      bytes.remove_prefix(r.consumed);
      for (const resp::node& n : std::span(nodes).first(r.count)) replies += n.is_last();
    } while (r.status == resp::decode_status::ok);
    return bytes.empty() ? replies : 0;
  }
};

struct our_encoder {
  std::array<std::byte, 2048> buffer;

  std::size_t encode(std::span<const std::string_view> arguments) {
    if (resp::command_bound(arguments) > buffer.size()) return 0;
    return static_cast<std::size_t>(resp::put_command(buffer.data(), arguments) - buffer.data());
  }
};

}  // namespace parley::bench
