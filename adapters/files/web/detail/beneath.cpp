#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#if __has_include(<linux/openat2.h>) && defined(SYS_openat2)
#include <linux/openat2.h>
#define PARLEY_HAS_OPENAT2 1
#else
#define PARLEY_HAS_OPENAT2 0
#endif

#include <cerrno>
#include <parley/adapters/files/web/detail/beneath.hpp>

namespace parley::files::detail {
namespace {

// A pipe must not wait for its writer, nor a terminal become ours.
constexpr int reading = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
#ifdef O_PATH
// To pass a folder, the right to search it is enough.
constexpr int passing = O_PATH | O_DIRECTORY | O_CLOEXEC;
#else
constexpr int passing = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
#endif

std::expected<open_file, int> opened(long descriptor) noexcept {
  if (descriptor < 0) return std::unexpected(errno);
  return open_file(static_cast<int>(descriptor));
}

std::int64_t nanoseconds(const timespec& t) noexcept {
  return t.tv_sec * std::int64_t{1'000'000'000} + t.tv_nsec;
}

// Off the front, with the slash behind it.
std::string_view take_segment(std::string_view& path) noexcept {
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size() < path.size() ? segment.size() + 1 : path.size());
  return segment;
}

std::expected<open_file, int> open_by_kernel(int folder, const std::string& path, links follow) {
#if PARLEY_HAS_OPENAT2
  open_how how{};
  how.flags = static_cast<std::uint64_t>(reading);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (follow == links::none) how.resolve |= RESOLVE_NO_SYMLINKS;
  // EAGAIN: somebody renamed a folder meanwhile, and the kernel cannot tell whether it was ours.
  for (int left = 3;; --left) {
    const long got = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    if (got >= 0 || left == 0 || (errno != EAGAIN && errno != EINTR)) return opened(got);
  }
#else
  (void)folder, (void)path, (void)follow;
  return std::unexpected(ENOSYS);
#endif
}

std::expected<open_file, int> open_by_folder(open_file at, std::string_view path) {
  for (;;) {
    const std::string segment(take_segment(path));
    if (path.empty()) return opened(::openat(at.get(), segment.c_str(), reading | O_NOFOLLOW));
    auto next = opened(::openat(at.get(), segment.c_str(), passing | O_NOFOLLOW));
    if (!next) return next;
    at = *std::move(next);
  }
}

}  // namespace

open_file::~open_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

file_facts open_file::look() const noexcept {
  struct stat found{};
  if (::fstat(descriptor_, &found) != 0) return {};
#ifdef __APPLE__
  const std::int64_t modified = nanoseconds(found.st_mtimespec);
#else
  const std::int64_t modified = nanoseconds(found.st_mtim);
#endif
  return {.size = static_cast<std::uint64_t>(found.st_size),
          .modified = modified,
          .is_file = S_ISREG(found.st_mode),
          .is_folder = S_ISDIR(found.st_mode)};
}

std::size_t open_file::read(std::uint64_t offset, std::span<std::byte> into) const noexcept {
  std::size_t have = 0;
  while (have < into.size()) {
    const ssize_t n = ::pread(descriptor_, into.data() + have, into.size() - have,
                              static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  return have;
}

confinement best_confinement() {
  const open_file here(::open(".", passing));
  // ENOSYS from an old kernel, EPERM from a filter that does not know the call.
  return open_by_kernel(here.get(), ".", links::none) ? confinement::kernel
                                                      : confinement::by_folder;
}

bool is_sound_path(std::string_view path) noexcept {
  if (path.empty()) return true;
  if (path.find('\0') != path.npos || path.ends_with('/')) return false;
  while (!path.empty()) {
    const std::string_view segment = take_segment(path);
    if (segment.empty() || segment == "." || segment == "..") return false;
  }
  return true;
}

std::expected<open_file, int> open_beneath(const std::string& folder, std::string_view path,
                                           links follow, confinement how) {
  if (!is_sound_path(path)) return std::unexpected(ENOENT);
  auto root = opened(::open(folder.c_str(), passing));
  if (!root) return root;
  const std::string_view named = path.empty() ? "." : path;
  if (how == confinement::kernel) return open_by_kernel(root->get(), std::string(named), follow);
  return open_by_folder(*std::move(root), named);
}

}  // namespace parley::files::detail
