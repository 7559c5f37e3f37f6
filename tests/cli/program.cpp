#include "program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace parley::test {
namespace {

// Without a byte for so long, the program hangs. Never reached when all is well.
constexpr int patience_ms = 60'000;

struct pipe_ends {
  int read = -1;
  int write = -1;
};

pipe_ends make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  return {fds[0], fds[1]};
}

void close_if_open(int& fd) {
  if (fd >= 0) ::close(std::exchange(fd, -1));
}

}  // namespace

program::program(std::vector<std::string> arguments) {
  static const std::string path = PARLEY_BINARY_DIR "/parley";
  arguments.insert(arguments.begin(), "parley");
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  const pipe_ends in = make_pipe();
  const pipe_ends out = make_pipe();
  const pipe_ends err = make_pipe();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(in.read, STDIN_FILENO);
    ::dup2(out.write, STDOUT_FILENO);
    ::dup2(err.write, STDERR_FILENO);
    // A shell that runs the tests in the background has these ignored.
    for (const int number : {SIGINT, SIGTERM, SIGPIPE}) ::signal(number, SIG_DFL);
    ::execv(path.c_str(), argv.data());
    ::_exit(127);
  }
  ::close(in.read);
  ::close(out.write);
  ::close(err.write);
  in_ = in.write;
  out_ = out.read;
  err_ = err.read;
  if (pid_ < 0) throw std::runtime_error("fork");
}

program::~program() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  for (int* fd : {&in_, &out_, &err_}) close_if_open(*fd);
}

void program::write(std::string_view text) {
  ::signal(SIGPIPE, SIG_IGN);
  while (!text.empty()) {
    const ssize_t n = ::write(in_, text.data(), text.size());
    if (n <= 0) return;  // it has ended; wait() says how
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void program::end_input() { close_if_open(in_); }
void program::close_output() { close_if_open(out_); }
void program::signal(int number) { ::kill(pid_, number); }

bool program::has_ended() const {
  siginfo_t info{};
  // Left in place for wait().
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  return info.si_pid == pid_;
}

// False when both outputs have ended, or nothing comes.
bool program::read_some() {
  if (out_ < 0 && err_ < 0) return false;
  std::array<pollfd, 2> fds{{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
  if (::poll(fds.data(), fds.size(), patience_ms) <= 0) return false;
  const auto take = [](short happened, int& fd, std::string& to) {
    if (happened == 0) return;
    std::array<char, 65536> buffer;
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n > 0) to.append(buffer.data(), static_cast<std::size_t>(n));
    if (n <= 0) close_if_open(fd);
  };
  take(fds[0].revents, out_, out_text_);
  take(fds[1].revents, err_, err_text_);
  return true;
}

bool program::wait_for(const std::string& where, std::string_view text) {
  while (!where.contains(text)) {
    if (!read_some()) return false;
  }
  return true;
}

program::outcome program::wait() {
  end_input();
  while (read_some()) {
  }
  // Both outputs have ended, or it hangs.
  if (out_ >= 0 || err_ >= 0) ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return {code, std::move(out_text_), std::move(err_text_)};
}

program::outcome run_parley(std::vector<std::string> arguments, std::string_view input) {
  program p(std::move(arguments));
  p.write(input);
  return p.wait();
}

ended run_shell(const std::string& line) {
  ended e;
  FILE* pipe = ::popen((line + " 2>&1").c_str(), "r");
  if (!pipe) return e;
  char buffer[4096];
  while (std::size_t n = ::fread(buffer, 1, sizeof buffer, pipe)) e.text.append(buffer, n);
  const int status = ::pclose(pipe);
  e.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return e;
}

}  // namespace parley::test
