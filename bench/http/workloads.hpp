// What the HTTP benchmarks parse, the same for every peer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parley::bench {

// What a peer has seen in all messages of one pass: sums, so that a peer that reads something
// else than the others, or leaves something out, does not go unnoticed.
struct seen {
  std::size_t messages = 0;
  std::size_t code = 0;     // of each GET 1, of each POST 2, of each response its status
  std::size_t target = 0;   // bytes of targets, or of reasons
  std::size_t headers = 0;  // their number
  std::size_t text = 0;     // bytes of their names and values
  std::size_t body = 0;     // bytes of bodies

  friend bool operator==(const seen&, const seen&) = default;
};

constexpr std::size_t code_of(std::string_view method) noexcept {
  return method == "GET" ? 1 : method == "POST" ? 2 : 0;
}

struct workload {
  std::string_view name;
  bool is_response = false;
  std::size_t pieces = 1;  // in how many each message arrives
  std::vector<std::string> messages{};
  seen expected{};
};

workload parse_get_40();        // the least that is allowed
workload parse_get_703();       // a browser's GET with 9 fields
workload parse_post_1k();       // 5 fields and 1 KiB of JSON
workload parse_response();      // 9 fields and 13 bytes
workload parse_mixed_256();     // 256 GETs, each another: no branch history helps
workload parse_get_703_cut4();  // the browser's GET in four pieces

}  // namespace parley::bench
