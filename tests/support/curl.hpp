// curl as a client of our server: runs to its end while our loop serves it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "support/child.hpp"

namespace parley::test {

struct curl_outcome {
  int code = 0;
  std::string out, err;
};

// `at` is an on_loop<>. Reads no configuration of the user's; curl ends by itself at the latest
// after 20 s.
template <class Loop>
curl_outcome run_curl(Loop& at, std::vector<std::string> words, const std::string& input = {},
                      int expected = 0) {
  words.insert(words.begin(), {"curl", "-q", "--silent", "--show-error", "--max-time", "20"});
  child c(std::move(words), input);
  EXPECT_TRUE(at.run_until([&] { return c.has_ended(); }, std::chrono::seconds(30)));
  EXPECT_EQ(c.code(), expected) << c.err();
  return {c.code(), c.out(), c.err()};
}

}  // namespace parley::test
