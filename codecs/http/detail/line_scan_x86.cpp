// The scanners for x86-64. One file with a target region for each level: files compiled with
// flags of their own would let a high level's copy of an inline function win at link time.
#include <parley/codecs/http/detail/line_scan.hpp>
#include <parley/codecs/http/head_decoder.hpp>

#if defined(__x86_64__)
#include <immintrin.h>

// Functions below are compiled for the level that is named, whatever the build's flags are.
#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 takes the vectors that its own intrinsics leave undefined for mistakes.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#define PARLEY_PRAGMA(...) _Pragma(#__VA_ARGS__)
#if defined(__clang__)
#define PARLEY_BEGIN_LEVEL(features) \
  PARLEY_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define PARLEY_END_LEVEL PARLEY_PRAGMA(clang attribute pop)
#else
#define PARLEY_BEGIN_LEVEL(features) \
  PARLEY_PRAGMA(GCC push_options) PARLEY_PRAGMA(GCC target(features))
#define PARLEY_END_LEVEL PARLEY_PRAGMA(GCC pop_options)
#endif

namespace parley::http::detail {
namespace {

// Bit r of entry l: the character r*16+l is a token character (RFC 9110 section 5.6.2), or in
// the rows 0 and 1, which have none, a control character that no line may hold.
alignas(16) constexpr std::array<unsigned char, 16> low_nibbles = [] {
  std::array<unsigned char, 16> table{};
  for (unsigned c = 0; c < 128; ++c) {
    const bool is_alnum =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    bool is_mark = false;
    for (const char mark :
         {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
      is_mark = is_mark || c == static_cast<unsigned char>(mark);
    }
    const bool is_control = c < 0x20 && c != '\t' && c != '\r' && c != '\n';
    if (is_alnum || is_mark || is_control) {
      table[c & 15] = static_cast<unsigned char>(table[c & 15] | (1U << (c >> 4)));
    }
  }
  return table;
}();

}  // namespace

// --- 16 and 32 bytes at a time ----------------------------------------------------------

PARLEY_BEGIN_LEVEL("ssse3")
namespace ssse3 {
namespace {

struct masks {
  std::uint64_t token, control, cr, lf;
};
struct piece {
  static constexpr std::size_t width = 16;
  __m128i bytes;
  static piece load(const char* from) noexcept {
    return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))};
  }
  std::uint64_t equal(char c) const noexcept {
    return bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
  }
  // Rows of low_nibbles that hold the character: one bit, or none.
  __m128i row() const noexcept {
    const __m128i low = _mm_load_si128(reinterpret_cast<const __m128i*>(low_nibbles.data()));
    const __m128i high = _mm_set_epi8(0, 0, 0, 0, 0, 0, 0, 0, -128, 64, 32, 16, 8, 4, 2, 1);
    const __m128i upper = _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15));
    return _mm_and_si128(_mm_shuffle_epi8(low, bytes), _mm_shuffle_epi8(high, upper));
  }
  void classify(masks& m) const noexcept {
    const __m128i in = row(), none = _mm_setzero_si128();
    const __m128i no_token = _mm_cmpeq_epi8(_mm_and_si128(in, _mm_set1_epi8(-4)), none);
    const __m128i fine = _mm_cmpeq_epi8(_mm_and_si128(in, _mm_set1_epi8(3)), none);
    m = {bits(no_token) ^ 0xffff, (bits(fine) ^ 0xffff) | equal(0x7f), equal('\r'), equal('\n')};
  }
  static std::uint64_t bits(__m128i v) noexcept {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(v));
  }
};

// Any number if there is none.
[[gnu::always_inline]] inline std::size_t first_bit(std::uint64_t bits) noexcept {
  return bits == 0 ? 0 : static_cast<std::size_t>(__builtin_ctzll(bits));
}

#include <parley/codecs/http/detail/line_scan_pieces.inc>
#include <parley/codecs/http/detail/line_scan_tier.inc>

}  // namespace
}  // namespace ssse3
PARLEY_END_LEVEL

PARLEY_BEGIN_LEVEL("avx2,bmi,bmi2,lzcnt,popcnt")
namespace avx2 {
namespace {

struct masks {
  std::uint64_t token, control, cr, lf;
};
struct piece {
  static constexpr std::size_t width = 32;
  __m256i bytes;
  static piece load(const char* from) noexcept {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))};
  }
  __m256i same(char c) const noexcept { return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c)); }
  __m256i row() const noexcept {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(low_nibbles.data()));
    const __m128i high = _mm_set_epi8(0, 0, 0, 0, 0, 0, 0, 0, -128, 64, 32, 16, 8, 4, 2, 1);
    const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
    return _mm256_and_si256(_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(low), bytes),
                            _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(high), upper));
  }
  void classify(masks& m) const noexcept {
    const __m256i in = row(), none = _mm256_setzero_si256();
    const __m256i no_token = _mm256_cmpeq_epi8(_mm256_and_si256(in, _mm256_set1_epi8(-4)), none);
    const __m256i fine = _mm256_cmpeq_epi8(_mm256_and_si256(in, _mm256_set1_epi8(3)), none);
    const __m256i control =
        _mm256_or_si256(_mm256_xor_si256(fine, _mm256_set1_epi8(-1)), same(0x7f));
    m = {bits(no_token) ^ 0xffffffff, bits(control), bits(same('\r')), bits(same('\n'))};
  }
  static std::uint64_t bits(__m256i v) noexcept {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(v));
  }
};

[[gnu::always_inline]] inline std::size_t first_bit(std::uint64_t bits) noexcept {
  return _tzcnt_u64(bits);
}

#include <parley/codecs/http/detail/line_scan_pieces.inc>
#include <parley/codecs/http/detail/line_scan_tier.inc>

}  // namespace
}  // namespace avx2
PARLEY_END_LEVEL

// --- 64 bytes at a time ------------------------------------------------------------------

PARLEY_BEGIN_LEVEL("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi,bmi2,lzcnt,popcnt")
namespace avx512 {
namespace {

struct masks {
  std::uint64_t token, control, cr, lf;
};

// Bit 0: a token character, bit 1: a forbidden control character.
constexpr std::array<unsigned char, 128> classes = [] {
  std::array<unsigned char, 128> table{};
  for (unsigned c = 0; c < 128; ++c) {
    const bool in_row = ((low_nibbles[c & 15] >> (c >> 4)) & 1) != 0;
    if (in_row) table[c] = c < 0x20 ? 2 : 1;
  }
  table[0x7f] = 2;
  return table;
}();

[[gnu::always_inline]] inline masks classify(__m512i v) noexcept {
  const __m512i low = _mm512_loadu_si512(classes.data());
  const __m512i high = _mm512_loadu_si512(classes.data() + 64);
  const __m512i kind = _mm512_permutex2var_epi8(low, v, high);
  // The permutation looks at seven bits only.
  const std::uint64_t ascii = ~_cvtmask64_u64(_mm512_movepi8_mask(v));
  return {_cvtmask64_u64(_mm512_test_epi8_mask(kind, _mm512_set1_epi8(1))) & ascii,
          _cvtmask64_u64(_mm512_test_epi8_mask(kind, _mm512_set1_epi8(2))) & ascii,
          _cvtmask64_u64(_mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\r'))),
          _cvtmask64_u64(_mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\n')))};
}

[[gnu::always_inline]] inline masks whole_block(const char* from) noexcept {
  return classify(_mm512_loadu_si512(from));
}

// Masked loads do not fault on what they leave out. Spaces are no token, no control, no line end.
[[gnu::always_inline]] inline masks part_of_block(const char* from, std::size_t size) noexcept {
  const __mmask64 there = _bzhi_u64(~0ULL, static_cast<unsigned>(size));
  return classify(_mm512_mask_loadu_epi8(_mm512_set1_epi8(' '), there, from));
}

alignas(64) constexpr std::array<unsigned char, 64> counting = [] {
  std::array<unsigned char, 64> table{};
  for (unsigned i = 0; i < 64; ++i) table[i] = static_cast<unsigned char>(i);
  return table;
}();

// A sound block has at most 32: more are counted and not written, which only faults have.
[[gnu::always_inline]] inline std::uint16_t* put_positions(std::uint16_t* to, std::uint64_t bits,
                                                           std::size_t at) noexcept {
  const __m512i found =
      _mm512_maskz_compress_epi8(_cvtu64_mask64(bits), _mm512_load_si512(counting.data()));
  const __m512i wide = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(found));
  _mm512_storeu_si512(to, _mm512_add_epi16(wide, _mm512_set1_epi16(static_cast<short>(at))));
  return to + __builtin_popcountll(bits);
}

#include <parley/codecs/http/detail/line_scan_tier.inc>

}  // namespace
}  // namespace avx512
PARLEY_END_LEVEL

const scanners* find_scanners(scan_level most) noexcept {
  __builtin_cpu_init();
  if (most >= scan_level::avx512 && __builtin_cpu_supports("avx512vbmi2") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("bmi2")) {
    return &avx512::all;
  }
  if (most >= scan_level::avx2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
      __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt")) {
    return &avx2::all;
  }
  if (most >= scan_level::ssse3 && __builtin_cpu_supports("ssse3")) return &ssse3::all;
  return nullptr;
}

}  // namespace parley::http::detail
#else
namespace parley::http::detail {

const scanners* find_scanners(scan_level) noexcept { return nullptr; }

}  // namespace parley::http::detail
#endif
