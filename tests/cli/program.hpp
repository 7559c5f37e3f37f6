// The program `parley`, started as a user starts it: with arguments, pipes and
// signals, and an exit code at the end.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

class program {
 public:
  // What is left of it. `code` is the exit code; -1 if a signal killed it.
  struct outcome {
    int code = -1;
    std::string out;
    std::string err;
  };

  explicit program(std::vector<std::string> arguments);
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  ~program();

  // Writes to its standard input, which stays open.
  void write(std::string_view text);
  void end_input();
  // Closes our end of its standard output.
  void close_output();
  // Waits until its standard output or error contains `text`. False if it ended
  // before, or nothing came for long.
  bool has_printed(std::string_view text) { return wait_for(out_text_, text); }
  bool has_said(std::string_view text) { return wait_for(err_text_, text); }
  // What its standard output was when has_printed() last returned.
  const std::string& printed() const noexcept { return out_text_; }
  // True once it has ended; wait() tells how.
  bool has_ended() const;
  void signal(int number);
  // Ends its input, and waits for the end. One that hangs is killed.
  outcome wait();

 private:
  bool wait_for(const std::string& where, std::string_view text);
  bool read_some();

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string out_text_;
  std::string err_text_;
};

struct ended {
  int code = -1;
  std::string text;  // standard output and error
};

// A command line of the shell, as a user types it, to its end.
ended run_shell(const std::string& line);

// program(arguments), with `input` if there is any, to its end.
program::outcome run_parley(std::vector<std::string> arguments, std::string_view input = {});

}  // namespace parley::test
