#include "support/echo_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "support/epoll_loop.hpp"
#include "support/line_peer.hpp"

namespace parley::test {
namespace {

// The child's life. It is killed, and never returns.
[[noreturn]] void serve(int tell) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  epoll_loop loop;
  line_server server;
  if (!server.listen(loop, *address::parse_ip("127.0.0.1", 0))) std::abort();
  const std::uint16_t port = server.where().port();
  if (::write(tell, &port, sizeof port) != sizeof port) std::abort();
  for (;;) loop.run_once();
}

}  // namespace

echo_process::echo_process() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  child_ = ::fork();
  if (child_ == 0) serve(ends[1]);
  ::close(ends[1]);
  std::uint16_t port = 0;
  if (::read(ends[0], &port, sizeof port) != sizeof port) std::abort();
  ::close(ends[0]);
  where_ = *address::parse_ip("127.0.0.1", port);
}

echo_process::~echo_process() {
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

}  // namespace parley::test
