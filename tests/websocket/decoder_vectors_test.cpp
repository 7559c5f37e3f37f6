// Each vector whole, cut at every byte, byte by byte, with bytes behind it, repeated, with other
// masks and as the other role, with every kernel of core/text, against a page without access. The
// log must be the same.
#include <gtest/gtest.h>

#include <array>

#include "support/vectors.hpp"
#include "support/websocket_log.hpp"
#include "text/levels.hpp"

namespace parley::test {
namespace {

constexpr websocket::mask_key some_key = {std::byte{0x37}, std::byte{0xFA}, std::byte{0x21},
                                          std::byte{0x3D}};

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

class websocket_vector : public testing::TestWithParam<vector_case> {
 protected:
  websocket_vector()
      : stream(parse_websocket_options(GetParam().block("options"))),
        input(unescape(GetParam().block("bytes"))),
        expected(GetParam().block("log")),
        guard(3 * input.size() + 1000) {}

  std::string log(const std::vector<std::size_t>& cuts = {}) {
    return websocket_log(stream, cuts, input, &guard);
  }
  std::string log_of(const std::string& bytes) { return websocket_log(stream, {}, bytes, &guard); }
  bool is_server() const { return stream.own == websocket::role::server; }

  websocket_stream stream;
  std::string input;
  std::string expected;
  guarded guard;
};

TEST_P(websocket_vector, whole) {
  ASSERT_FALSE(expected.empty());
  at_every_level([&] { EXPECT_EQ(log(), expected); });
}

// Long ones at some two hundred places, and at each of their first and last hundred.
TEST_P(websocket_vector, cut_at_every_byte) {
  const std::size_t size = input.size();
  const std::size_t step = size > 3000 ? size / 200 : 1;
  at_every_level([&] {
    for (std::size_t cut = 0; cut <= size; ++cut) {
      if (cut > 100 && cut + 100 < size && cut % step != 0) continue;
      ASSERT_EQ(log({cut}), expected) << "cut at " << cut;
    }
  });
}

TEST_P(websocket_vector, byte_by_byte) {
  const std::size_t least = 1 + input.size() / 3000;
  at_every_level([&] {
    for (const std::size_t step : {least, least + 1, least + 6, least + 99}) {
      ASSERT_EQ(log(websocket_cuts(input.size(), step)), expected) << step;
    }
  });
}

// Frames that are shown in pieces instead of whole, and the other way round: only how soon they are
// shown differs, so whole streams of whole messages give the same.
TEST_P(websocket_vector, in_pieces) {
  const parts_of_log once(expected);
  if (once.ending == "MORE\n" || once.ending.starts_with("fail")) {
    EXPECT_NE(once.ending, "");
    return;
  }
  for (const std::uint32_t whole : {0U, 1U, 5U, 126U, 1U << 20}) {
    stream.bounds.whole_frame = whole;
    ASSERT_EQ(log(), expected) << whole;
    ASSERT_EQ(log(websocket_cuts(input.size(), 1 + input.size() / 3000)), expected) << whole;
  }
}

// What follows whole frames is another one; what follows a fault or a close changes nothing.
TEST_P(websocket_vector, with_bytes_behind) {
  const std::string ping = is_server() ? std::string("\x89\x81\0\0\0\0p", 7) : "\x89\x01p";
  const std::string more = log_of(input + ping);
  const parts_of_log alone(expected);
  if (alone.ending == "CLOSED\n" || alone.ending.starts_with("fail")) {
    EXPECT_EQ(more, expected);
  } else if (alone.ending == "END\n") {
    EXPECT_EQ(more, alone.body + "ping 1 \"p\"\nEND\n");
  } else {
    EXPECT_EQ(alone.ending, "MORE\n");
  }
}

// The same stream again and again: the state between two messages is the first.
TEST_P(websocket_vector, repeated) {
  const parts_of_log once(expected);
  if (once.ending != "END\n") {
    EXPECT_NE(once.ending, "");
    return;
  }
  EXPECT_EQ(log_of(input + input + input), once.body + once.body + once.body + "END\n");
}

TEST_P(websocket_vector, with_another_mask) {
  input = with_mask(input, some_key);
  at_every_level([&] {
    ASSERT_EQ(log(), expected);
    ASSERT_EQ(log({input.size() / 3, input.size() / 2}), expected);
  });
}

// Without masks it is what a client gets.
TEST_P(websocket_vector, as_the_other_role) {
  const bool about_masks =
      expected.find("masked\n") != std::string::npos || !GetParam().block("server_only").empty();
  if (!is_server() || about_masks) {
    EXPECT_FALSE(expected.empty());
    return;
  }
  stream.own = websocket::role::client;
  input = without_masks(input);
  at_every_level([&] {
    ASSERT_EQ(log(), expected);
    ASSERT_EQ(log(websocket_cuts(input.size(), 1 + input.size() / 3000)), expected);
  });
}

INSTANTIATE_TEST_SUITE_P(all, websocket_vector, testing::ValuesIn(load_vectors("websocket")),
                         [](const auto& v) { return test_name(v.param); });

}  // namespace
}  // namespace parley::test
