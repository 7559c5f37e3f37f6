#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <parley/adapters/grpc/provider/socket_file.hpp>

namespace parley::detail {
namespace {

// A connection attempt is the only sure test: the file of a living server looks the same as that of
// a dead one.
bool is_listened_on(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) return false;
  std::memcpy(to.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return true;
  const int failed = ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  const bool refused = failed != 0 && errno == ECONNREFUSED;
  ::close(fd);
  return !refused;
}

}  // namespace

result<void> make_way_for_socket(const std::string& path) {
  struct stat s{};
  if (::lstat(path.c_str(), &s) != 0) return {};
  if (!S_ISSOCK(s.st_mode)) return fail(errc::io, path + " is there and is no socket");
  if (is_listened_on(path)) return fail(errc::io, "somebody listens on " + path + " already");
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return fail(errc::io, path + ": " + std::strerror(errno));
}

result<void> set_socket_mode(const std::string& path, std::uint32_t mode) {
  if (::chmod(path.c_str(), static_cast<mode_t>(mode)) == 0) return {};
  return fail(errc::io, path + ": " + std::strerror(errno));
}

}  // namespace parley::detail
