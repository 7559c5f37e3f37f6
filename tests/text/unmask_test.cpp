#include <parley/core/text/unmask.hpp>

#include "levels.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace parley {
namespace {

constexpr std::array<std::byte, 4> key{std::byte{0x37}, std::byte{0xFA}, std::byte{0x21},
                                       std::byte{0x3D}};

std::vector<std::byte> random_bytes(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

// RFC 6455 section 5.7, "a single-frame masked text message".
TEST(unmask, example_of_the_specification) {
  std::array<std::byte, 5> hello{std::byte{0x7F}, std::byte{0x9F}, std::byte{0x4D}, std::byte{0x51},
                                 std::byte{0x58}};
  text::unmask(hello, key);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(hello.data()), 5), "Hello");
}

// All lengths, alignments and offsets; nothing beside the bytes is touched.
TEST(unmask, every_length_alignment_and_offset) {
  test::at_every_level([] {
    for (std::size_t size = 0; size <= 300; ++size) {
      for (std::size_t alignment = 0; alignment < 64; ++alignment) {
        const std::size_t offset = alignment % 7;
        auto bytes = random_bytes(size + 128);
        auto expected = bytes;
        for (std::size_t i = 0; i < size; ++i) expected[alignment + i] ^= key[(offset + i) % 4];
        text::unmask(std::span(bytes).subspan(alignment, size), key, offset);
        ASSERT_TRUE(bytes == expected) << size << " at " << alignment;
      }
    }
  });
}

bool is_ascii(std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) {
    if ((byte & std::byte{0x80}) != std::byte{}) return false;
  }
  return true;
}

// The bytes are those of unmask(), and one byte anywhere that is not ASCII is seen.
TEST(unmask, ascii_is_told_in_the_same_pass) {
  test::at_every_level([] {
    for (std::size_t size = 0; size <= 600; size += size < 140 ? 1 : 23) {
      for (std::size_t alignment = 0; alignment < 64; alignment += 9) {
        for (std::size_t odd = 0; odd <= size; odd += 1 + size / 40) {
          std::vector<std::byte> plain(size + 128, std::byte{'a'});
          const auto there = std::span(plain).subspan(alignment, size);
          if (odd < size) there[odd] = std::byte{0xC3};
          auto bytes = plain;
          const auto masked = std::span(bytes).subspan(alignment, size);
          text::unmask(masked, key, odd);
          ASSERT_EQ(text::unmask_ascii(masked, key, odd), is_ascii(there)) << size << " " << odd;
          ASSERT_TRUE(bytes == plain) << size << " at " << alignment;
        }
      }
    }
  });
}

// All lengths, both alignments and offsets; nothing beside the target is touched.
TEST(masked_copy, every_length_alignment_and_offset) {
  test::at_every_level([] {
    for (std::size_t size = 0; size <= 600; size += size < 300 ? 1 : 13) {
      for (std::size_t alignment = 0; alignment < 64; alignment += 3) {
        const std::size_t offset = alignment % 7;
        const auto from = random_bytes(size + 64);
        const auto source = std::span(from).subspan((alignment * 5) % 64, size);
        auto to = random_bytes(size + 129);
        auto expected = to;
        for (std::size_t i = 0; i < size; ++i) {
          expected[alignment + i] = source[i] ^ key[(offset + i) % 4];
        }
        text::masked_copy(to.data() + alignment, source, key, offset);
        ASSERT_TRUE(to == expected) << size << " at " << alignment;
      }
    }
  });
}

// Long enough for the steps of the widest vectors behind an unaligned beginning.
TEST(unmask, long_payloads) {
  test::at_every_level([] {
    for (std::size_t size = 500; size < 1600; size += 13) {
      for (std::size_t begin = 0; begin < 8; ++begin) {
        for (std::size_t offset = 0; offset < 4; ++offset) {
          auto bytes = random_bytes(begin + size);
          auto expected = bytes;
          for (std::size_t i = 0; i < size; ++i) expected[begin + i] ^= key[(offset + i) % 4];
          text::unmask(std::span(bytes).subspan(begin), key, offset);
          ASSERT_TRUE(bytes == expected) << size << " " << begin << " " << offset;
        }
      }
    }
  });
}

TEST(unmask, pieces_cut_anywhere_give_the_whole) {
  for (std::size_t cut = 0; cut <= 300; ++cut) {
    auto whole = random_bytes(300);
    auto pieces = whole;
    text::unmask(whole, key);
    text::unmask(std::span(pieces).first(cut), key);
    text::unmask(std::span(pieces).subspan(cut), key, cut);
    ASSERT_TRUE(pieces == whole) << cut;
  }
}

// The offset is a count of payload bytes, which may pass 4 GiB.
TEST(unmask, large_offsets) {
  auto a = random_bytes(100);
  auto b = a;
  text::unmask(a, key, (std::size_t{1} << 40) + 3);
  text::unmask(b, key, 3);
  EXPECT_TRUE(a == b);
}

}  // namespace
}  // namespace parley
