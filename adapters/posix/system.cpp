#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <parley/adapters/posix/system.hpp>

namespace parley::posix {

void fill_random(std::span<std::byte> out) noexcept {
  while (!out.empty()) {
    const ssize_t n = ::getrandom(out.data(), out.size(), 0);
    if (n > 0) {
      out = out.subspan(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      // Never goes on with predictable bytes: they may become keys and masks.
      std::abort();
    }
  }
}

waker::waker() noexcept : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

waker::~waker() {
  if (fd_ >= 0) ::close(fd_);
}

void waker::signal() noexcept {
  const int saved = errno;  // may run inside a signal handler
  const std::uint64_t one = 1;
  // Full means that it is signalled already.
  [[maybe_unused]] const auto n = ::write(fd_, &one, sizeof one);
  errno = saved;
}

void waker::drain() noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto n = ::read(fd_, &count, sizeof count);
}

}  // namespace parley::posix
