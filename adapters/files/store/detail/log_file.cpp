#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <parley/adapters/files/store/detail/log_file.hpp>
#include <system_error>
#include <utility>

namespace parley::files::detail {

#ifdef __APPLE__
constexpr auto sync_data = ::fsync;
#else
constexpr auto sync_data = ::fdatasync;
#endif
const disk_calls real_disk{::pwrite, ::pread, sync_data, ::fsync, ::ftruncate, ::rename};

error disk_error(int code, const std::string& path, bool is_opening) {
  std::string text = path + ": " + std::generic_category().message(code);
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return error(store_errc::disk_full, std::move(text));
    case EFBIG:
      return error(store_errc::disk_full, std::move(text))
          .with_hint(
              "the file has reached the largest size allowed: raise ulimit -f, or lower "
              "max_bytes");
    case EWOULDBLOCK:
      return error(store_errc::in_use, std::move(text));
    default:
      break;
  }
  if (!is_opening) return error(store_errc::failed, std::move(text));
  error why(store_errc::inaccessible, std::move(text));
  if (code == EACCES || code == EPERM || code == EROFS) {
    return std::move(why).with_hint("the process runs as uid " + std::to_string(::geteuid()) +
                                    ": let it write the file and its folder");
  }
  if (code == ENOENT) return std::move(why).with_hint("make the folder: only the file is made");
  return why;
}

log_file::log_file(int descriptor, std::string path, const disk_calls& disk) noexcept
    : descriptor_(descriptor), path_(std::move(path)), disk_(&disk) {}
log_file::log_file(log_file&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      disk_(other.disk_),
      size_(other.size_) {}
log_file& log_file::operator=(log_file&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(disk_, other.disk_);
  std::swap(size_, other.size_);
  return *this;
}
log_file::~log_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

result<log_file> log_file::open(const std::string& path, const disk_calls& disk) {
  for (;;) {
    // O_NONBLOCK: a pipe would wait for its other end.
    constexpr int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    log_file made(::open(path.c_str(), flags, 0600), path, disk);
    if (made.descriptor_ < 0) return std::unexpected(disk_error(errno, path, true));
    struct stat mine{}, named{};
    if (::fstat(made.descriptor_, &mine) != 0) {
      return std::unexpected(disk_error(errno, path, true));
    }
    if (!S_ISREG(mine.st_mode)) return fail(store_errc::wrong_format, path + ": no regular file");
    if (::flock(made.descriptor_, LOCK_EX | LOCK_NB) != 0) {
      return std::unexpected(disk_error(errno, path, true));
    }
    // Between open and flock the owner may have put a new file in its place.
    const bool is_named = ::stat(path.c_str(), &named) == 0;
    if (!is_named || named.st_ino != mine.st_ino || named.st_dev != mine.st_dev) continue;
    if (::fstat(made.descriptor_, &mine) != 0) {
      return std::unexpected(disk_error(errno, path, true));
    }
    made.size_ = static_cast<std::uint64_t>(mine.st_size);
    return made;
  }
}

result<log_file> log_file::create(const std::string& path, const disk_calls& disk) {
  // What a compaction that was killed has left.
  ::unlink(path.c_str());
  constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  log_file made(::open(path.c_str(), flags, 0600), path, disk);
  if (made.descriptor_ < 0 || ::flock(made.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    return std::unexpected(disk_error(errno, path, true));
  }
  return made;
}

result<void> log_file::read(std::uint64_t offset, std::span<std::byte> into) {
  while (!into.empty()) {
    const ssize_t n =
        disk_->pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(disk_error(errno, path_, false));
    if (n == 0) return fail(store_errc::corrupt, path_ + ": somebody has cut it");
    offset += static_cast<std::uint64_t>(n);
    into = into.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

// A part of a record must not stay: the next one would follow it.
result<void> log_file::undo(int code) {
  if (disk_->ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) {
    return fail(store_errc::failed, path_ + ": " + std::generic_category().message(errno));
  }
  return std::unexpected(disk_error(code, path_, false));
}

result<void> log_file::append(buffer_list pieces) {
  std::uint64_t at = size_;
  for (const const_buffer& piece : pieces) {
    const char* data = static_cast<const char*>(piece.data);
    for (std::size_t left = piece.size; left > 0;) {
      const ssize_t n = disk_->pwrite(descriptor_, data, left, static_cast<off_t>(at));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return undo(errno);
      data += n;
      at += static_cast<std::uint64_t>(n);
      left -= static_cast<std::size_t>(n);
    }
  }
  size_ = at;
  return {};
}

result<void> log_file::truncate(std::uint64_t size) {
  if (disk_->ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
    return std::unexpected(disk_error(errno, path_, false));
  }
  size_ = size;
  return {};
}

result<void> log_file::sync() {
  while (disk_->fdatasync(descriptor_) != 0) {
    if (errno == EINTR) continue;
    // What was not written may be forgotten by the kernel now: another try would lie.
    return fail(store_errc::failed, path_ + ": " + std::generic_category().message(errno));
  }
  return {};
}

result<void> log_file::rename_to(const std::string& path) {
  if (disk_->rename(path_.c_str(), path.c_str()) != 0) {
    return std::unexpected(disk_error(errno, path, false));
  }
  path_ = path;
  return {};
}

result<void> log_file::sync_folder() {
  const std::size_t slash = path_.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool ok = opened >= 0 && disk_->fsync(opened) == 0;
  const int code = errno;
  if (opened >= 0) ::close(opened);
  // Some file systems cannot sync a folder; there is nothing else to be done there.
  if (ok || code == EINVAL) return {};
  return fail(store_errc::failed, folder + ": " + std::generic_category().message(code));
}

}  // namespace parley::files::detail
