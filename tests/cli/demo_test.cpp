// What the demonstration does: one conversation over five protocols, and a speaker whose servers
// are taken away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <parley/core/version.hpp>

#include "program.hpp"
#include "support/tls_files.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string demo = PARLEY_BINARY_DIR "/parley_demo";

// S1, S2: the same code speaks, listens and calls over each protocol, on each loop, with TLS and
// without.
TEST(demo, protocols_behind_one_interface) {
  const auto got =
      run_shell(demo + " five " + files().chain + " " + files().key + " " + files().ca);
  EXPECT_EQ(got.code, 0) << got.text;
  for (const char* protocol : {"redis ", "mqtt ", "websocket ", "rest ", "grpc "}) {
    if (find_build_part("grpc")->built || protocol != std::string("grpc ")) {
      EXPECT_THAT(got.text, HasSubstr(protocol));
    }
  }
  EXPECT_THAT(got.text, Not(HasSubstr("WRONG")));
}

// S121
TEST(demo, messages_go_on_over_the_next_protocol) {
  const auto got = run_shell(demo + " fallback");
  EXPECT_EQ(got.code, 0) << got.text;
  EXPECT_THAT(got.text, HasSubstr("Redis has gone"));
  EXPECT_THAT(got.text, HasSubstr("Redis has come back"));
  EXPECT_THAT(got.text, Not(HasSubstr("WRONG")));
}

}  // namespace
}  // namespace parley::test
