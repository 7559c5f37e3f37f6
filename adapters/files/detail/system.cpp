#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <parley/adapters/files/detail/system.hpp>
#include <parley/adapters/files/errc.hpp>
#include <string_view>
#include <system_error>

namespace parley::files::detail {
namespace {

std::int64_t nanoseconds(const timespec& t) { return t.tv_sec * 1'000'000'000LL + t.tv_nsec; }
#ifdef __APPLE__
std::int64_t modified_at(const struct stat& of) { return nanoseconds(of.st_mtimespec); }
std::int64_t changed_at(const struct stat& of) { return nanoseconds(of.st_ctimespec); }
#else
std::int64_t modified_at(const struct stat& of) { return nanoseconds(of.st_mtim); }
std::int64_t changed_at(const struct stat& of) { return nanoseconds(of.st_ctim); }
#endif

// By what a person can do about it, not by the number.
errc code_of(int code) {
  switch (code) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return errc::missing;
    case EACCES:
    case EPERM:
      return errc::forbidden;
    case EISDIR:  // and what opening a socket or a missing device gives
    case ENXIO:
    case ENODEV:
      return errc::wrong_kind;
    default:
      return errc::unreadable;
  }
}

// A relative path is right or wrong by where the process runs.
std::string missing_hint(const std::string& path) {
  if (path.starts_with('/')) return "check the path, and that its volume is mounted";
  char folder[4096];
  const char* here = ::getcwd(folder, sizeof folder);
  return "check the path: it is looked for in " +
         std::string(here ? here : "the working directory");
}

std::string hint_of(int code, const std::string& path) {
  switch (code_of(code)) {
    case errc::missing:
      return missing_hint(path);
    case errc::forbidden:
      return "the process runs as uid " + std::to_string(::geteuid()) +
             ": let it read the file and pass the folders above it";
    default:
      return code == EMFILE || code == ENFILE
                 ? "too many open files: close some, or raise the limit (ulimit -n)"
                 : "";
  }
}

// OpenSSL's rehash: eight digits of a hash, a dot, a number.
bool is_hash_link(std::string_view name) {
  const auto dot = name.find('.');
  if (dot != 8 || name.size() == 9) return false;
  return name.find_first_not_of("0123456789abcdef") == dot &&
         name.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
}

bool is_certificate_name(std::string_view name) {
  return name.ends_with(".pem") || name.ends_with(".crt") || name.ends_with(".cer") ||
         is_hash_link(name);
}

struct close_folder {
  void operator()(DIR* open) const noexcept { ::closedir(open); }
};

}  // namespace

bool look::is_file() const noexcept { return code == 0 && S_ISREG(mode); }
bool look::is_folder() const noexcept { return code == 0 && S_ISDIR(mode); }

// Never fails: that nothing is there is an answer as well.
look look_at(const std::string& path) noexcept {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return {.code = errno};
  return {.mode = found.st_mode,
          .device = static_cast<std::uint64_t>(found.st_dev),
          .node = static_cast<std::uint64_t>(found.st_ino),
          .size = found.st_size,
          .modified = modified_at(found),
          .changed = changed_at(found)};
}

error os_error(int code, const std::string& path) {
  if (code == ENOMEM) return error(parley::errc::out_of_memory, path);
  error why(code_of(code), path + ": " + std::generic_category().message(code));
  std::string hint = hint_of(code, path);
  return hint.empty() ? why : std::move(why).with_hint(std::move(hint));
}

result<std::vector<std::string>> certificates_in(const std::string& folder) {
  const std::unique_ptr<DIR, close_folder> open(::opendir(folder.c_str()));
  if (!open) return std::unexpected(os_error(errno, folder));
  std::vector<std::string> found;
  errno = 0;
  while (const dirent* each = ::readdir(open.get())) {
    if (is_certificate_name(each->d_name)) found.push_back(folder + "/" + each->d_name);
    errno = 0;
  }
  // The end of the folder looks like a failure but for errno.
  if (errno != 0) return std::unexpected(os_error(errno, folder));
  std::ranges::sort(found);
  return found;
}

}  // namespace parley::files::detail
