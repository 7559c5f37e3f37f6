#include "tls/openssl_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace parley::test {
namespace {

using namespace std::chrono_literals;

constexpr auto start_patience = 20s;

// Between fork and exec nothing is allocated: other threads may hold locks.
[[noreturn]] void run_child(char* const* argv, int input, int log, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above.
  if (::getppid() != parent) ::_exit(127);
  ::dup2(input, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::close_range(3, ~0U, 0);
  ::execvp("openssl", argv);
  ::_exit(127);
}

}  // namespace

std::string pem_folder::new_name() { return folder_ / std::to_string(++count_); }

std::string pem_folder::write(const std::string& text) {
  return folder_.write(std::to_string(++count_), text);
}

openssl_process::openssl_process(pem_folder& files, std::vector<std::string> words)
    : log_(files.new_name()) {
  words.insert(words.begin(), "openssl");
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // A socket: writing to one that has ended must not raise SIGPIPE.
  int ends[2] = {-1, -1};
  const int log = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int paired = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
  const pid_t parent = ::getpid();
  if (log >= 0 && paired == 0) pid_ = ::fork();
  if (pid_ == 0) run_child(argv.data(), ends[0], log, parent);
  if (log >= 0) ::close(log);
  if (paired == 0) ::close(ends[0]);
  input_ = ends[1];
  if (pid_ > 0) return;
  if (input_ >= 0) ::close(input_);
  throw std::runtime_error("cannot start openssl");
}

openssl_process::~openssl_process() {
  ::close(input_);
  if (code_) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void openssl_process::say(std::string_view text) {
  // Its end is seen by exit_code(), not here.
  (void)::send(input_, text.data(), text.size(), MSG_NOSIGNAL);
}

std::string openssl_process::output() const {
  std::ifstream in(log_);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::optional<int> openssl_process::exit_code() {
  int status = 0;
  if (!code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return code_;
}

std::uint16_t openssl_process::port() {
  constexpr std::string_view mark = "ACCEPT 127.0.0.1:";
  const auto deadline = std::chrono::steady_clock::now() + start_patience;
  while (!exit_code() && std::chrono::steady_clock::now() < deadline) {
    const std::string text = output();
    const auto at = text.find(mark);
    // The whole line, so that no digit is missing.
    if (at != text.npos && text.find('\n', at) != text.npos) {
      return static_cast<std::uint16_t>(std::stoi(text.substr(at + mark.size())));
    }
    std::this_thread::sleep_for(2ms);
  }
  throw std::runtime_error("openssl does not listen: " + output());
}

}  // namespace parley::test
