// Hashing of keys with a secret: without it a peer could choose keys that fall into one slot and
// make every table a list.
#pragma once

#include <cstdint>
#include <parley/core/random.hpp>
#include <span>
#include <string_view>

namespace parley {

// Sixteen bytes that peers cannot know. Drawn once per server, from the loop's random source; fixed
// in tests.
struct hash_seed {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

inline hash_seed draw_seed(random_source& from) {
  hash_seed drawn;
  from.random(std::as_writable_bytes(std::span(&drawn, 1)));
  return drawn;
}

// SipHash-1-3 of the text: fast for short keys, and without the seed nobody can build
// collisions.
std::uint64_t hash_of(std::string_view text, const hash_seed& seed) noexcept;

namespace detail {

// SipHash with a chosen number of rounds; the published vectors are those of 2 and 4.
std::uint64_t sip_hash(std::string_view text, const hash_seed& seed, int rounds,
                       int final_rounds) noexcept;

}  // namespace detail
}  // namespace parley
