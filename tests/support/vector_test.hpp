// A machine against vectors: what it does with the bytes of each is what its log says, however they
// are cut. A test derives from machine_vector and says how one vector is played:
//
//   class client_vector : public machine_vector {
//     std::string play(const cuts& at) override {
//       ...                                    // a new machine
//       give(at, [&](std::string_view piece) { feed(piece); });
//       return log;
//     }
//   };
//   TEST_P(client_vector, whole) { play_whole(); }
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/vectors.hpp"

namespace parley::test {

class machine_vector : public testing::TestWithParam<vector_case> {
 protected:
  // Places in the bytes, in their order.
  using cuts = std::vector<std::size_t>;

  machine_vector()
      : input_(unescape(GetParam().block("bytes"))), expected_(GetParam().block("log")) {
    EXPECT_FALSE(input_.empty());
  }

  // Plays it anew; the bytes come in the pieces that `at` makes of them.
  virtual std::string play(const cuts& at) = 0;

  // Calls `take(line)` for each line of the block `options`.
  template <class Take>
  static void each_option(Take&& take) {
    for (std::string_view rest = GetParam().block("options"); !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      take(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  // Calls `feed(piece)` for each piece.
  template <class Feed>
  void give(const cuts& at, Feed&& feed) const {
    std::size_t begin = 0;
    for (const std::size_t cut : at) {
      feed(std::string_view(input_).substr(begin, cut - begin));
      begin = cut;
    }
    feed(std::string_view(input_).substr(begin));
  }

  void play_whole() { EXPECT_EQ(play({}), expected_); }
  void play_cut_at_every_byte() {
    for (std::size_t cut = 1; cut < input_.size(); ++cut) {
      ASSERT_EQ(play({cut}), expected_) << "cut at " << cut;
    }
  }
  void play_byte_by_byte() {
    cuts at;
    for (std::size_t cut = 1; cut < input_.size(); ++cut) at.push_back(cut);
    EXPECT_EQ(play(at), expected_);
  }

 private:
  std::string input_;
  std::string expected_;
};

}  // namespace parley::test
