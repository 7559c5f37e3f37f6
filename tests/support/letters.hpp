// Text of any size, in which no part is like another: what is lost, doubled or moved is seen. It
// compresses a little.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace parley::test {

inline std::string letters(std::size_t size, std::uint32_t seed = 1) {
  std::string text(size, 'a');
  for (char& c : text) c = static_cast<char>('@' + ((seed = seed * 1664525 + 1013904223) >> 27));
  return text;
}

}  // namespace parley::test
