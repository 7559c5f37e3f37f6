// One open log: what the operating system does for it, errors in words. Not installed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <parley/adapters/files/store/detail/recovery.hpp>
#include <parley/core/store/errc.hpp>
#include <string>

namespace parley::files::detail {

// The calls that can fail for want of a sound disk; tests replace them.
struct disk_calls {
  ssize_t (*pwrite)(int, const void*, std::size_t, off_t);
  ssize_t (*pread)(int, void*, std::size_t, off_t);
  int (*fdatasync)(int);
  int (*fsync)(int);  // of folders
  int (*ftruncate)(int, off_t);
  int (*rename)(const char*, const char*);
};
extern const disk_calls real_disk;

class log_file final : public log_source {
 public:
  log_file() = default;
  log_file(log_file&& other) noexcept;
  log_file& operator=(log_file&& other) noexcept;
  ~log_file();

  // Opens or makes the file, for this user alone (0600), and locks it against other processes.
  // Errors: inaccessible, in_use, wrong_format (no regular file).
  static result<log_file> open(const std::string& path, const disk_calls& disk);
  // A new, empty one beside it.
  static result<log_file> create(const std::string& path, const disk_calls& disk);

  std::uint64_t size() const noexcept override { return size_; }
  result<void> read(std::uint64_t offset, std::span<std::byte> into) override;
  // Adds all pieces at the end. After an error size() is what it was, and so is the file: errors
  // are disk_full, or `failed` where that could not be brought about.
  result<void> append(buffer_list pieces);
  result<void> truncate(std::uint64_t size);
  result<void> sync();
  // Gives it the name of the other, which is gone then.
  result<void> rename_to(const std::string& path);
  // Makes names in the file's folder durable.
  result<void> sync_folder();

  const std::string& path() const noexcept { return path_; }

 private:
  log_file(int descriptor, std::string path, const disk_calls& disk) noexcept;
  result<void> undo(int code);

  int descriptor_ = -1;
  std::string path_;
  const disk_calls* disk_ = &real_disk;
  std::uint64_t size_ = 0;
};

// errno as an error of the store, with the path, the system's words and a hint.
error disk_error(int code, const std::string& path, bool is_opening);

}  // namespace parley::files::detail
