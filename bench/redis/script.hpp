// What the clients say to the server: SET and GET in turn, of 16 bytes each, the same
// for every peer. Each GET must answer what the SET before it has written.
#pragma once

#include <cstddef>
#include <parley/core/value/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/wrong.hpp"

namespace parley::bench {

struct step {
  bool is_set = false;
  std::string key;   // 16 bytes
  std::string text;  // 16 bytes: what SET writes, what GET must answer
  value as_value;    // the same for redis_provider
};

// What is sent together; the next batch follows when every reply of it has come.
using batch = std::vector<step>;

// Batches of `depth` commands, to be sent one after the other and then from the front
// again. Values differ from batch to batch, so that a stale answer shows.
std::vector<batch> make_script(std::size_t depth);

// True if `reply` is what the command must answer; for SET it is "OK".
inline bool is_right(const step& s, std::string_view reply) {
  return reply == (s.is_set ? std::string_view("OK") : std::string_view(s.text));
}

}  // namespace parley::bench
