// When a file_store waits for the medium: each commit, at intervals, never. Whatever it does, what
// was committed is with the kernel, and survives the process.
#include <gtest/gtest.h>

#include <parley/adapters/files/store/file_store.hpp>

#include "store/stores.hpp"
#include "support/temporary_folder.hpp"

namespace parley::test {
namespace {

using files::file_store;
using files::sync_policy;

int waits = 0;
const files::detail::disk_calls counting_disk = [] {
  files::detail::disk_calls disk = quick_disk;
  disk.fdatasync = [](int) {
    ++waits;
    return 0;
  };
  return disk;
}();

// Commits ten records; how often that waited for the medium. They are there for whoever opens the
// file next, as the process is killed.
int waits_of(sync_policy how, std::chrono::milliseconds interval) {
  const temporary_folder folder;
  const files::file_store_settings settings{
      .path = folder / "log", .sync = how, .sync_interval = interval};
  int during = 0;
  {
    auto s = file_store::open(settings, counting_disk);
    EXPECT_TRUE(s);
    waits = 0;
    for (int i = 0; i < 10; ++i) {
      const std::string key = std::to_string(i);
      EXPECT_TRUE((*s)->put(as_bytes(std::string_view("a")), as_bytes(std::string_view(key)),
                            as_bytes(std::string_view("value"))));
      EXPECT_LT((*s)->durable(), (*s)->staged());
      EXPECT_TRUE((*s)->sync());
      EXPECT_EQ((*s)->durable(), (*s)->staged());
      // A copy of the file is what a process that is killed now leaves.
      std::filesystem::copy_file(settings.path, folder / "copy",
                                 std::filesystem::copy_options::overwrite_existing);
      auto copy = file_store::open({.path = folder / "copy"}, quick_disk);
      EXPECT_TRUE(copy);
      EXPECT_EQ((*copy)->size(), static_cast<std::size_t>(i) + 1);
    }
    during = waits;
  }
  auto again = file_store::open(settings, quick_disk);
  EXPECT_TRUE(again);
  EXPECT_EQ((*again)->size(), 10U);
  return during;
}

TEST(sync_policies, each_commit_waits) { EXPECT_GE(waits_of(sync_policy::each_commit, {}), 10); }

TEST(sync_policies, never_does_not) { EXPECT_EQ(waits_of(sync_policy::never, {}), 0); }

TEST(sync_policies, an_interval_is_waited_for_once) {
  EXPECT_EQ(waits_of(sync_policy::interval, std::chrono::hours(1)), 0);
  // One that is over with each commit.
  EXPECT_GE(waits_of(sync_policy::interval, std::chrono::milliseconds(0)), 10);
}

}  // namespace
}  // namespace parley::test
