#include "support/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

namespace parley::test {
namespace {

// Between fork and exec nothing is allocated: other threads may hold locks.
[[noreturn]] void run(char* const* argv, const int (&standard)[3], pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above.
  if (::getppid() != parent) ::_exit(127);
  for (int fd = 0; fd < 3; ++fd) ::dup2(standard[fd], fd);
  // A test's sockets must not live on in it.
  ::close_range(3, ~0U, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::execvp(argv[0], argv);
  ::_exit(127);
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

child::child(std::vector<std::string> words, const std::string& input) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string in = folder_.write("in", input), out = folder_.write("out", ""),
                    err = folder_.write("err", "");
  const int standard[3] = {::open(in.c_str(), O_RDONLY | O_CLOEXEC),
                           ::open(out.c_str(), O_WRONLY | O_CLOEXEC | O_APPEND),
                           ::open(err.c_str(), O_WRONLY | O_CLOEXEC | O_APPEND)};
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) run(argv.data(), standard, parent);
  for (const int fd : standard) ::close(fd);
  if (pid_ < 0) throw std::runtime_error("fork failed");
}

child::~child() { kill(); }

bool child::has_ended() {
  if (pid_ < 0) return true;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  pid_ = -1;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return true;
}

void child::terminate() {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
}

void child::freeze() {
  if (pid_ > 0) ::kill(pid_, SIGSTOP);
}

void child::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

std::string child::out() const { return content(folder_ / "out"); }
std::string child::err() const { return content(folder_ / "err"); }

}  // namespace parley::test
