// Each vector whole, cut at every byte and byte by byte, against a page without access. The log
// must be the same.
#include <gtest/gtest.h>

#include <parley/codecs/http/rest/multipart.hpp>
#include <sstream>

#include "support/guarded.hpp"
#include "support/vectors.hpp"

namespace parley::test {
namespace {

using http::multipart_status;

http::multipart_limits parse_limits(std::string_view block) {
  http::multipart_limits limits;
  std::istringstream lines{std::string(block)};
  std::string name;
  for (std::size_t number = 0; lines >> name >> number;) {
    if (name == "parts") limits.max_parts = number;
    if (name == "head") limits.max_part_head = number;
    if (name == "fields") limits.max_part_fields = number;
    if (name == "part") limits.max_part = number;
    if (name == "total") limits.max_total = number;
    if (name == "preamble") limits.max_preamble = number;
  }
  return limits;
}

class multipart_log {
 public:
  explicit multipart_log(const http::multipart_limits& limits)
      : decoder_(*http::multipart_decoder::make("multipart/form-data; boundary=b", limits)) {}

  // Looks at the piece only where it lies against the guard.
  void feed(std::string_view piece, guarded& guard) {
    for (byte_view in = guard.put(piece);;) {
      const auto r = decoder_.next(in);
      ASSERT_LE(r.consumed, in.size());
      in = in.subspan(r.consumed);
      switch (r.status) {
        case multipart_status::part:
          show_part();
          continue;
        case multipart_status::body:
          EXPECT_FALSE(r.body.empty());
          body_ += as_text(r.body);
          continue;
        case multipart_status::part_end:
          flush();
          log_ += "part_end\n";
          continue;
        case multipart_status::need_data:
        case multipart_status::end:
          EXPECT_TRUE(in.empty());
          return;
        case multipart_status::failed:
          EXPECT_TRUE(decoder_.fault().has_value());
          return;
      }
    }
  }

  std::string end() {
    const bool whole = decoder_.finish();
    flush();
    if (whole) return log_ + "end\n";
    return log_ + "fault " + std::string(describe(*decoder_.fault()).name) + "\n";
  }

 private:
  void show_part() {
    const auto& p = decoder_.part();
    log_ += "part " + escape(p.name());
    if (p.filename()) log_ += " file " + escape(*p.filename());
    log_ += " " + std::string(p.content_type()) + "\n";
  }
  void flush() {
    if (body_.empty()) return;
    const std::string size = std::to_string(body_.size());
    log_ += "body " + size + " " + (body_.size() > 100 ? size + " bytes" : escape(body_)) + "\n";
    body_.clear();
  }

  http::multipart_decoder decoder_;
  std::string log_;
  std::string body_;
};

class multipart_vector : public testing::TestWithParam<vector_case> {
 protected:
  multipart_vector()
      : limits(parse_limits(GetParam().block("limits"))),
        input(unescape(GetParam().block("bytes"))),
        expected(GetParam().block("log")),
        guard(input.size() + 1) {}
  http::multipart_limits limits;
  std::string input;
  std::string expected;
  guarded guard;
};

TEST_P(multipart_vector, whole) {
  multipart_log log(limits);
  log.feed(input, guard);
  EXPECT_EQ(log.end(), expected);
}

TEST_P(multipart_vector, cut_at_every_byte) {
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    multipart_log log(limits);
    log.feed(std::string_view(input).substr(0, cut), guard);
    log.feed(std::string_view(input).substr(cut), guard);
    ASSERT_EQ(log.end(), expected) << "cut at " << cut;
  }
}

TEST_P(multipart_vector, byte_by_byte) {
  for (const std::size_t step : {1U, 2U, 3U, 7U}) {
    multipart_log log(limits);
    for (std::size_t i = 0; i < input.size(); i += step) {
      log.feed(std::string_view(input).substr(i, step), guard);
    }
    EXPECT_EQ(log.end(), expected) << "in steps of " << step;
  }
}

std::vector<vector_case> multipart_cases() {
  auto all = load_vectors("rest");
  std::erase_if(all, [](const vector_case& c) { return !c.file.starts_with("multipart"); });
  return all;
}

INSTANTIATE_TEST_SUITE_P(all, multipart_vector, testing::ValuesIn(multipart_cases()),
                         [](const auto& i) { return test_name(i.param); });

}  // namespace
}  // namespace parley::test
