// The same bytes to our decoder and to hiredis. Where they differ, and why, is in
// vectors/resp/differences.md.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include <parley/codecs/resp/encoder.hpp>

#include "reference/hiredis.hpp"
#include "support/resp_replies.hpp"
#include "support/vectors.hpp"

namespace parley::test {
namespace {

// One random value of RESP2, nested up to the seven levels that hiredis allows.
class generator {
 public:
  explicit generator(unsigned seed) : random_(seed) {}

  std::string value(int depth = 0) {
    switch (below(depth < 7 ? 8 : 6)) {
      case 0:
        return "+" + text(false) + "\r\n";
      case 1:
        return "-ERR " + text(false) + "\r\n";
      case 2:
        return ":" + std::to_string(integer()) + "\r\n";
      case 3:
        return below(2) == 0 ? "$-1\r\n" : "*-1\r\n";
      case 4:
      case 5:
        return bulk();
      default:
        return array(depth);
    }
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }

 private:
  std::string array(int depth) {
    const std::size_t count = below(5);
    std::string all = "*" + std::to_string(count) + "\r\n";
    for (std::size_t i = 0; i < count; ++i) all += value(depth + 1);
    return all;
  }
  std::string bulk() {
    const std::string payload = text(true);
    return "$" + std::to_string(payload.size()) + "\r\n" + payload + "\r\n";
  }
  // Integers of every length, as often as each other.
  std::int64_t integer() {
    const auto value = static_cast<std::int64_t>(random_() >> below(64));
    return below(2) == 0 ? value : -value;
  }
  std::string text(bool any_byte) {
    std::string all(below(below(10) == 0 ? 2000 : 40), ' ');
    for (char& c : all) {
      c = static_cast<char>(any_byte ? random_() : 32 + random_() % 95);
    }
    return all;
  }

  std::mt19937_64 random_;
};

TEST(RespHiredis, AgreesOnValidReplies) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    generator g(seed);
    std::string bytes;
    for (std::size_t i = 0; i < 20; ++i) bytes += g.value();
    const replies ours = decode_replies(bytes);
    const second_opinion theirs = hiredis_decode(bytes, 1 + g.below(5000));
    ASSERT_FALSE(theirs.failed) << theirs.error << " seed " << seed;
    ASSERT_EQ(ours.list, theirs.replies) << "seed " << seed;
    ASSERT_EQ(ours.list.size(), 20u);
    ASSERT_FALSE(ours.failed);
  }
}

// Whatever the damage, we never read something else than hiredis does: we may
// refuse more, and what both read is the same.
TEST(RespHiredis, NeverReadsSomethingElse) {
  std::size_t refused = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    generator g(seed);
    std::string bytes;
    for (std::size_t i = 0; i < 5; ++i) bytes += g.value();
    constexpr std::string_view letters = "0123456789\r\n-+:$*";
    bytes[g.below(bytes.size())] = letters[g.below(letters.size())];
    const replies ours = decode_replies(bytes);
    const second_opinion theirs = hiredis_decode(bytes, bytes.size());
    refused += ours.failed;
    const std::size_t both = std::min(ours.list.size(), theirs.replies.size());
    for (std::size_t i = 0; i < both; ++i) {
      ASSERT_EQ(ours.list[i], theirs.replies[i]) << escape(bytes);
    }
    // More than hiredis only where it is the stricter one: signs and zeros.
    if (ours.list.size() > theirs.replies.size()) {
      ASSERT_TRUE(theirs.failed) << escape(bytes);
    }
  }
  EXPECT_GT(refused, 100u);
}

// The documented differences, one by one.
struct difference {
  std::string_view bytes;
  bool we_read;
  bool hiredis_reads;
};

TEST(RespHiredis, DifferencesAreTheDocumentedOnes) {
  const std::array differences{
      difference{":+5\r\n", true, false},       difference{":007\r\n", true, false},
      difference{":-0\r\n", true, false},       difference{"$03\r\nabc\r\n", true, false},
      difference{"$-0\r\n\r\n", false, false},  difference{"*-0\r\n", false, false},
      difference{"$+1\r\na\r\n", false, false}, difference{"+a\rb\r\n", false, true},
      difference{"+a\nb\r\n", false, true},     difference{"$3\r\nabcXY", false, true},
      difference{"*-1\r\n", true, true},        difference{"_\r\n", true, false},
      difference{"%0\r\n", true, false},
  };
  for (const difference& d : differences) {
    EXPECT_EQ(decode_replies(d.bytes).list.size(), d.we_read ? 1u : 0u) << escape(d.bytes);
    EXPECT_EQ(hiredis_decode(d.bytes, 100).replies.size(), d.hiredis_reads ? 1u : 0u)
        << escape(d.bytes);
  }
}

TEST(RespHiredis, NestsDeeper) {
  const auto nested = [](int depth) {
    std::string bytes;
    for (int i = 0; i < depth; ++i) bytes += "*1\r\n";
    return bytes + ":1\r\n";
  };
  EXPECT_FALSE(hiredis_decode(nested(7), 100).failed);
  EXPECT_TRUE(hiredis_decode(nested(9), 100).failed);
  EXPECT_FALSE(decode_replies(nested(9)).failed);
}

TEST(RespHiredis, WritesTheSameCommands) {
  generator g(1);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 300; ++i) texts.push_back(g.value());
  std::vector<std::string_view> arguments;
  for (const std::string& t : texts) {
    arguments.push_back(t);
    std::vector<std::byte> out(resp::command_bound(arguments));
    const std::byte* end = resp::put_command(out.data(), arguments);
    const byte_view written(out.data(), static_cast<std::size_t>(end - out.data()));
    ASSERT_EQ(as_text(written), hiredis_encode(arguments));
  }
}

}  // namespace
}  // namespace parley::test
