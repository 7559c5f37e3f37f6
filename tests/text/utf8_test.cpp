#include <parley/core/text/utf8.hpp>

#include "levels.hpp"
#include "naive_utf8.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace parley {
namespace {

using test::naive_utf8;
using test::utf8_verdict;

bool naively_valid(std::string_view text) { return naive_utf8(text) == utf8_verdict::valid; }

// In an allocation of exactly its size, so that ASan sees a byte read beyond it.
bool validate_exactly(std::string_view text) {
  const std::vector<char> copy(text.begin(), text.end());
  return text::valid_utf8(std::string_view(copy.data(), copy.size()));
}

// The judge is judged by the table of RFC 3629 section 4, written out.
TEST(naive_utf8, agrees_with_the_grammar) {
  const auto between = [](int byte, int low, int high) { return byte >= low && byte <= high; };
  for (int a = 0x80; a < 0x100; ++a) {
    for (int b = 0; b < 0x100; ++b) {
      const bool two = between(a, 0xC2, 0xDF) && between(b, 0x80, 0xBF);
      const bool three = (a == 0xE0 && between(b, 0xA0, 0xBF)) ||
                         (between(a, 0xE1, 0xEC) && between(b, 0x80, 0xBF)) ||
                         (a == 0xED && between(b, 0x80, 0x9F)) ||
                         (between(a, 0xEE, 0xEF) && between(b, 0x80, 0xBF));
      const bool four = (a == 0xF0 && between(b, 0x90, 0xBF)) ||
                        (between(a, 0xF1, 0xF3) && between(b, 0x80, 0xBF)) ||
                        (a == 0xF4 && between(b, 0x80, 0x8F));
      const std::string pair{static_cast<char>(a), static_cast<char>(b)};
      const auto expected = two             ? utf8_verdict::valid
                            : three || four ? utf8_verdict::incomplete
                                            : utf8_verdict::invalid;
      ASSERT_EQ(naive_utf8(pair), expected) << a << " " << b;
    }
  }
}

// One byte of each class that the grammar distinguishes, and its neighbours.
const std::vector<std::uint8_t>& class_bytes() {
  static const std::vector<std::uint8_t> bytes{0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                               0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
                                               0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5,
                                               0xF7, 0xF8, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF};
  return bytes;
}

template <class Visit>
void all_class_sequences(std::size_t length, Visit visit) {
  const auto& bytes = class_bytes();
  std::vector<std::size_t> index(length, 0);
  for (;;) {
    std::string text;
    for (const std::size_t i : index) text.push_back(static_cast<char>(bytes[i]));
    visit(text);
    std::size_t digit = 0;
    while (digit < length && ++index[digit] == bytes.size()) index[digit++] = 0;
    if (digit == length) return;
  }
}

// Every sequence of up to four classes: alone, and where it crosses the edge of
// the first vector or ends the text.
TEST(utf8, all_sequences_of_classes) {
  test::at_every_level([] {
    for (std::size_t length = 1; length <= 4; ++length) {
      std::size_t wrong = 0;
      std::string padded(40, 'p');
      all_class_sequences(length, [&](const std::string& text) {
        const bool expected = naively_valid(text);
        wrong += text::valid_utf8(text) != expected;
        padded.replace(14, length, text);
        wrong += text::valid_utf8(padded) != expected;
        wrong += text::valid_utf8(std::string_view(padded).substr(0, 14 + length)) != expected;
      });
      ASSERT_EQ(wrong, 0u) << length;
    }
  });
}

// All two- and three-byte sequences whatever, at the place where vectors meet.
TEST(utf8, all_sequences_of_three_bytes) {
  std::size_t wrong = 0;
  std::string text = std::string(15, 'x') + "..." + std::string(14, 'y');
  for (unsigned number = 0; number < 1u << 24; number += 1) {
    // ASCII in front says nothing that the class test has not said.
    if ((number >> 16) < 0x80) number |= 0x80u << 16;
    text[15] = static_cast<char>(number >> 16);
    text[16] = static_cast<char>(number >> 8 & 0xFF);
    text[17] = static_cast<char>(number & 0xFF);
    wrong += text::valid_utf8(text) != naively_valid(std::string_view(text).substr(15, 3));
  }
  EXPECT_EQ(wrong, 0u);
}

// Every code point alone in its shortest form, and every number that is none.
TEST(utf8, all_code_points) {
  const auto encode = [](std::uint32_t c) {
    const auto byte = [](std::uint32_t bits) { return static_cast<char>(bits); };
    const auto low = [&](int shift) { return byte(0x80 | (c >> shift & 0x3F)); };
    if (c < 0x80) return std::string{byte(c)};
    if (c < 0x800) return std::string{byte(0xC0 | c >> 6), low(0)};
    if (c < 0x10000) return std::string{byte(0xE0 | c >> 12), low(6), low(0)};
    return std::string{byte(0xF0 | c >> 18), low(12), low(6), low(0)};
  };
  std::size_t wrong = 0;
  for (std::uint32_t c = 0; c < 0x200000; ++c) {
    const bool allowed = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
    wrong += text::valid_utf8(encode(c)) != allowed;
  }
  EXPECT_EQ(wrong, 0u);
}

// Characters of all lengths and, often, ASCII between them.
std::string random_text(std::mt19937& random, std::size_t size) {
  static const char* const characters[] = {"\xC3\xA9",     "\xE2\x82\xAC",     "\xF0\x9F\x98\x80",
                                           "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF", "\xEE\x80\x80"};
  std::string text;
  const std::size_t ascii = random() % 8;
  while (text.size() < size) {
    if (random() % 8 < ascii) {
      text.append(random() % 90, static_cast<char>('a' + random() % 26));
    } else {
      text += characters[random() % std::size(characters)];
    }
  }
  text.resize(size);
  while (naive_utf8(text) != utf8_verdict::valid) text.back() = 'z', text.pop_back();
  text.resize(size, 'z');
  return text;
}

TEST(utf8, whole_texts_of_every_length) {
  test::at_every_level([] {
    std::mt19937 random(3629);
    for (std::size_t size = 0; size <= 700; ++size) {
      const std::string text = random_text(random, size);
      ASSERT_TRUE(validate_exactly(text)) << size;
      if (size == 0) continue;
      // One byte changed, and cut inside the last character.
      std::string broken = text;
      const std::size_t at = random() % size;
      broken[at] = static_cast<char>(class_bytes()[random() % class_bytes().size()]);
      ASSERT_EQ(validate_exactly(broken), naively_valid(broken)) << size << " " << at;
      const std::string_view cut = std::string_view(text).substr(0, random() % size);
      ASSERT_EQ(validate_exactly(cut), naively_valid(cut)) << size;
    }
  });
}

// One fault at every place of texts that are longer than four of any vectors.
TEST(utf8, a_fault_is_found_wherever_it_is) {
  test::at_every_level([] {
    std::mt19937 random(1);
    for (const bool ascii : {true, false}) {
      const std::string text = ascii ? std::string(900, 'a') : random_text(random, 900);
      for (std::size_t at = 0; at < text.size(); ++at) {
        for (const char fault : {'\xFF', '\x80', '\xC3', '\xE2', '\xF0'}) {
          std::string broken = text;
          broken[at] = fault;
          ASSERT_EQ(validate_exactly(broken), naively_valid(broken)) << at;
        }
      }
    }
  });
}

// A character that is cut off just before ASCII that is skipped in large steps.
TEST(utf8, ascii_behind_a_cut_character) {
  test::at_every_level([] {
    for (const std::string_view cut : {"\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xF0\x9F", "\xE2"}) {
      for (std::size_t before = 0; before < 300; ++before) {
        const std::string text =
            std::string(before, 'b') + std::string(cut) + std::string(600, 'c');
        ASSERT_FALSE(text::valid_utf8(text)) << before;
      }
    }
  });
}

TEST(utf8_validator, is_a_few_bytes) { EXPECT_LE(sizeof(text::utf8_validator), 4u); }

// Feeds the pieces; what feed() says must be the verdict on everything so far.
void check_pieces(std::string_view text, const std::vector<std::size_t>& cuts) {
  text::utf8_validator check;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : text.size();
    const bool alive = check.feed(as_bytes(text.substr(begin, end - begin)));
    const auto verdict = naive_utf8(text.substr(0, end));
    ASSERT_EQ(alive, verdict != utf8_verdict::invalid) << end;
    if (alive) {
      ASSERT_EQ(check.incomplete(), verdict == utf8_verdict::incomplete) << end;
    }
    begin = end;
  }
  ASSERT_EQ(check.finish(), naively_valid(text));
  ASSERT_TRUE(check.feed(as_bytes("a new text")));
  ASSERT_TRUE(check.finish());
}

TEST(utf8_validator, all_sequences_at_every_split) {
  for (std::size_t length = 1; length <= 3; ++length) {
    all_class_sequences(length, [&](const std::string& text) {
      const std::string longer = "ab" + text + "cd";
      for (std::size_t a = 0; a <= longer.size(); ++a) {
        for (std::size_t b = a; b <= longer.size(); ++b) check_pieces(longer, {a, b});
      }
    });
  }
}

TEST(utf8_validator, every_four_byte_sequence_byte_by_byte) {
  all_class_sequences(4, [](const std::string& text) { check_pieces(text, {1, 2, 3}); });
}

TEST(utf8_validator, random_texts_at_random_splits) {
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    std::string text = random_text(random, random() % 600);
    if (!text.empty() && round % 2 == 0) {
      text[random() % text.size()] =
          static_cast<char>(class_bytes()[random() % class_bytes().size()]);
    }
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; (at += random() % 200) <= text.size();) cuts.push_back(at);
    check_pieces(text, cuts);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(utf8_validator, stays_failed_until_it_is_finished) {
  text::utf8_validator check;
  EXPECT_FALSE(check.feed(as_bytes("\xFF")));
  EXPECT_FALSE(check.feed(as_bytes("fine")));
  EXPECT_FALSE(check.feed({}));
  EXPECT_FALSE(check.finish());
  EXPECT_TRUE(check.finish());
}

// RFC 6455 section 8.1 wants the connection failed: early, not at the end.
TEST(utf8_validator, fails_inside_a_character_that_cannot_end_well) {
  for (const std::string_view text : {"\xE0\x9F", "\xED\xA0", "\xF0\x8F", "\xF4\x90", "\xC1"}) {
    text::utf8_validator check;
    EXPECT_FALSE(check.feed(as_bytes(text)));
  }
}

}  // namespace
}  // namespace parley
