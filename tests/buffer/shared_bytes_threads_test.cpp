#include <parley/core/buffer/shared_bytes.hpp>

#include <gtest/gtest.h>

#include <thread>

namespace parley {
namespace {

// TSan and ASan judge it: the last reference may be dropped by any thread.
TEST(shared_bytes_threads, copies_may_die_in_different_threads) {
  std::size_t sum = 0;
  auto bytes = shared_bytes::copy(as_bytes("abcdefgh"));
  std::thread other([copy = bytes]() mutable {
    for (int i = 0; i < 1000; ++i) copy = copy.slice(0, 8);
    copy = {};
  });
  for (int i = 0; i < 1000; ++i) sum += shared_bytes(bytes).size();
  bytes = {};
  other.join();
  EXPECT_EQ(sum, 8000u);
}

}  // namespace
}  // namespace parley
