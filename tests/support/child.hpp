// Another program, started by a test and ended by its process id. The test goes on meanwhile: its
// loop may be what the program talks to. The kernel ends it should the test die first.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "support/temporary_folder.hpp"

namespace parley::test {

class child {
 public:
  // The first word is the program, looked up in PATH. Throws std::runtime_error if it cannot be
  // started at all. To be made by the main thread.
  explicit child(std::vector<std::string> words, const std::string& input = {});
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  // Kills it if it still runs.
  ~child();

  bool has_ended();
  // Asks it to end (SIGTERM).
  void terminate();
  // It hangs: connections stay open, nothing is answered. Only kill() ends it then.
  void freeze();
  void kill();
  // Once it has ended: its exit code; -1 if a signal ended it, 127 if there is no such program.
  int code() const { return code_; }
  // What it has written so far.
  std::string out() const;
  std::string err() const;

 private:
  temporary_folder folder_;
  pid_t pid_ = -1;
  int code_ = -1;
};

}  // namespace parley::test
