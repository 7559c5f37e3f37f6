// Which two neighbouring bytes cannot be UTF-8, as three tables of sixteen.
//
// Every rule below says: the first byte has one of these high and one of these
// low halves, and the second byte one of these high halves. So a pair breaks a
// rule exactly if the rule's bit is set in one entry of each table, and one
// vector instruction looks up as many bytes as it is wide. (The idea is Keiser's
// and Lemire's, "Validating UTF-8 in less than one instruction per byte", 2021.)
//
// Internal to core/text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace parley::text::detail {

struct utf8_tables {
  // Indexed by the first byte's high half, its low half, the second's high half.
  alignas(16) std::array<std::uint8_t, 16> first_high{};
  alignas(16) std::array<std::uint8_t, 16> first_low{};
  alignas(16) std::array<std::uint8_t, 16> second_high{};
};

// Two continuation bytes in a row. Alone among the rules it is no fault by
// itself: it is one unless a lead of three or four bytes stands before them.
inline constexpr std::uint8_t two_continuations = 0x80;

consteval utf8_tables make_utf8_tables() {
  // Sets of halves: bit n stands for the half n.
  constexpr unsigned any = 0xFFFF;
  constexpr unsigned ascii = 0x00FF;
  constexpr unsigned continuation = 0x0F00;
  constexpr unsigned lead = 0xF000;
  constexpr auto only = [](auto... halves) { return (0u | ... | (1u << halves)); };
  constexpr auto from = [](int half) { return 0xFFFFu & ~((1u << half) - 1u); };

  struct rule {
    unsigned first_high, first_low, second_high;
  };
  constexpr std::array<rule, 8> rules{{
      {lead, any, ascii | lead},                // a character ends too early
      {ascii, any, continuation},               // it goes on too long
      {only(0xC), only(0, 1), continuation},    // overlong: two bytes for ASCII
      {only(0xE), only(0), only(8, 9)},         // overlong: below U+0800
      {only(0xE), only(0xD), only(0xA, 0xB)},   // surrogates
      {only(0xF), from(4), only(9, 0xA, 0xB)},  // above U+10FFFF
      {only(0xF), only(0) | from(5), only(8)},  // overlong, or F5 and above
      {continuation, any, continuation},        // two_continuations
  }};

  utf8_tables made;
  for (std::size_t bit = 0; bit < rules.size(); ++bit) {
    for (unsigned half = 0; half < 16; ++half) {
      const auto entry = [&](unsigned set) {
        return static_cast<std::uint8_t>((set >> half & 1u) << bit);
      };
      made.first_high[half] |= entry(rules[bit].first_high);
      made.first_low[half] |= entry(rules[bit].first_low);
      made.second_high[half] |= entry(rules[bit].second_high);
    }
  }
  return made;
}

}  // namespace parley::text::detail
