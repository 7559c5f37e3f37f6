#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/signals.hpp>

namespace parley::cli {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

int exit_code_of_signal(std::uint32_t number) {
  return number == SIGTERM ? exit_terminated : exit_interrupted;
}

}  // namespace

void hold_signals() {
  const sigset_t set = watched();
  // Before any thread begins: all inherit the mask, so that only the watcher sees
  // them.
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A reader that leaves is then an error of write(), and the end is a clean one.
  ::signal(SIGPIPE, SIG_IGN);
}

signal_watcher::signal_watcher(stop& on)
    : stop_(on), signals_(-1), end_(::eventfd(0, EFD_CLOEXEC)) {
  const sigset_t set = watched();
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  thread_ = std::thread([this] { watch(); });
}

signal_watcher::~signal_watcher() {
  const std::uint64_t one = 1;
  (void)!::write(end_, &one, sizeof(one));
  thread_.join();
  ::close(signals_);
  ::close(end_);
}

void signal_watcher::watch() {
  pollfd both[] = {{signals_, POLLIN, 0}, {end_, POLLIN, 0}};
  bool asked = false;
  while (::poll(both, 2, -1) >= 0 && both[1].revents == 0) {
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof(info)) != ssize_t{sizeof(info)}) return;
    const int code = exit_code_of_signal(info.ssi_signo);
    // The second time the user means now: a clean end that hangs must not hold him.
    if (asked) ::_exit(code);
    asked = true;
    stop_.post(code);
  }
}

}  // namespace parley::cli
