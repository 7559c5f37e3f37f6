// Random positions, each at most once.
#pragma once

#include <cstddef>
#include <parley/codecs/resp/server/keyspace_shared.hpp>
#include <unordered_set>

namespace parley::resp {

// Calls `visit(position)` for `count` different positions below `size`; every choice is
// equally likely, their order is not. `count` is at most `size`.
template <class Visit>
void sample(random_bits& random, std::size_t size, std::size_t count, Visit visit) {
  if (count < size / 16) {
    // Floyd's way, for few among many: one draw for each, and what is taken already is
    // replaced by the last position so far.
    std::unordered_set<std::size_t> taken;
    for (std::size_t last = size - count; last < size; ++last) {
      const std::size_t drawn = random.below(last + 1);
      const std::size_t chosen = taken.insert(drawn).second ? drawn : last;
      if (chosen == last) taken.insert(last);
      visit(chosen);
    }
    return;
  }
  // One pass: each is taken with the probability that what is still needed demands.
  for (std::size_t i = 0; count != 0; ++i) {
    if (random.below(size - i) >= count) continue;
    visit(i);
    --count;
  }
}

}  // namespace parley::resp
