// Opening what lies below a folder, whatever a path from outside says. Not installed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace parley::files::detail {

// What fstat says of an open file.
struct file_facts {
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970
  bool is_file = false;       // a regular one
  bool is_folder = false;
};

// A descriptor, closed with it.
class open_file {
 public:
  open_file() noexcept = default;
  explicit open_file(int descriptor) noexcept : descriptor_(descriptor) {}
  open_file(open_file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  open_file& operator=(open_file&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~open_file();

  int get() const noexcept { return descriptor_; }
  bool is_open() const noexcept { return descriptor_ >= 0; }
  // Nothing is said (neither file nor folder) if it cannot be known.
  file_facts look() const noexcept;
  // Fills `into` from `offset` on. Less than that: the file ends there, or cannot be read.
  std::size_t read(std::uint64_t offset, std::span<std::byte> into) const noexcept;

 private:
  int descriptor_ = -1;
};

enum class links : std::uint8_t {
  none,    // nowhere on the way
  inside,  // relative ones that stay below the folder
};

enum class confinement : std::uint8_t {
  kernel,     // openat2 with RESOLVE_BENEATH (Linux 5.6)
  by_folder,  // folder by folder, without links
};
// What this kernel, or a filter in front of it (seccomp), lets us do.
confinement best_confinement();

// Whether every segment of a relative path has a name of its own: none is empty, "." or "..", and
// there is no NUL. "" is the folder itself.
bool is_sound_path(std::string_view path) noexcept;

// Opens for reading, without waiting for anybody: a pipe or a device is opened at most, and its
// facts tell what it is. The error is errno; EXDEV, ELOOP or ENOTDIR for what leads outside.
std::expected<open_file, int> open_beneath(const std::string& folder, std::string_view path,
                                           links follow, confinement how);

}  // namespace parley::files::detail
