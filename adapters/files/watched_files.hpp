// Whether the files of a tls_settings have changed since they were looked at.
#pragma once

#include <cstdint>
#include <parley/core/api/tables.hpp>
#include <string>
#include <vector>

namespace parley::files {

// Remembers what the paths lead to, without opening a file: the system is asked for the size, the
// times (in nanoseconds), the inode and the device. Of a folder this is done for the files that
// read_pem() reads; of the system's store for all places where it may be.
class watched_files {
 public:
  // Looks for the first time. Do it before the files are read, so that no change is missed.
  explicit watched_files(const tls_settings& settings);

  // Looks again. True if anything is not as it was at the last look: each change is told once.
  // That a file vanishes, appears, or may no longer be read is a change.
  bool changed();

 private:
  struct file {
    std::string path{};
    int code = 0;  // errno, if it is not there
    std::uint64_t device = 0;
    std::uint64_t node = 0;
    std::int64_t size = 0;
    std::int64_t modified = 0;
    std::int64_t changed = 0;
    friend bool operator==(const file&, const file&) = default;
  };

  std::vector<file> look() const;
  static void add(std::vector<file>& to, const std::string& path, bool into_folders);

  std::vector<std::string> paths_;
  bool with_store_ = false;  // the system's
  std::vector<file> seen_;
};

}  // namespace parley::files
