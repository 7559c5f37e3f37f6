// Replies as trees: building, walking, converting.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include <parley/codecs/resp/tree.hpp>

#include "support/resp_log.hpp"

namespace parley::test {
namespace {

using resp::element;
using resp::kind;
using resp::reply;

// All replies of `bytes`, which are overwritten before they are looked at.
std::vector<reply> replies_of(std::string bytes, const resp::limits& limits = {},
                              std::size_t chunk = 1000) {
  resp::decoder d(limits);
  resp::reply_builder builder;
  std::array<resp::node, 3> nodes;
  std::vector<reply> replies;
  std::size_t begin = 0;
  for (std::size_t end = 0; end < bytes.size();) {
    end = std::min(end + chunk, bytes.size());
    resp::decode_result r;
    do {
      r = d.decode(as_bytes(bytes).subspan(begin, end - begin), nodes);
      for (std::size_t i = 0; i < r.count; ++i) {
        if (builder.add(nodes[i])) replies.push_back(builder.take());
      }
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(begin), r.consumed, '?');
      begin += r.consumed;
    } while (r.status == resp::decode_status::ok);
  }
  return replies;
}

reply one(std::string bytes) {
  auto all = replies_of(std::move(bytes));
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? reply() : std::move(all.front());
}

// The message of the error that a conversion gives.
template <class T>
std::string error_of(std::string bytes) {
  auto converted = one(std::move(bytes)).as<T>();
  return converted ? "none" : std::string(converted.error().message());
}

TEST(RespTree, ShowsWhatTheDecoderSaid) {
  for (const vector_case& v : load_vectors("resp")) {
    const std::string input = unescape(v.block("bytes"));
    if (decode(input).end != "END") continue;
    std::vector<std::string> whole;
    for (const reply& r : replies_of(input)) whole.push_back(canonical(r.root()));
    std::vector<std::string> bytewise;
    for (const reply& r : replies_of(input, {}, 1)) bytewise.push_back(canonical(r.root()));
    EXPECT_EQ(whole, bytewise) << v.title;
  }
}

TEST(RespTree, Canonical) {
  EXPECT_EQ(canonical(one("*3\r\n$1\r\na\r\n%1\r\n+k\r\n:1\r\n~1\r\n_\r\n").root()),
            "*[$61,,%[+6b,,:1],,~[_]]");
  EXPECT_EQ(canonical(one("=5\r\ntxt:x\r\n").root()), "=7478743a78");
}

TEST(RespTree, JoinsPartsAndStreams) {
  EXPECT_EQ(canonical(one("*2\r\n$?\r\n;2\r\nab\r\n;1\r\nc\r\n;0\r\n:1\r\n").root()),
            "*[$616263,,:1]");
  const auto parts = replies_of("*2\r\n$5\r\nhello\r\n$5\r\nworld\r\n", {.parts_above = 2}, 3);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].as<std::vector<std::string>>(), (std::vector<std::string>{"hello", "world"}));
}

TEST(RespTree, CountsStreamedAggregates) {
  const reply r = one("*?\r\n*?\r\n.\r\n%?\r\n+a\r\n:1\r\n.\r\n:2\r\n.\r\n");
  EXPECT_EQ(canonical(r.root()), "*[*[],,%[+61,,:1],,:2]");
  EXPECT_EQ(r.root().size(), 3u);
  EXPECT_EQ(r.root().head().count(), 3u);
}

TEST(RespTree, DropsAttributes) {
  const reply r = one("|1\r\n+a\r\n*1\r\n:9\r\n*2\r\n|1\r\n+b\r\n$1\r\nc\r\n:1\r\n|0\r\n*0\r\n");
  EXPECT_EQ(canonical(r.root()), "*[:1,,*[]]");
  EXPECT_EQ(r.root().nodes().size(), 3u);
}

TEST(RespTree, SurvivesMovesAndCopies) {
  std::vector<reply> all = replies_of("*2\r\n$1\r\na\r\n=7\r\nmkd:xyz\r\n+short\r\n");
  ASSERT_EQ(all.size(), 2u);
  const reply copy = all[0];
  reply moved = std::move(all[0]);
  all.clear();
  EXPECT_EQ(canonical(copy.root()), "*[$61,,=6d6b643a78797a]");
  EXPECT_EQ(canonical(moved.root()), canonical(copy.root()));
  moved = copy;
  moved = *&moved;
  EXPECT_EQ(canonical(moved.root()), canonical(copy.root()));
  EXPECT_NE(moved.root().at(0).text().data(), copy.root().at(0).text().data());
}

// Thousands of levels would end the program if anything recursed; 64 is the most.
TEST(RespTree, NestsAsDeepAsTheDecoder) {
  std::string bytes;
  for (int i = 0; i < 64; ++i) bytes += "*1\r\n";
  const auto all = replies_of(bytes + ":1\r\n", {.max_depth = 64});
  ASSERT_EQ(all.size(), 1u);
  element e = all[0].root();
  for (int i = 0; i < 64; ++i) e = e.at(0);
  EXPECT_EQ(e.integer(), 1);
}

TEST(RespTree, NothingIsANull) {
  EXPECT_TRUE(reply().root().is_null());
  EXPECT_FALSE(reply().root());
  const reply r = one("*1\r\n:1\r\n");
  EXPECT_FALSE(r.root().at(1));
  EXPECT_EQ(r.root().at(0).at(0).size(), 0u);
  EXPECT_EQ(r.root().at(5).find("x").text(), "");
}

TEST(RespTree, FindsKeys) {
  for (const char* type : {"%2\r\n", "*4\r\n"}) {
    const reply r = one(std::string(type) + "$4\r\nname\r\n*1\r\n:1\r\n+x\r\n$1\r\ny\r\n");
    EXPECT_EQ(r.root().find("name").size(), 1u);
    EXPECT_EQ(r.root().find("x").text(), "y");
    EXPECT_FALSE(r.root().find("y"));
    EXPECT_FALSE(r.root().find("nam"));
  }
}

// The decoder's own nodes can be walked without a copy.
TEST(RespTree, LooksAtNodesOfTheDecoder) {
  resp::decoder d;
  std::array<resp::node, 32> nodes;
  const std::string_view input = "*3\r\n|1\r\n+a\r\n+b\r\n:1\r\n*?\r\n:2\r\n.\r\n$1\r\nc\r\n";
  const auto r = d.decode(as_bytes(input), nodes);
  const element root(std::span<const resp::node>(nodes).first(r.count));
  EXPECT_EQ(canonical(root), "*[:1,,*[:2],,$63]");
  EXPECT_EQ(root.size(), 3u);
  EXPECT_EQ(root.at(1).size(), 1u);
  EXPECT_EQ(root.at(2).text().data(), input.data() + input.size() - 3);
}

TEST(RespTree, ConvertsScalars) {
  EXPECT_EQ(one(":42\r\n").as<std::int64_t>(), 42);
  EXPECT_EQ(one("$2\r\n42\r\n").as<std::int64_t>(), 42);
  EXPECT_EQ(one("(42\r\n").as<std::int64_t>(), 42);
  EXPECT_EQ(one(",1.5\r\n").as<double>(), 1.5);
  EXPECT_EQ(one("$3\r\n1.5\r\n").as<double>(), 1.5);
  EXPECT_EQ(one(":3\r\n").as<double>(), 3.0);
  EXPECT_EQ(one("#t\r\n").as<bool>(), true);
  EXPECT_EQ(one(":0\r\n").as<bool>(), false);
  EXPECT_EQ(one("+OK\r\n").as<std::string>(), "OK");
  EXPECT_EQ(one("=6\r\ntxt:ab\r\n").as<std::string>(), "ab");
}

TEST(RespTree, ConvertsNullsToNothing) {
  using text = std::optional<std::string>;
  EXPECT_EQ(one("$-1\r\n").as<text>(), result<text>(std::nullopt));
  EXPECT_EQ(one("$1\r\na\r\n").as<text>(), result<text>("a"));
  EXPECT_EQ(error_of<std::string>("_\r\n"), "expected a string, got null");
}

TEST(RespTree, ConvertsLists) {
  using numbers = std::vector<std::int64_t>;
  EXPECT_EQ(one("*2\r\n:1\r\n$1\r\n2\r\n").as<numbers>(), (numbers{1, 2}));
  EXPECT_EQ(one("~1\r\n:1\r\n").as<numbers>(), (numbers{1}));
  using optionals = std::vector<std::optional<std::string>>;
  EXPECT_EQ(one("*2\r\n$-1\r\n$1\r\na\r\n").as<optionals>(), (optionals{std::nullopt, "a"}));
  EXPECT_EQ(error_of<numbers>("*2\r\n:1\r\n+x\r\n"), "expected an integer, got simple_string");
  EXPECT_EQ(error_of<numbers>(":1\r\n"), "expected an array, got integer");
}

// The same answer in RESP3, in RESP2, and as ZRANGE WITHSCORES gives it.
TEST(RespTree, ConvertsMaps) {
  using pairs = std::vector<std::pair<std::string, double>>;
  const pairs expected{{"a", 1}, {"b", 2.5}};
  EXPECT_EQ(one("%2\r\n+a\r\n:1\r\n+b\r\n,2.5\r\n").as<pairs>(), expected);
  EXPECT_EQ(one("*4\r\n+a\r\n:1\r\n+b\r\n$3\r\n2.5\r\n").as<pairs>(), expected);
  EXPECT_EQ(one("*2\r\n*2\r\n+a\r\n:1\r\n*2\r\n+b\r\n,2.5\r\n").as<pairs>(), expected);
  EXPECT_EQ(one("%0\r\n").as<pairs>(), pairs());
  EXPECT_EQ(error_of<pairs>("*3\r\n+a\r\n:1\r\n+b\r\n"), "expected a map, got array");
}

TEST(RespTree, ConvertsNestedAnswers) {
  using fields = std::vector<std::pair<std::string, std::string>>;
  using entries = std::vector<std::pair<std::string, fields>>;
  const reply r = one("*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
  EXPECT_EQ(r.as<entries>(), (entries{{"1-0", {{"f", "v"}}}}));
}

TEST(RespTree, ErrorsBecomeErrors) {
  auto number = one("-WRONGTYPE Operation against a key\r\n").as<std::int64_t>();
  ASSERT_FALSE(number);
  EXPECT_EQ(number.error(), resp::errc::wrong_type);
  EXPECT_EQ(number.error().message(), "WRONGTYPE Operation against a key");
  auto list = one("*2\r\n:1\r\n!12\r\nLOADING wait\r\n").as<std::vector<std::int64_t>>();
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error(), resp::errc::loading);
}

TEST(RespTree, WrongKindsAreRefused) {
  EXPECT_EQ(error_of<bool>(":2\r\n"), "expected a boolean, got integer");
  EXPECT_EQ(error_of<std::int64_t>(",1.5\r\n"), "expected an integer, got number");
  EXPECT_EQ(error_of<std::int64_t>("+12x\r\n"), "expected an integer, got simple_string");
  EXPECT_EQ(error_of<double>("*0\r\n"), "expected a number, got array");
  EXPECT_EQ(error_of<std::string>(":1\r\n"), "expected a string, got integer");
}

}  // namespace
}  // namespace parley::test
