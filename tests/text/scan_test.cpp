#include <parley/core/text/scan.hpp>

#include "levels.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace parley {
namespace {

// In an allocation of exactly its size, so that ASan sees a byte read beyond it.
std::size_t find_exactly(std::string_view text, char a, char b) {
  const std::vector<char> copy(text.begin(), text.end());
  return text::find_either(as_bytes({copy.data(), copy.size()}), a, b);
}

std::size_t or_size(std::size_t found, std::string_view text) {
  return found == std::string_view::npos ? text.size() : found;
}

TEST(find_either, one_needle_at_every_place) {
  test::at_every_level([] {
    for (std::size_t size = 0; size <= 200; ++size) {
      std::string text(size, '.');
      ASSERT_EQ(find_exactly(text, 'a', 'b'), size);
      for (std::size_t at = 0; at < size; ++at) {
        text[at] = at % 2 == 0 ? 'a' : 'b';
        ASSERT_EQ(find_exactly(text, 'a', 'b'), at) << size;
        text[at] = '.';
      }
    }
  });
}

// The byte behind `c` in value, the one before it, or one that differs by half.
char similar(char c, std::size_t way) {
  constexpr int steps[] = {1, -1, 128};
  return static_cast<char>(c + steps[way]);
}

// Bytes beside the needle in value are what tricks with words get wrong.
TEST(find_either, first_of_many_among_similar_bytes) {
  test::at_every_level([] {
    std::mt19937 random(11);
    for (int round = 0; round < 20000; ++round) {
      const char a = static_cast<char>(random());
      const char b = static_cast<char>(random());
      std::string text(random() % 150, '\0');
      for (char& c : text) c = similar(random() % 2 ? a : b, random() % 3);
      for (std::size_t n = random() % 4; n != 0 && !text.empty(); --n) {
        text[random() % text.size()] = random() % 2 ? a : b;
      }
      const char both[] = {a, b};
      const auto found = text.find_first_of(std::string_view(both, 2));
      ASSERT_EQ(find_exactly(text, a, b), or_size(found, text));
    }
  });
}

TEST(find_crlf, agrees_with_a_plain_search) {
  std::mt19937 random(12);
  for (int round = 0; round < 50000; ++round) {
    std::string text(random() % 120, 'x');
    for (std::size_t n = random() % 6; n != 0 && !text.empty(); --n) {
      text[random() % text.size()] = random() % 2 ? '\r' : '\n';
    }
    ASSERT_EQ(text::find_crlf(as_bytes(text)), or_size(text.find("\r\n"), text));
  }
}

TEST(find_crlf, needs_both_bytes) {
  EXPECT_EQ(text::find_crlf({}), 0u);
  EXPECT_EQ(text::find_crlf(as_bytes("\r")), 1u);
  EXPECT_EQ(text::find_crlf(as_bytes("abc\r")), 4u);
  EXPECT_EQ(text::find_crlf(as_bytes("abc\n\r")), 5u);
  EXPECT_EQ(text::find_crlf(as_bytes("\r\r\n")), 1u);
}

TEST(levels, there_is_at_least_one_and_it_has_a_name) {
  EXPECT_GE(text::detail::level_count(), 1u);
  EXPECT_FALSE(text::detail::level_name(0).empty());
  EXPECT_TRUE(text::detail::level_name(text::detail::level_count()).empty());
}

}  // namespace
}  // namespace parley
