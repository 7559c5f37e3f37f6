#include <bit>
#include <cstring>
#include <parley/core/hash_seed.hpp>

namespace parley {
namespace {

struct sip_state {
  std::uint64_t a, b, c, d;

  void round() noexcept {
    a += b;
    c += d;
    b = std::rotl(b, 13) ^ a;
    d = std::rotl(d, 16) ^ c;
    a = std::rotl(a, 32);
    c += b;
    a += d;
    b = std::rotl(b, 17) ^ c;
    d = std::rotl(d, 21) ^ a;
    c = std::rotl(c, 32);
  }

  void add(std::uint64_t word, int rounds) noexcept {
    d ^= word;
    for (int i = 0; i < rounds; ++i) round();
    a ^= word;
  }
};

// Up to eight bytes as a number, the first byte lowest.
std::uint64_t word_at(const char* from, std::size_t bytes) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, bytes);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

inline std::uint64_t hash(std::string_view text, const hash_seed& seed, int rounds,
                          int final_rounds) noexcept {
  // The constants of the specification spell "somepseudorandomlygeneratedbytes".
  sip_state state{seed.first ^ 0x736f6d6570736575U, seed.second ^ 0x646f72616e646f6dU,
                  seed.first ^ 0x6c7967656e657261U, seed.second ^ 0x7465646279746573U};
  std::size_t at = 0;
  for (; text.size() - at >= 8; at += 8) state.add(word_at(text.data() + at, 8), rounds);
  // The last word carries the length, so that trailing zeros count.
  const std::uint64_t length = static_cast<std::uint64_t>(text.size()) << 56;
  const std::size_t rest = text.size() - at;
  state.add(length | (rest == 0 ? 0 : word_at(text.data() + at, rest)), rounds);
  state.c ^= 0xff;
  for (int i = 0; i < final_rounds; ++i) state.round();
  return state.a ^ state.b ^ state.c ^ state.d;
}

}  // namespace

std::uint64_t hash_of(std::string_view text, const hash_seed& seed) noexcept {
  return hash(text, seed, 1, 3);
}

std::uint64_t detail::sip_hash(std::string_view text, const hash_seed& seed, int rounds,
                               int final_rounds) noexcept {
  return hash(text, seed, rounds, final_rounds);
}

}  // namespace parley
