// A store in one file: a log to which every change is added, and which is written anew once most of
// it is out of date. What was committed survives the death of the process and, with the default
// settings, of the machine.
//
//   auto opened = files::file_store::open({.path = "/var/lib/app/sessions.parley"});
//   if (!opened) return report(opened.error());
//
// All calls are made by the loop's thread and block it. What that costs: put() and erase() copy
// into a buffer of 256 KiB, and write it out when it is full; sync() is one write and one
// fdatasync, 0.1 to 1 ms on an SSD with a capacitor, 2 to 10 ms on others, for all that came in one
// turn of the loop (group_commit). Writing anew costs twice what is alive, on average once per its
// size of changes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/core/hash_seed.hpp>
#include <parley/core/store/store.hpp>
#include <string>

namespace parley::files {

namespace detail {
struct disk_calls;
}

// When sync() waits until the medium has the bytes. Whatever is chosen, sync() gives them to the
// kernel: a process that is killed loses nothing that was committed.
enum class sync_policy : std::uint8_t {
  each_commit,  // survives a cut of power
  interval,     // a cut of power costs at most what came in `sync_interval`
  never,        // when the kernel likes, about 30 s on Linux
};

// What open() does about a part that was committed and reads differently now.
enum class damage_policy : std::uint8_t {
  report,  // errc corrupt, with file and offset; the file is not touched
  // Goes on behind it, at the next batch of changes that is sound. The damaged file is kept as
  // PATH.damaged; file_store::repaired() tells how much was passed over. What the lost changes
  // erased or replaced may be back.
  repair,
};

// How a file_store keeps its log.
struct file_store_settings {
  std::string path{};  // of the file; its folder must be there
  store_limits limits{};
  // The only one that makes an acknowledgement true.
  sync_policy sync = sync_policy::each_commit;
  std::chrono::milliseconds sync_interval{1000};
  damage_policy damage = damage_policy::report;
  // The file is written anew in sync() once it has `compact_min` bytes and is `compact_factor`
  // times what is alive: 3 means two bytes of garbage per byte, and a rewrite that pays for itself.
  std::uint64_t compact_min = 1024 * 1024;
  unsigned compact_factor = 3;
  // From the loop's random source where peers choose names and keys.
  hash_seed seed{};
};

// One process and one thread at a time: the file is locked (flock). Memory: about 200 bytes for
// each record and its key; values stay in the file. The file has mode 0600.
class file_store final : public store {
 public:
  // Opens or makes the file, and reads all of it. A torn end, as a crash leaves it, is cut off.
  // Errors: inaccessible, in_use, wrong_format, corrupt, disk_full, failed; out_of_memory;
  // bad_configuration.
  static result<std::unique_ptr<file_store>> open(file_store_settings settings);
  // The same with other system calls, for tests.
  static result<std::unique_ptr<file_store>> open(file_store_settings settings,
                                                  const detail::disk_calls& disk);
  // Writes what is staged, if it can; call sync() before to know.
  ~file_store() override;

  using store::load;
  using store::load_all;
  using store::put;
  result<void> put(byte_view space, byte_view key, buffer_list value) override;
  result<void> erase(byte_view space, byte_view key) override;
  result<void> erase_space(byte_view space) override;
  result<void> sync() override;
  result<void> load(byte_view space, record_visitor& to) override;
  result<void> load_all(record_visitor& to) override;
  std::size_t size() const noexcept override;
  std::size_t bytes() const noexcept override;
  std::uint64_t staged() const noexcept override;
  std::uint64_t durable() const noexcept override;

  // Bytes of damage that open() has passed over.
  std::uint64_t repaired() const noexcept;
  // Bytes that a torn end had.
  std::uint64_t torn() const noexcept;
  // Of the log, with what is still in the buffer.
  std::uint64_t file_size() const noexcept;
  // Why the file could not be written anew the last time; it grows meanwhile, and loses nothing.
  const std::optional<error>& compaction_fault() const noexcept;

 private:
  struct state;
  explicit file_store(std::unique_ptr<state> all) noexcept;

  std::unique_ptr<state> state_;
};

}  // namespace parley::files
