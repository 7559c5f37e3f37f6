// Processes that a benchmark starts, on which processor they run, and what they use of it.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace parley::bench {

// The processor time that a process has used so far, in seconds, system calls included.
double used_by(pid_t pid);

// Servers run on the last processor and who loads them on the first, which are the same on a
// machine that has one. Where it is not allowed, figures are noisier and no less true.
void use_servers_processor();
void use_clients_processor();

// This process is on that processor for as long as the object lives.
class on_processor {
 public:
  // One of the two above.
  explicit on_processor(void (*use)());
  on_processor(const on_processor&) = delete;
  on_processor& operator=(const on_processor&) = delete;
  ~on_processor();

 private:
  cpu_set_t before_;
};

// A process of its own: it is stopped with this object, and with this process in any case.
class child {
 public:
  child() = default;
  // Runs `run`, which is not meant to return. To be called while this process has one thread.
  explicit child(const std::function<void()>& run);
  child(child&& other) noexcept;
  child& operator=(child&&) = delete;
  ~child();

  pid_t pid() const noexcept { return pid_; }

 private:
  pid_t pid_ = -1;
  pid_t owner_ = -1;  // a copy in another process must stop nobody
};

// Replaces this process, which must be a child, by the program words[0].
[[noreturn]] void become(std::vector<std::string> words);

// Runs a program on the clients' processor and returns what it writes; ends this process if the
// program fails.
std::string output_of(std::vector<std::string> words);

}  // namespace parley::bench
