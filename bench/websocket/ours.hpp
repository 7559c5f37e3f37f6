// Our decoder as the benchmarks and the instruction count drive it.
#pragma once

#include <algorithm>
#include <cstring>
#include <parley/codecs/websocket/decoder.hpp>
#include <vector>

#include "workloads.hpp"

namespace parley::bench {

class our_reader {
 public:
  explicit our_reader(const workload& w) : work_(w), buffer_(w.bytes.size()) {}

  const seen& due() const noexcept { return work_.expected; }

  // A large message is left whole in the buffer: its pieces lie behind each other.
  seen read() {
    seen all;
    std::size_t taken = 0;
    for (std::size_t have = 0; have < work_.bytes.size();) {
      const std::size_t n = std::min(receive_size, work_.bytes.size() - have);
      std::memcpy(buffer_.data() + have, work_.bytes.data() + have, n);
      have += n;
      taken += take(std::span(buffer_).subspan(taken, have - taken), all);
    }
    return all;
  }

 private:
  std::size_t take(std::span<std::byte> in, seen& all) {
    const std::size_t size = in.size();
    for (;;) {
      const websocket::part p = decoder_.next(in);
      in = in.subspan(p.consumed);
      if (p.what != websocket::part_kind::data) return size - in.size();
      if (p.first) begin_ = p.data.data();
      if (!p.last) continue;
      const std::byte* const end = p.data.data() + p.data.size();
      all.add(p.type == websocket::opcode::text, as_text({begin_, end}));
    }
  }

  const workload& work_;
  std::vector<std::byte> buffer_;
  websocket::limits bounds_;
  websocket::decoder decoder_{websocket::role::server, bounds_, false};
  const std::byte* begin_ = nullptr;  // of the message
};

}  // namespace parley::bench
