// Each vector whole, cut at every byte, byte by byte, with bytes behind it, repeated, encoded anew,
// with every kernel of core/text, against a page without access. The log must be the same.
#include <gtest/gtest.h>

#include "support/mqtt_log.hpp"
#include "support/vectors.hpp"
#include "text/levels.hpp"

namespace parley::test {
namespace {

class mqtt_vector : public testing::TestWithParam<vector_case> {
 protected:
  mqtt_vector()
      : options(parse_mqtt_options(GetParam().block("options"))),
        input(unescape(GetParam().block("bytes"))),
        expected(GetParam().block("log")),
        guard(3 * input.size() + 100) {}

  std::string log(const std::vector<std::size_t>& cuts = {}) {
    return mqtt_log(options.stream, cuts, input, &guard);
  }
  std::string log_of(const std::string& bytes) {
    return mqtt_log(options.stream, {}, bytes, &guard);
  }
  // The log without its last line, which is that of a stream in which nothing is missing.
  std::string whole_packets() const {
    return expected.ends_with("END\n") ? expected.substr(0, expected.size() - 4) : "";
  }

  mqtt_options options;
  std::string input;
  std::string expected;
  guarded guard;
};

TEST_P(mqtt_vector, whole) {
  ASSERT_FALSE(expected.empty());
  at_every_level([&] { EXPECT_EQ(log(), expected); });
}

// Long ones at some two hundred places, and at each of their first and last hundred.
TEST_P(mqtt_vector, cut_at_every_byte) {
  const std::size_t size = input.size();
  const std::size_t step = size > 3000 ? size / 200 : 1;
  for (std::size_t cut = 0; cut <= size; ++cut) {
    if (cut > 100 && cut + 100 < size && cut % step != 0) continue;
    ASSERT_EQ(log({cut}), expected) << "cut at " << cut;
  }
}

TEST_P(mqtt_vector, byte_by_byte) {
  const std::size_t least = 1 + input.size() / 3000;
  for (const std::size_t step : {least, least + 1, least + 6}) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = step; at < input.size(); at += step) cuts.push_back(at);
    ASSERT_EQ(log(cuts), expected) << step;
  }
}

// What follows whole packets is another one, or the beginning of one; what follows a fault changes
// nothing.
TEST_P(mqtt_vector, with_bytes_behind) {
  const bool server = options.stream.own == mqtt::role::server;
  const std::string ping(server ? "\xc0\x00" : "\xd0\x00", 2);
  const std::string name = server ? "PINGREQ\n" : "PINGRESP\n";
  if (expected.ends_with("END\n")) {
    EXPECT_EQ(log_of(input + ping), whole_packets() + name + "END\n");
    EXPECT_EQ(log_of(input + ping.substr(0, 1)), whole_packets() + "MORE\n");
  } else if (expected.ends_with("MORE\n")) {
    EXPECT_FALSE(input.empty());
  } else {
    EXPECT_EQ(log_of(input + ping), expected);
  }
}

// The state between two packets is the first.
TEST_P(mqtt_vector, repeated) {
  if (options.stream.opening || !expected.ends_with("END\n")) {
    EXPECT_FALSE(expected.empty());
    return;
  }
  EXPECT_EQ(log_of(input + input + input),
            whole_packets() + whole_packets() + whole_packets() + "END\n");
}

TEST_P(mqtt_vector, encoded_anew) {
  const std::string again = mqtt_encoded(options.stream, input);
  if (!expected.ends_with("END\n")) {
    EXPECT_LT(again.size(), input.size() + 1);
    return;
  }
  EXPECT_EQ(log_of(again), expected);
  EXPECT_EQ(again == input, options.canonical) << escape(again);
}

INSTANTIATE_TEST_SUITE_P(all, mqtt_vector, testing::ValuesIn(load_vectors("mqtt")),
                         [](const auto& v) { return test_name(v.param); });

}  // namespace
}  // namespace parley::test
