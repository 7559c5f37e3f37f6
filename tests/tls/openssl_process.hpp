// The real openssl as a child process, in a temporary folder with PEM files. It is stopped by
// its process id, and the kernel kills it should the test die first.
//
//   pem_folder files;
//   openssl_process server(files, {"s_server", "-accept", "127.0.0.1:0", ...});
//   server.port();
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/temporary_folder.hpp"

namespace parley::test {

// Removed with all files at the end.
class pem_folder {
 public:
  // The path of a new file with that text.
  std::string write(const std::string& text);
  std::string new_name();

 private:
  temporary_folder folder_;
  int count_ = 0;
};

class openssl_process {
 public:
  // Throws std::runtime_error if it cannot be started. To be made by the main thread.
  openssl_process(pem_folder& files, std::vector<std::string> words);
  openssl_process(const openssl_process&) = delete;
  openssl_process& operator=(const openssl_process&) = delete;
  ~openssl_process();

  // For its standard input.
  void say(std::string_view text);
  // What it has written so far, errors included.
  std::string output() const;
  // Its exit code, once it has ended; 128 and more for a signal.
  std::optional<int> exit_code();
  // Of a server that was told to listen on port 0: waits until it does.
  std::uint16_t port();

 private:
  std::string log_;
  pid_t pid_ = -1;
  int input_ = -1;
  std::optional<int> code_;
};

}  // namespace parley::test
