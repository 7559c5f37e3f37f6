// What the RESP benchmarks decode and encode, the same for every peer.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace parley::bench {

// Bytes as a server sends them, and how many replies they are.
struct workload {
  std::string_view name;
  std::string bytes;
  std::size_t replies;
};

workload decode_ok();          // 1,024 pipelined +OK
workload decode_int();         // 512 integers of 7 digits
workload decode_bulk_16();     // 512 strings of 16 bytes
workload decode_bulk_1k();     // 64 strings of 1 KiB
workload decode_bulk_1m();     // one string of 1 MiB
workload decode_xreadgroup();  // one reply: 100 entries of 4 fields, 1,104 nodes
workload decode_map();         // RESP3: 64 maps of 10 pairs
workload decode_push();        // RESP3: 128 messages of a subscription, 64 bytes each

// SET with a key of 16 bytes and a value of this many.
struct set_command {
  explicit set_command(std::size_t value_size) : value(value_size, 'v') {}

  std::array<std::string_view, 3> arguments() const { return {"SET", "user:00001234:id", value}; }

  std::string value;
};

}  // namespace parley::bench
