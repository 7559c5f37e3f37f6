#include "common/process.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "common/wrong.hpp"

namespace parley::bench {
namespace {

void use_processor(unsigned number) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(number, &one);
  (void)::sched_setaffinity(0, sizeof one, &one);
}

}  // namespace

double used_by(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
    wrong("server", "it is gone");
  }
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

void use_servers_processor() { use_processor(std::thread::hardware_concurrency() - 1); }
void use_clients_processor() { use_processor(0); }

on_processor::on_processor(void (*use)()) {
  CPU_ZERO(&before_);
  (void)::sched_getaffinity(0, sizeof before_, &before_);
  use();
}
on_processor::~on_processor() { (void)::sched_setaffinity(0, sizeof before_, &before_); }

child::child(const std::function<void()>& run) : owner_(::getpid()) {
  pid_ = ::fork();
  if (pid_ < 0) wrong("process", "fork failed");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() == owner_) run();
    ::_exit(1);
  }
}

child::child(child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), owner_(other.owner_) {}

child::~child() {
  if (pid_ <= 0 || ::getpid() != owner_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void become(std::vector<std::string> words) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

std::string output_of(std::vector<std::string> words) {
  int ends[2];
  if (::pipe(ends) != 0) wrong(words[0], "no pipe");
  const pid_t pid = ::fork();
  if (pid == 0) {
    use_clients_processor();
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    become(std::move(words));
  }
  ::close(ends[1]);
  std::string text;
  char part[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], part, sizeof part)) > 0;) {
    text.append(part, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid || status != 0) {
    wrong(words[0], "it did not run, or met an error");
  }
  return text;
}

}  // namespace parley::bench
