// The encoder: exact bytes, exact room, and everything read back.
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include <parley/codecs/resp/encoder.hpp>

#include "support/allocations.hpp"
#include "support/resp_log.hpp"

namespace parley::test {
namespace {

using resp::version;
constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

// What a put function writes, in front of a guard page `bound` bytes further.
template <class Put>
std::string written(std::size_t bound, Put put) {
  guarded place(bound);
  std::byte* begin = place.room(bound).data();
  const std::byte* end = put(begin);
  EXPECT_LE(end - begin, static_cast<std::ptrdiff_t>(bound));
  return std::string(as_text({begin, static_cast<std::size_t>(end - begin)}));
}

std::string command(std::span<const std::string_view> arguments) {
  return written(resp::command_bound(arguments),
                 [&](std::byte* to) { return resp::put_command(to, arguments); });
}

std::string integer(std::int64_t value) {
  return written(resp::header_bound, [&](std::byte* to) { return resp::put_integer(to, value); });
}

// With an encoder on a buffer that is large enough.
template <class Write>
std::string reply(version v, Write write) {
  std::array<std::byte, 512> buffer;
  resp::encoder e(buffer, v);
  write(e);
  EXPECT_FALSE(e.is_full());
  return std::string(as_text(e.written()));
}

TEST(RespEncoder, Command) {
  const std::array<std::string_view, 3> set{"SET", "key", "value"};
  EXPECT_EQ(command(set), "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n");
}

TEST(RespEncoder, CommandWithEmptyAndBinaryArguments) {
  const std::array<std::string_view, 2> arguments{"", std::string_view("\0\r\n", 3)};
  EXPECT_EQ(command(arguments), std::string("*2\r\n$0\r\n\r\n$3\r\n\0\r\n\r\n", 19));
  EXPECT_EQ(command({}), "*0\r\n");
}

// Each length has its own way to be copied, and must not read or write beyond.
TEST(RespEncoder, ArgumentsOfEveryLength) {
  guarded source(4096);
  for (std::size_t size = 0; size <= 200; ++size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>('a' + i % 26));
    const std::string_view argument = as_text(source.put(text));
    const std::string got = written(resp::bulk_bound(size),
                                    [&](std::byte* to) { return resp::put_bulk(to, argument); });
    EXPECT_EQ(got, "$" + std::to_string(size) + "\r\n" + text + "\r\n");
  }
}

TEST(RespEncoder, LengthsOfEveryNumberOfDigits) {
  std::size_t value = 0;
  for (int digits = 1; digits <= 20; ++digits) {
    for (const std::size_t v : {value, value + 1, value * 10 / 9 * 5}) {
      EXPECT_EQ(
          written(resp::header_bound, [&](std::byte* to) { return resp::put_bulk_header(to, v); }),
          "$" + std::to_string(v) + "\r\n");
    }
    value = value * 10 + 9;
  }
}

TEST(RespEncoder, CommandInPieces) {
  std::array<std::byte, 256> buffer;
  std::byte* to = resp::put_command_header(buffer.data(), 4);
  to = resp::put_bulk(to, "SETEX");
  to = resp::put_bulk(to, "k");
  to = resp::put_bulk_integer(to, -120);
  to = resp::put_bulk_header(to, 1'000'000);
  to = resp::put_line_end(to);
  EXPECT_EQ(as_text({buffer.data(), static_cast<std::size_t>(to - buffer.data())}),
            "*4\r\n$5\r\nSETEX\r\n$1\r\nk\r\n$4\r\n-120\r\n$1000000\r\n\r\n");
}

TEST(RespEncoder, Integers) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{9}, std::int64_t{10}, std::int64_t{99},
        std::int64_t{100}, std::int64_t{-12345}, smallest, largest}) {
    EXPECT_EQ(integer(value), ":" + std::to_string(value) + "\r\n");
    EXPECT_EQ(written(resp::bulk_bound(20),
                      [&](std::byte* to) { return resp::put_bulk_integer(to, value); }),
              "$" + std::to_string(std::to_string(value).size()) + "\r\n" + std::to_string(value) +
                  "\r\n");
  }
}

// A text can never become two replies.
TEST(RespEncoder, LinesEndAtTheFirstLineEnd) {
  EXPECT_EQ(reply(version::resp3, [](auto& e) { e.error("ERR a\r\n+OK").simple("b\nc"); }),
            "-ERR a\r\n+b\r\n");
}

TEST(RespEncoder, EveryKindOfResp3) {
  const std::string bytes = reply(version::resp3, [](resp::encoder& e) {
    e.aggregate(resp::kind::attribute, 2).simple("ttl").integer(5);
    e.aggregate(resp::kind::array, 8).simple("OK").error("ERR x").blob("b").blob_error("ERR\r\ny");
    e.verbatim("mkd", "# t").big_number("-123").null().boolean(true);
    e.aggregate(resp::kind::map, 2).number(0.1).boolean(false);
    e.aggregate(resp::kind::set, 0).aggregate(resp::kind::push, 1).blob("p");
  });
  EXPECT_EQ(decode(bytes).end, "END");
  EXPECT_EQ(decode(bytes).log,
            "attribute 2\n  simple_string \"ttl\"\n  integer 5\n"
            "array 8\n  simple_string \"OK\"\n  error \"ERR x\"\n  blob_string \"b\"\n"
            "  blob_error \"ERR\\r\\ny\"\n  verbatim mkd \"# t\"\n  big_number \"-123\"\n  null\n"
            "  boolean true last\n"
            "map 2\n  number 0.1\n  boolean false last\n"
            "set 0 last\npush 1\n  blob_string \"p\" last\n");
}

// A client of RESP2 gets what redis-server sends it for the same value.
TEST(RespEncoder, EveryKindInResp2) {
  const std::string bytes = reply(version::resp2, [](resp::encoder& e) {
    e.aggregate(resp::kind::attribute, 2);
    e.aggregate(resp::kind::map, 4).boolean(true).boolean(false).number(1.5).null();
    e.verbatim("txt", "v").big_number("12").blob_error("ERR a\r\nb");
    e.aggregate(resp::kind::set, 0).aggregate(resp::kind::push, 0);
  });
  EXPECT_EQ(bytes,
            "*4\r\n:1\r\n:0\r\n$3\r\n1.5\r\n$-1\r\n$1\r\nv\r\n$2\r\n12\r\n-ERR a\r\n*0\r\n*0\r\n");
}

TEST(RespEncoder, NumbersReadBack) {
  for (const double value : {0.0, -0.0, 0.1, 1.0, -2.5, 1e300, 5e-324, 1e21, 123456789.0}) {
    const auto put = [&](std::byte* to) { return resp::put_number(to, value); };
    const std::string bytes = written(resp::number_bound, put);
    EXPECT_EQ(decode(bytes).log, "number " + to_text(value) + " last\n");
  }
  constexpr double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(reply(version::resp3, [](auto& e) { e.number(inf).number(-inf).number(inf - inf); }),
            ",inf\r\n,-inf\r\n,nan\r\n");
}

TEST(RespEncoder, VerbatimFormatIsAlwaysThreeLetters) {
  EXPECT_EQ(reply(version::resp3, [](auto& e) { e.verbatim("x", "a").verbatim("long", "b"); }),
            "=5\r\nx  :a\r\n=5\r\nlon:b\r\n");
}

TEST(RespEncoder, ChecksTheRoom) {
  for (std::size_t size = 0; size < 200; ++size) {
    guarded place(size);
    resp::encoder e(place.room(size));
    while (!e.is_full()) e.integer(12).blob("hello").simple("OK").null().number(2.5);
    EXPECT_LE(e.size(), size);
    const std::size_t at_full = e.size();
    EXPECT_EQ(e.null().size(), at_full);  // for good, also for what would fit
  }
}

TEST(RespEncoder, AllocatesNothing) {
  const std::array<std::string_view, 3> set{"SET", "key", "0123456789012345678901234567890123"};
  std::array<std::byte, 256> buffer;
  const std::size_t before = allocations();
  resp::put_command(buffer.data(), set);
  resp::encoder(buffer).number(0.1).verbatim("txt", "abc").aggregate(resp::kind::map, 0);
  EXPECT_EQ(allocations(), before);
}

}  // namespace
}  // namespace parley::test
