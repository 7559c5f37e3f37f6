// The vectors to our decoder and to llhttp, strict. A vector where the two differ has a block
// `differs` that says why; no other may have one.
#include <gtest/gtest.h>

#include "reference/llhttp.hpp"
#include "support/http_log.hpp"
#include "support/vectors.hpp"

namespace parley::test {
namespace {

std::string describe(const http_fields& fields, std::string_view what) {
  std::string all;
  for (const auto& [name, value] : fields) {
    all += std::string(what) + name + ": " + escape(value) + "\n";
  }
  return all;
}

// What two readers must agree about. Of a message that a fault ends nothing counts: when each of
// them notices is its own affair.
std::string verdict(const http_reading& r) {
  std::string all;
  for (const http_message& m : r.messages) {
    if (!m.complete && r.failed) break;
    all += m.method + " " + escape(m.target) + " " + std::to_string(m.status) + "\n" +
           describe(m.headers, "  ");
    if (!m.complete) return all + "unfinished\n";
    all += "\"" + escape(m.body) + "\"\n" + describe(m.trailers, "  trailer ");
  }
  return all + (r.failed ? "failed\n" : r.tunnel ? "tunnel\n" : "");
}

class http_vector_in_llhttp : public testing::TestWithParam<vector_case> {};

TEST_P(http_vector_in_llhttp, agrees_or_differs_as_documented) {
  const http_stream stream = parse_http_options(GetParam().block("options"));
  const std::string input = unescape(GetParam().block("bytes"));
  const http_reading ours = read_http(stream, {}, input);
  const http_reading theirs = llhttp_read(stream, input, input.size());
  const bool same = verdict(ours) == verdict(theirs);
  const std::string_view why = GetParam().block("differs");
  EXPECT_EQ(same, why.empty()) << "ours:\n"
                               << verdict(ours) << ours.error << "\nllhttp:\n"
                               << verdict(theirs) << theirs.error;
}

INSTANTIATE_TEST_SUITE_P(all, http_vector_in_llhttp, testing::ValuesIn(load_vectors("http")),
                         [](const auto& v) { return test_name(v.param); });

// The reference itself: what it reads does not depend on the pieces.
TEST(http_llhttp_reader, takes_any_pieces) {
  const std::string_view input =
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\nSum: 1 \r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const http_reading whole = llhttp_read({}, input, input.size());
  ASSERT_EQ(whole.messages.size(), 2U);
  EXPECT_EQ(whole.messages[0].body, "hello");
  EXPECT_EQ(whole.messages[0].trailers, (http_fields{{"Sum", "1"}}));
  for (std::size_t chunk = 1; chunk < input.size(); ++chunk) {
    EXPECT_EQ(llhttp_read({}, input, chunk), whole) << chunk;
  }
  EXPECT_EQ(whole, read_http({}, {}, input));
}

}  // namespace
}  // namespace parley::test
