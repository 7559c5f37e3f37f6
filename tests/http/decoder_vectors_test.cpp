// Each vector whole, cut at every byte, byte by byte, with little room for fields, with bytes
// behind it and repeated, on every level of the processor, against a page without access. The log
// must be the same.
#include <gtest/gtest.h>

#include <array>

#include "support/http_log.hpp"
#include "support/vectors.hpp"

namespace parley::test {
namespace {

constexpr std::array levels = {http::scan_level::none, http::scan_level::ssse3,
                               http::scan_level::avx2, http::scan_level::avx512};

// The log without its last line, and that line.
struct parts_of_log {
  explicit parts_of_log(std::string_view log) {
    const std::size_t end = log.rfind('\n', log.size() - 2) + 1;
    body = log.substr(0, end);
    ending = log.substr(end);
  }
  std::string body;
  std::string ending;
};

std::string_view last_head(std::string_view log) {
  std::string_view last;
  while (!log.empty()) {
    const std::string_view line = log.substr(0, log.find('\n') + 1);
    if (line.starts_with("request ") || line.starts_with("response ")) last = line;
    log.remove_prefix(line.size());
  }
  return last;
}

bool has_word(std::string_view line, std::string_view word) {
  const std::string spaced = " " + std::string(word) + " ";
  return (" " + std::string(line.substr(0, line.size() - 1)) + " ").find(spaced) !=
         std::string::npos;
}

// Nothing may follow the last message of this log.
bool says_closed(std::string_view log) {
  const std::string_view head = last_head(log);
  return has_word(head, "close") && !head.starts_with("response 1");
}

std::size_t count_final_responses(std::string_view log) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < log.size(); at = log.find('\n', at) + 1) {
    const std::string_view line = log.substr(at);
    if (line.starts_with("response ") && line[9] != '1') ++count;
  }
  return count;
}

class http_vector : public testing::TestWithParam<vector_case> {
 protected:
  http_vector()
      : stream(parse_http_options(GetParam().block("options"))),
        input(unescape(GetParam().block("bytes"))),
        expected(GetParam().block("log")),
        guard(3 * input.size() + 100) {}

  std::string log(http_feeding how = {}) { return http_log(stream, how, input, &guard); }
  std::string log_of(const std::string& bytes) { return http_log(stream, {}, bytes, &guard); }

  http_stream stream;
  std::string input;
  std::string expected;
  guarded guard;
};

TEST_P(http_vector, whole) {
  ASSERT_FALSE(expected.empty());
  for (const auto level : levels) EXPECT_EQ(log({.level = level}), expected);
}

TEST_P(http_vector, cut_at_every_byte) {
  for (const auto level : levels) {
    for (std::size_t cut = 0; cut <= input.size(); ++cut) {
      ASSERT_EQ(log({.cuts = {cut}, .level = level}), expected) << "cut at " << cut;
    }
  }
}

TEST_P(http_vector, byte_by_byte) {
  for (const auto level : levels) {
    for (const std::size_t step : {1U, 2U, 7U}) {
      EXPECT_EQ(log({.cuts = cuts_of(input.size(), step), .level = level}), expected) << step;
    }
  }
}

TEST_P(http_vector, with_little_room) {
  for (const auto level : levels) {
    for (const std::size_t places : {0U, 1U, 2U}) {
      EXPECT_EQ(log({.places = places, .level = level}), expected) << places;
      EXPECT_EQ(log({.cuts = cuts_of(input.size(), 1), .places = places, .level = level}), expected)
          << places;
      EXPECT_EQ(log({.cuts = {input.size() / 2}, .places = places, .level = level}), expected);
    }
  }
}

// What follows a whole message is another one; what follows a fault or a tunnel changes nothing.
TEST_P(http_vector, with_bytes_behind) {
  const std::string behind = stream.sender == http::role::request
                                 ? "GET /behind HTTP/1.1\r\nHost: b\r\n\r\n"
                                 : "HTTP/1.1 204 No Content\r\n\r\n";
  const std::string more = log_of(input + behind);
  const parts_of_log alone(expected);
  if (alone.ending.starts_with("fail") || alone.ending == "tunnel\n") {
    EXPECT_EQ(more, expected);
  } else if (alone.ending == "MORE\n" || has_word(last_head(expected), "until-close")) {
    // It goes on where it was: with the same messages, the last of which grows.
    const std::size_t last = last_head(expected).empty()
                                 ? 0
                                 : static_cast<std::size_t>(last_head(expected).data() -
                                                            std::string_view(expected).data());
    EXPECT_TRUE(more.starts_with(std::string_view(expected).substr(0, last))) << more;
  } else if (says_closed(expected)) {
    EXPECT_EQ(more, alone.body + "fail after_close\n");
  } else {
    stream.asked.clear();
    EXPECT_EQ(more, alone.body + log_of(behind));
  }
}

// The same stream again and again: the state between two messages is the first.
TEST_P(http_vector, repeated) {
  const parts_of_log once(expected);
  if (once.ending != "END\n" || says_closed(expected)) {
    EXPECT_NE(once.ending, "");
    return;
  }
  stream.asked.resize(count_final_responses(expected), http::method::get);
  const auto asked = stream.asked;
  for (int i = 0; i < 2; ++i) stream.asked.insert(stream.asked.end(), asked.begin(), asked.end());
  EXPECT_EQ(log_of(input + input + input), once.body + once.body + once.body + "END\n");
}

INSTANTIATE_TEST_SUITE_P(all, http_vector, testing::ValuesIn(load_vectors("http")),
                         [](const auto& v) { return test_name(v.param); });

}  // namespace
}  // namespace parley::test
