// The store in a file: what a disk, a crash and another process can do to it.
#include <parley/adapters/files/store/file_store.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <parley/adapters/files/store/detail/log_file.hpp>
#include <random>

#include "store/stores.hpp"

namespace parley::test {
namespace {

using files::file_store;
using files::file_store_settings;
using words = std::vector<std::string>;

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct file_stores : testing::Test {
  file_store_settings at(const std::string& name = "log") const {
    file_store_settings how;
    how.path = folder / name;
    return how;
  }
  // Two batches: "a/1=one", "b/2=two" and, after a sync, "a/1=changed", "a/3=three", without b/2.
  std::string small_log() const {
    auto s = file_store::open(at("made"));
    EXPECT_TRUE(put(**s, "a", "1", "one") && put(**s, "b", "2", "two") && (*s)->sync());
    EXPECT_TRUE(put(**s, "a", "1", "changed") && put(**s, "a", "3", "three"));
    EXPECT_TRUE(erase(**s, "b", "2") && (*s)->sync());
    s->reset();
    return bytes_of(at("made").path);
  }

  temporary_folder folder;
};

// What contents() may be after each of the changes of small_log().
const std::vector<words> states = {{},
                                   {"a/1=one"},
                                   {"a/1=one", "b/2=two"},
                                   {"a/1=changed", "b/2=two"},
                                   {"a/1=changed", "a/3=three", "b/2=two"},
                                   {"a/1=changed", "a/3=three"}};

TEST_F(file_stores, recover_a_log_that_was_cut_at_any_byte) {
  const std::string whole = small_log();
  std::size_t shown = 0;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    folder.write("log", whole.substr(0, size));
    auto s = file_store::open(at(), quick_disk);
    ASSERT_TRUE(s) << size << " " << s.error().to_string();
    const words now = contents(**s);
    // Whole changes, and never fewer than of a shorter one.
    if (now != states[shown]) ++shown;
    ASSERT_EQ(now, states[shown]) << size;
    // It goes on from there.
    ASSERT_TRUE(put(**s, "z", "9", "new") && (*s)->sync());
    s->reset();
    s = file_store::open(at(), quick_disk);
    ASSERT_TRUE(s) << size;
    ASSERT_EQ(contents(**s).back(), "z/9=new");
    ASSERT_EQ((*s)->size(), now.size() + 1);
    EXPECT_EQ((*s)->torn(), 0U);
  }
  EXPECT_EQ(shown, states.size() - 1);
}

TEST_F(file_stores, report_or_recover_every_flipped_byte) {
  const std::string whole = small_log();
  std::size_t reported = 0;
  for (std::size_t at_byte = 0; at_byte < whole.size(); ++at_byte) {
    for (const int bit : {1, 128}) {
      std::string damaged = whole;
      damaged[at_byte] = static_cast<char>(damaged[at_byte] ^ bit);
      folder.write("log", damaged);
      auto s = file_store::open(at(), quick_disk);
      if (s) {
        // Only the last mark says nothing that matters.
        ASSERT_GE(at_byte, whole.size() - 16);
        ASSERT_EQ(contents(**s), states.back());
        continue;
      }
      ++reported;
      const bool in_head = at_byte < 20;
      ASSERT_EQ(s.error(), in_head ? store_errc::wrong_format : store_errc::corrupt) << at_byte;
      ASSERT_NE(s.error().to_string().find(at().path), std::string::npos);
      ASSERT_EQ(bytes_of(at().path), damaged);  // not touched
    }
  }
  EXPECT_EQ(reported, 2 * (whole.size() - 16));
}

TEST_F(file_stores, repair_what_is_damaged_when_told) {
  std::string damaged = small_log();
  damaged[20 + 5] = 'x';  // in the first record of the first batch
  folder.write("log", damaged);
  auto how = at();
  const auto reported = file_store::open(how);
  ASSERT_FALSE(reported);
  EXPECT_NE(reported.error().to_string().find("at byte 20"), std::string::npos);
  how.damage = files::damage_policy::repair;
  auto s = file_store::open(how);
  ASSERT_TRUE(s) << s.error().to_string();
  EXPECT_EQ(contents(**s), states.back());  // the second batch says all again
  EXPECT_GT((*s)->repaired(), 0U);
  EXPECT_EQ(bytes_of(how.path + ".damaged"), damaged);
  s->reset();
  EXPECT_TRUE(file_store::open(at()));
}

// Damage while the store is open: of what is loaded nothing is wrong.
TEST_F(file_stores, notice_damage_when_loading) {
  auto s = file_store::open(at());
  ASSERT_TRUE(put(**s, "a", "1", "precious") && (*s)->sync());
  std::string bytes = bytes_of(at().path);
  {
    std::fstream out(at().path, std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(bytes.find("precious")));
    out.put('P');
  }
  EXPECT_EQ((*s)->load_all([](const stored_record&) {}).error(), store_errc::corrupt);
}

TEST_F(file_stores, refuse_what_is_no_log_of_theirs) {
  const auto refused = [&](store_errc expected) {
    const auto s = file_store::open(at());
    return !s && s.error() == expected && s.error().message().starts_with(at().path);
  };
  folder.write("log", "a text that somebody has written");
  EXPECT_TRUE(refused(store_errc::wrong_format));
  folder.write("log", "short");
  EXPECT_TRUE(refused(store_errc::wrong_format));
  std::filesystem::remove(at().path);
  folder.make_folder("log");
  EXPECT_TRUE(refused(store_errc::inaccessible));
  EXPECT_EQ(file_store::open(at("no/such/folder")).error(), store_errc::inaccessible);
  EXPECT_EQ(file_store::open({}).error(), errc::bad_configuration);
}

TEST_F(file_stores, are_private_and_used_by_one_at_a_time) {
  auto s = file_store::open(at());
  ASSERT_TRUE(s);
  struct stat found{};
  ASSERT_EQ(::stat(at().path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_EQ(file_store::open(at()).error(), store_errc::in_use);
  // Also once the file was written anew.
  auto how = at("other");
  how.compact_min = 1;
  auto small = file_store::open(how);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(put(**small, "a", "1", "x") && (*small)->sync());
  EXPECT_FALSE((*small)->compaction_fault());
  EXPECT_LT((*small)->file_size(), 300U);
  EXPECT_EQ(file_store::open(how).error(), store_errc::in_use);
  small->reset();
  EXPECT_TRUE(file_store::open(how));
}

TEST_F(file_stores, write_the_file_anew_where_a_link_leads) {
  folder.make_folder("real");
  folder.link(folder / "real/log", "log");
  auto how = at();
  how.compact_min = 1;
  auto s = file_store::open(how);
  ASSERT_TRUE(s);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(put(**s, "a", "1", std::to_string(i)) && (*s)->sync());
  s->reset();
  EXPECT_TRUE(std::filesystem::is_symlink(how.path));
  s = file_store::open(at("real/log"));
  EXPECT_EQ(contents(**s), words{"a/1=19"});
}

TEST_F(file_stores, keep_large_values_and_many_records) {
  auto s = file_store::open(at());
  const std::string large(3'000'000, 'L');
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(put(**s, "many", std::to_string(i), "value"));
  ASSERT_TRUE(put(**s, "large", "1", large) && put(**s, "large", "2", "after") && (*s)->sync());
  ASSERT_TRUE((*s)->erase_space(as_bytes("many")));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(put(**s, "large", "1", large) && (*s)->sync());
  EXPECT_LT((*s)->file_size(), 4U * large.size());
  s->reset();
  s = file_store::open(at());
  EXPECT_TRUE(contents(**s) == (words{"large/1=" + large, "large/2=after"}));
}

// --- a disk that fails ------------------------------------------------------------------------

int fail_with = 0;
int allowed = 0;
bool fails() {
  if (fail_with == 0 || allowed-- > 0) return false;
  errno = fail_with;
  return true;
}
// Nothing waits for the medium: no test can cut the power.
const files::detail::disk_calls faulty_disk{
    [](int f, const void* from, std::size_t n, off_t to) -> ssize_t {
      // Half of it is written before the disk is full.
      if (!fails()) return ::pwrite(f, from, n, to);
      if (n > 1) (void)!::pwrite(f, from, n / 2, to);
      return -1;
    },
    [](int f, void* into, std::size_t n, off_t from) { return ::pread(f, into, n, from); },
    [](int) { return fails() ? -1 : 0; },
    [](int) { return fails() ? -1 : 0; },
    [](int f, off_t size) { return ::ftruncate(f, size); },
    [](const char* from, const char* to) { return fails() ? -1 : ::rename(from, to); }};

TEST_F(file_stores, tell_of_a_full_disk_and_try_again) {
  fail_with = 0;
  auto s = file_store::open(at(), faulty_disk);
  ASSERT_TRUE(put(**s, "a", "1", "one") && (*s)->sync());
  const std::string large(500'000, 'L');
  fail_with = ENOSPC;
  allowed = 0;
  ASSERT_TRUE(put(**s, "a", "2", "two"));
  const auto full = (*s)->sync();
  EXPECT_EQ(full.error(), store_errc::disk_full);
  EXPECT_TRUE(full.error().is_transient());
  EXPECT_FALSE(full.error().hint().empty());
  EXPECT_EQ(put(**s, "a", "3", large).error(), store_errc::disk_full);
  EXPECT_LT((*s)->durable(), (*s)->staged());
  EXPECT_EQ(contents(**s), (words{"a/1=one", "a/2=two"}));
  fail_with = 0;
  ASSERT_TRUE((*s)->sync());
  ASSERT_TRUE(put(**s, "a", "3", large) && (*s)->sync());
  EXPECT_EQ((*s)->durable(), (*s)->staged());
  s->reset();
  s = file_store::open(at());
  EXPECT_TRUE(contents(**s) == (words{"a/1=one", "a/2=two", "a/3=" + large}));
}

// After a failed fdatasync the kernel may have forgotten what it could not write.
TEST_F(file_stores, take_nothing_more_after_a_failed_sync) {
  fail_with = 0;
  auto s = file_store::open(at(), faulty_disk);
  ASSERT_TRUE(put(**s, "a", "1", "one"));
  fail_with = EIO;
  allowed = 1;  // the write, not the sync
  EXPECT_EQ((*s)->sync().error(), store_errc::failed);
  fail_with = 0;
  EXPECT_EQ((*s)->sync().error(), store_errc::failed);
  EXPECT_EQ(put(**s, "a", "2", "two").error(), store_errc::failed);
  EXPECT_EQ(erase(**s, "a", "1").error(), store_errc::failed);
  EXPECT_EQ((*s)->durable(), 0U);
  s->reset();
  EXPECT_TRUE(file_store::open(at()));
}

// Each call of a commit with a rewrite fails in turn: what was committed stays.
TEST_F(file_stores, lose_nothing_whichever_call_fails) {
  for (const int code : {ENOSPC, EIO}) {
    bool was_reached = true;
    for (int n = 0; was_reached; ++n) {
      const auto name = std::to_string(code) + "-" + std::to_string(n);
      auto how = at(name);
      how.compact_min = 400;
      fail_with = 0;
      auto s = file_store::open(how, faulty_disk);
      fail_with = code;
      allowed = n;
      int committed = -1;
      for (int i = 0; i < 30; ++i) {
        if (put(**s, "a", "1", std::to_string(i)) && (*s)->sync()) committed = i;
      }
      was_reached = allowed < 0;
      fail_with = 0;
      s->reset();
      s = file_store::open(how);
      ASSERT_TRUE(s) << s.error().to_string();
      const words now = contents(**s);
      const int found = now.empty() ? -1 : std::stoi(now.front().substr(4));
      ASSERT_GE(found, committed) << name;
    }
  }
}

// RLIMIT_FSIZE is the only full disk that needs no root: a real EFBIG, in a process of its own.
TEST_F(file_stores, tell_of_a_file_that_may_not_grow) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit most{10'000, 10'000};
    ::setrlimit(RLIMIT_FSIZE, &most);
    auto s = file_store::open(at());
    result<void> last{};
    int written = 0;
    while (last && ++written < 100) {
      last = put(**s, "a", std::to_string(written), std::string(1000, 'x'));
      if (last) last = (*s)->sync();
    }
    const bool ok = !last && last.error() == store_errc::disk_full && written == 10;
    ::_exit(ok && last.error().hint().find("ulimit") != std::string_view::npos ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  auto s = file_store::open(at());
  ASSERT_TRUE(s);
  EXPECT_EQ((*s)->size(), 9U);
}

// --- a process that is killed -----------------------------------------------------------------

// Puts numbered records of many sizes, erases old ones, and tells each number once it is durable.
[[noreturn]] void write_until_killed(const file_store_settings& how, int tell) {
  auto s = file_store::open(how);
  if (!s) ::_exit(1);
  std::uint32_t next = 0;
  (void)(*s)->load_all([&](const stored_record& r) {
    next = static_cast<std::uint32_t>(std::stoul(std::string(as_text(r.key)))) + 1;
  });
  for (;; ++next) {
    const std::string value(next * 37 % 3000, static_cast<char>('a' + next % 26));
    if (!put(**s, "space", std::to_string(next), value)) ::_exit(2);
    if (next >= 50 && !erase(**s, "space", std::to_string(next - 50))) ::_exit(3);
    if (!(*s)->sync()) ::_exit(4);
    if (::write(tell, &next, sizeof next) != sizeof next) ::_exit(5);
  }
}

TEST_F(file_stores, lose_nothing_committed_when_the_process_is_killed) {
  const int rounds = std::getenv("PARLEY_LONG") ? 100 : 10;
  auto how = at();
  how.compact_min = 50'000;  // some are killed while they write it anew
  std::mt19937 draw(std::random_device{}());
  std::uint32_t committed = 0;
  for (int round = 0; round < rounds; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) write_until_killed(how, ends[1]);
    ::close(ends[1]);
    for (auto wait = draw() % 150 + 1; wait > 0; --wait) {
      ASSERT_EQ(::read(ends[0], &committed, sizeof committed), ssize_t{sizeof committed});
    }
    ::usleep(static_cast<useconds_t>(draw() % 1000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    while (::read(ends[0], &committed, sizeof committed) == ssize_t{sizeof committed}) {
    }
    ::close(ends[0]);

    auto s = file_store::open(how);
    ASSERT_TRUE(s) << s.error().to_string();
    std::uint32_t first = 0, last = 0, count = 0;
    ASSERT_TRUE((*s)->load_all([&](const stored_record& r) {
      last = static_cast<std::uint32_t>(std::stoul(std::string(as_text(r.key))));
      if (count++ == 0) first = last;
      const std::string value(last * 37 % 3000, static_cast<char>('a' + last % 26));
      EXPECT_TRUE(as_text(r.value) == value);
      EXPECT_EQ(last, first + count - 1);  // in order, without a gap
    }));
    EXPECT_GE(last, committed);
    EXPECT_LE(last, committed + 1);
    EXPECT_LE(first, committed < 50 ? 0 : committed - 48);
  }
}

}  // namespace
}  // namespace parley::test
