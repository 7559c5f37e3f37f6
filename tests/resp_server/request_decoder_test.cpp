// The decoder of requests: every conversation whole, cut at every byte, byte by byte, and
// with bytes behind it; faults in Redis' own words; limits.
#include <gtest/gtest.h>

#include <memory>
#include <parley/codecs/resp/server/detail/inline_words.hpp>
#include <parley/codecs/resp/server/request_decoder.hpp>
#include <string>
#include <vector>

namespace parley::resp {
namespace {

using namespace std::string_literals;
using words_list = std::vector<std::vector<std::string>>;

// What a stream of bytes means: requests, then need_data or a fault.
struct outcome {
  words_list requests{};
  std::string fault{};
  std::size_t left = 0;  // bytes of an unfinished request
  bool operator==(const outcome&) const = default;
};

// Feeds bytes in pieces. Before each call the unread bytes go to a place of their own
// with the exact size, so that reading too far and stale views are found.
class feeder {
 public:
  explicit feeder(const request_limits& limits, bool authenticated = true) : decoder_(limits) {
    decoder_.set_authenticated(authenticated);
  }

  // False: it has failed.
  bool feed(std::string_view piece) {
    const std::size_t size = size_ + piece.size();
    auto moved = std::make_unique<std::byte[]>(size);
    std::copy_n(bytes_.get(), size_, moved.get());
    std::copy_n(as_bytes(piece).data(), piece.size(), moved.get() + size_);
    bytes_ = std::move(moved);
    size_ = size;
    return drain();
  }
  const outcome& result() {
    result_.left = size_;
    return result_;
  }
  std::size_t calls = 0;

 private:
  bool drain() {
    std::size_t from = 0;
    for (;;) {
      ++calls;
      const auto r = decoder_.decode({bytes_.get() + from, size_ - from}, words_);
      if (r.status == request_status::no_room) {
        words_.resize(words_.size() + 1);
        continue;
      }
      if (r.status == request_status::failed) {
        result_.fault = decoder_.fault_text();
        EXPECT_EQ(decoder_.decode({bytes_.get() + from, size_ - from}, words_).status,
                  request_status::failed)
            << "a fault is for good";
        return false;
      }
      if (r.status == request_status::need_data) break;
      if (r.words > 0) {
        result_.requests.emplace_back(words_.begin(), words_.begin() + static_cast<long>(r.words));
      }
      from += r.consumed;
      EXPECT_TRUE(decoder_.is_idle());
    }
    std::copy(bytes_.get() + from, bytes_.get() + size_, bytes_.get());
    size_ -= from;
    return true;
  }

  request_decoder decoder_;
  std::unique_ptr<std::byte[]> bytes_ = std::make_unique<std::byte[]>(0);
  std::size_t size_ = 0;
  std::vector<std::string_view> words_;
  outcome result_;
};

outcome whole(std::string_view bytes, const request_limits& limits = {}, bool known = true) {
  feeder f(limits, known);
  f.feed(bytes);
  return f.result();
}

// The same in every way to cut it.
outcome every_way(std::string_view bytes, const request_limits& limits = {}, bool known = true) {
  const outcome expected = whole(bytes, limits, known);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    feeder f(limits, known);
    if (f.feed(bytes.substr(0, cut))) f.feed(bytes.substr(cut));
    EXPECT_EQ(f.result().requests, expected.requests) << "cut at " << cut;
    EXPECT_EQ(f.result().fault, expected.fault) << "cut at " << cut;
  }
  feeder single(limits, known);
  for (const char c : bytes) {
    if (!single.feed({&c, 1})) break;
  }
  EXPECT_EQ(single.result().requests, expected.requests) << "byte by byte";
  EXPECT_EQ(single.result().fault, expected.fault) << "byte by byte";
  if (expected.fault.empty() && expected.left == 0) {
    outcome more = whole(std::string(bytes) + "*1\r\n$4\r\nPI", limits, known);
    EXPECT_EQ(more.requests, expected.requests) << "with bytes behind it";
    EXPECT_EQ(more.left, 10u);
  }
  return expected;
}

TEST(request_decoder, multi_bulk_requests) {
  EXPECT_EQ(every_way("*1\r\n$4\r\nPING\r\n").requests, (words_list{{"PING"}}));
  EXPECT_EQ(
      every_way("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n").requests,
      (words_list{{"SET", "k", ""}, {"GET", "k"}}));
  EXPECT_EQ(every_way("*1\r\n$12\r\nab\r\n\0*\r\n$\n\n\n\r\n"s).requests,
            (words_list{{"ab\r\n\0*\r\n$\n\n\n"s}}));
}

TEST(request_decoder, empty_requests_are_skipped) {
  EXPECT_EQ(every_way("*0\r\n*-1\r\n\r\n\n   \r\n*-9\r\n*1\r\n$4\r\nPING\r\n").requests,
            (words_list{{"PING"}}));
}

TEST(request_decoder, inline_commands) {
  EXPECT_EQ(every_way("PING\r\nget  k\t\n").requests, (words_list{{"PING"}, {"get", "k"}}));
  EXPECT_EQ(every_way("set k \"a \\x41\\n\\\"\\q\" 'it\\'s \\n'\r\n").requests,
            (words_list{{"set", "k", "a A\n\"q", "it's \\n"}}));
  EXPECT_EQ(every_way("  \v a\vb foo\"bar\" \"\" ''\r\n").requests,
            (words_list{{"a\vb", "foobar", "", ""}}));
  EXPECT_EQ(every_way("a \"\\xzz\\x4\" \\n\r\n").requests, (words_list{{"a", "xzzx4", "\\n"}}));
}

TEST(request_decoder, quotes_that_are_not_balanced) {
  for (const std::string_view line :
       {"a \"b\r\n", "a 'b\r\n", "a \"b\"c\r\n", "a 'b'c\r\n", "\"\\\r\n", "a \"b\\\"\n"}) {
    EXPECT_EQ(every_way(line).fault, "Protocol error: unbalanced quotes in request") << line;
  }
}

TEST(request_decoder, lengths_that_are_none) {
  const std::string bad_count = "Protocol error: invalid multibulk length";
  for (const std::string_view count :
       {"", "a", "+1", "01", "-0", "1 ", " 1", "1a", "9223372036854775808", "18446744073709551617",
        "2147483648", "1048577", "--1", "0x1", "1.0"}) {
    EXPECT_EQ(every_way("*" + std::string(count) + "\r\n").fault, bad_count) << count;
  }
  const std::string bad_bulk = "Protocol error: invalid bulk length";
  for (const std::string_view size : {"", "a", "-1", "+1", "01", "9223372036854775807",
                                      "9223372036854775808", "536870913", "4 "}) {
    EXPECT_EQ(every_way("*1\r\n$" + std::string(size) + "\r\n").fault, bad_bulk) << size;
  }
  EXPECT_EQ(every_way("*1048576\r\n").fault, "");
  EXPECT_EQ(every_way("*1\r\n$536870912\r\n").fault, "");
}

TEST(request_decoder, something_else_than_a_string) {
  EXPECT_EQ(every_way("*1\r\n:4\r\n").fault, "Protocol error: expected '$', got ':'");
  EXPECT_EQ(every_way("*2\r\n$1\r\na\r\n\r\n").fault, "Protocol error: expected '$', got ' '");
  EXPECT_EQ(whole("*1\r\n\0"s).fault, "Protocol error: expected '$', got '");
}

TEST(request_decoder, requests_before_a_fault_count) {
  const outcome o = every_way("PING\r\n*1\r\n$4\r\nPING\r\n*x\r\n");
  EXPECT_EQ(o.requests, (words_list{{"PING"}, {"PING"}}));
  EXPECT_EQ(o.fault, "Protocol error: invalid multibulk length");
}

TEST(request_decoder, before_authentication_less_is_allowed) {
  EXPECT_EQ(every_way("*11\r\n", {}, false).fault,
            "Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(every_way("*10\r\n", {}, false).fault, "");
  EXPECT_EQ(every_way("*1\r\n$16385\r\n", {}, false).fault,
            "Protocol error: unauthenticated bulk length");
  EXPECT_EQ(every_way("*1\r\n$16384\r\n", {}, false).fault, "");
}

TEST(request_decoder, lines_without_end) {
  request_limits limits;
  limits.max_inline = 64;
  const std::string ones(65, '1');
  EXPECT_EQ(every_way("*" + ones, limits).fault, "Protocol error: too big mbulk count string");
  EXPECT_EQ(every_way("*1\r\n$" + ones, limits).fault, "Protocol error: too big bulk count string");
  EXPECT_EQ(every_way(ones, limits).fault, "Protocol error: too big inline request");
  EXPECT_EQ(every_way(ones + "\r\n", limits).fault, "Protocol error: too big inline request");
  EXPECT_EQ(every_way(ones.substr(0, 63) + "\n", limits).requests.size(), 1u);
}

TEST(request_decoder, a_budget_for_one_request) {
  request_limits limits;
  limits.request_budget = 64;
  EXPECT_EQ(every_way("*1\r\n$60\r\n", limits).fault, "Protocol error: invalid bulk length");
  EXPECT_EQ(every_way("*3\r\n$20\r\n12345678901234567890\r\n$20\r\n12345678901234567890\r\n$9\r\n",
                      limits)
                .fault,
            "Protocol error: invalid bulk length");
  EXPECT_EQ(every_way("*1\r\n$50\r\n" + std::string(50, 'x') + "\r\n", limits).fault, "");
}

// Each byte is looked at a bounded number of times: a line of 60,000 digits that comes
// byte by byte must not be read again and again. Counted by moving the start: the decoder
// may not touch what it has seen, so those bytes may change.
TEST(request_decoder, nothing_is_scanned_twice) {
  const request_limits limits;
  request_decoder decoder(limits);
  std::vector<std::byte> bytes;
  std::vector<std::string_view> words(4);
  for (std::size_t i = 0; i < 60'000; ++i) {
    bytes.push_back(static_cast<std::byte>('a'));
    ASSERT_EQ(decoder.decode(bytes, words).status, request_status::need_data);
    bytes.back() = static_cast<std::byte>('\n');  // seen: would end the line if read again
    if (i == 0) bytes.back() = static_cast<std::byte>('a');
  }
}

TEST(request_decoder, a_moved_request_keeps_its_words) {
  const request_limits limits;
  request_decoder decoder(limits);
  const std::string text = "*2\r\n$1\r\na\r\n$3\r\nbcd\r\n";
  std::vector<std::string_view> words(2);
  std::string first = text.substr(0, 15);
  EXPECT_EQ(decoder.decode(std::as_writable_bytes(std::span(first)), words).status,
            request_status::need_data);
  std::string second = text;
  const auto r = decoder.decode(std::as_writable_bytes(std::span(second)), words);
  ASSERT_EQ(r.status, request_status::complete);
  EXPECT_EQ(words[0], "a");
  EXPECT_EQ(words[0].data(), second.data() + 8);
  EXPECT_EQ(words[1], "bcd");
}

}  // namespace
}  // namespace parley::resp
