// The vectors beside wslay: the same messages and the same verdict, but where a block `differs`
// says why not.
#include "reference/wslay.hpp"

#include <gtest/gtest.h>

#include "support/vectors.hpp"
#include "support/websocket_log.hpp"

namespace parley::test {
namespace {

class websocket_vector_wslay : public testing::TestWithParam<vector_case> {};

TEST_P(websocket_vector_wslay, agrees) {
  const websocket_stream stream = parse_websocket_options(GetParam().block("options"));
  const std::string input = unescape(GetParam().block("bytes"));
  const websocket_reading ours = read_websocket(stream, {}, input);
  bool agrees = true;
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, input.size() + 1}) {
    const websocket_reading theirs = wslay_read(stream, input, chunk);
    agrees = agrees && ours == theirs;
    if (GetParam().block("differs").empty()) {
      EXPECT_TRUE(ours == theirs) << chunk << "\n" << to_string(ours) << to_string(theirs);
    }
  }
  EXPECT_EQ(agrees, GetParam().block("differs").empty());
}

INSTANTIATE_TEST_SUITE_P(all, websocket_vector_wslay, testing::ValuesIn(load_vectors("websocket")),
                         [](const auto& v) { return test_name(v.param); });

}  // namespace
}  // namespace parley::test
