// A conversation on a loop, during which memory ends: std::bad_alloc comes out of the call or of a
// turn of the loop, and each operation ends once all the same.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <new>
#include <parley/adapters/blocking/loop.hpp>
#include <utility>
#include <vector>

#include "support/allocations.hpp"

namespace parley::test {

class without_memory {
  std::vector<int> ended_;  // outlives the loop, which ends what is left

 protected:
  // As many operations as are begun at the most: the test's own memory is not the matter.
  explicit without_memory(std::size_t operations) { ended_.reserve(operations); }

  template <class F>
  static void bear(F&& f) {
    try {
      f();
    } catch (const std::bad_alloc&) {
      // Told to whoever called; the test goes on as its user would.
    }
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) bear([&] { loop_.run_once(std::chrono::milliseconds(1)); });
  }

  // `begin` returns an operation; `then` gets its result.
  template <class F, class G>
  void count(F&& begin, G then) {
    ended_.push_back(0);
    const std::size_t entry = ended_.size() - 1;
    bool accepted = false;
    bear([&] {
      begin().then([this, entry, then](auto&& outcome) {
        ++ended_[entry];
        then(std::forward<decltype(outcome)>(outcome));
      });
      accepted = true;
    });
    // What threw was never begun, or ends unheard.
    if (!accepted && ended_[entry] == 0) ended_[entry] = 1;
  }
  template <class F>
  void count(F&& begin) {
    count(std::forward<F>(begin), [](const auto&) {});
  }
  // At the end, when nothing is left that could end one of them.
  void expect_each_ended_once(std::size_t allowed) const {
    for (const int times : ended_) EXPECT_EQ(times, 1) << allowed;
  }

  blocking::loop loop_;
};

}  // namespace parley::test
