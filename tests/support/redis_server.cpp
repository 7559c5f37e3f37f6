#include "support/redis_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace parley::test {
namespace {

using namespace std::chrono_literals;

constexpr auto start_patience = 20s;

std::string find_program() {
  std::istringstream path(std::getenv("PATH") ? std::getenv("PATH") : "/usr/bin");
  for (std::string folder; std::getline(path, folder, ':');) {
    const std::string candidate = folder + "/redis-server";
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

// Short on purpose: the path of a Unix socket has 107 bytes.
std::string make_directory() {
  std::string name = "/tmp/parley-redis-XXXXXX";
  if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp: " + name);
  return name;
}

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int value() const { return fd_; }

 private:
  int fd_;
};

// Between fork and exec nothing is allocated: other threads may hold locks.
[[noreturn]] void run_child(const char* program, char* const* argv, int log, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above.
  if (::getppid() != parent) ::_exit(127);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  // A test's sockets must not live on in the server.
  ::close_range(3, ~0U, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv(program, argv);
  ::_exit(127);
}

pid_t spawn(const std::string& program, std::vector<std::string> words, const std::string& log) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::FILE* out = std::fopen(log.c_str(), "we");
  if (!out) throw std::runtime_error("cannot write " + log);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) run_child(program.c_str(), argv.data(), ::fileno(out), parent);
  std::fclose(out);
  if (pid < 0) throw std::runtime_error("fork failed");
  return pid;
}

}  // namespace

std::uint16_t free_port() {
  const descriptor s(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  auto* general = reinterpret_cast<sockaddr*>(&at);
  if (::bind(s.value(), general, size) != 0 || ::getsockname(s.value(), general, &size) != 0) {
    throw std::runtime_error("no free port");
  }
  return ntohs(at.sin_port);
}

redis_server::redis_server(std::vector<std::string> extra_args)
    : extra_args_(std::move(extra_args)), directory_(make_directory()) {
  try {
    start_on_some_port();
  } catch (...) {
    std::filesystem::remove_all(directory_);
    throw;
  }
}

redis_server::~redis_server() {
  kill9();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

bool redis_server::available() { return !find_program().empty(); }

std::string redis_server::uri() const { return "redis://127.0.0.1:" + std::to_string(port_); }
std::string redis_server::unix_uri() const { return "redis+unix://" + socket_path(); }

std::string redis_server::log() const {
  std::ifstream in(directory_ + "/log");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> redis_server::arguments() const {
  std::vector<std::string> words{"redis-server",
                                 "--port",
                                 std::to_string(port_),
                                 "--bind",
                                 "127.0.0.1",
                                 "--unixsocket",
                                 socket_path(),
                                 "--dir",
                                 directory_,
                                 "--save",
                                 "",
                                 "--appendonly",
                                 "no",
                                 "--daemonize",
                                 "no",
                                 "--logfile",
                                 "",
                                 "--enable-debug-command",
                                 "yes",
                                 "--maxclients",
                                 "256"};
  words.insert(words.end(), extra_args_.begin(), extra_args_.end());
  return words;
}

// Between our look for a free port and the server's bind, another process may
// have taken it: then another port is tried.
void redis_server::start_on_some_port() {
  for (int attempt = 0; attempt < 5; ++attempt) {
    port_ = free_port();
    if (start()) return;
  }
  throw std::runtime_error("redis-server does not start: " + log());
}

// False if the server ended by itself.
bool redis_server::start() {
  const std::string program = find_program();
  if (program.empty()) throw std::runtime_error("no redis-server on this machine");
  pid_ = spawn(program, arguments(), directory_ + "/log");
  const auto deadline = std::chrono::steady_clock::now() + start_patience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (wait_for_end(0)) return false;
    if (answers()) return true;
    std::this_thread::sleep_for(5ms);
  }
  kill9();
  return false;
}

// The server opens its Unix socket after its port: when the one answers, both
// are there. -NOAUTH is an answer; -LOADING is not yet one.
bool redis_server::answers() const {
  const descriptor s(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const std::string path = socket_path();
  std::memcpy(at.sun_path, path.c_str(), path.size() + 1);
  if (::connect(s.value(), reinterpret_cast<sockaddr*>(&at), sizeof(at)) != 0) return false;
  constexpr std::string_view ping = "PING\r\n";
  if (::send(s.value(), ping.data(), ping.size(), MSG_NOSIGNAL) != ssize_t{6}) return false;
  char reply[64] = {};
  const ssize_t n = ::recv(s.value(), reply, sizeof(reply), 0);
  return n > 0 && !std::string_view(reply, static_cast<std::size_t>(n)).starts_with("-LOADING");
}

// Waits for the process to end, and forgets it. False if it still runs.
bool redis_server::wait_for_end(int milliseconds) {
  if (pid_ < 0) return true;
  for (int passed = 0;; ++passed) {
    const pid_t ended = ::waitpid(pid_, nullptr, WNOHANG);
    if (ended == pid_ || (ended < 0 && errno == ECHILD)) {
      pid_ = -1;
      return true;
    }
    if (passed >= milliseconds) return false;
    std::this_thread::sleep_for(1ms);
  }
}

void redis_server::kill9() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

void redis_server::stop() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGCONT);
  ::kill(pid_, SIGTERM);
  if (!wait_for_end(10'000)) kill9();
}

void redis_server::restart() {
  stop();
  // The port was free a moment ago; an outgoing connection of somebody else may
  // hold it for a while.
  for (int attempt = 0; attempt < 50; ++attempt) {
    if (start()) return;
    std::this_thread::sleep_for(100ms);
  }
  throw std::runtime_error("redis-server does not start again: " + log());
}

void redis_server::freeze() {
  if (pid_ > 0) ::kill(pid_, SIGSTOP);
}

void redis_server::thaw() {
  if (pid_ > 0) ::kill(pid_, SIGCONT);
}

}  // namespace parley::test
