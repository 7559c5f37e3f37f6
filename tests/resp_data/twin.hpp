// Ours and a real redis-server side by side: every command goes to both, and the replies
// are compared byte for byte, or as sets where Redis promises no order.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "resp_data/data_server.hpp"
#include "resp_data/reply_tree.hpp"
#include "support/redis_server.hpp"

namespace parley::test {

// A blocking connection to the real one.
class raw_client {
 public:
  explicit raw_client(const std::string& socket_path);
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;
  ~raw_client();

  // The bytes of exactly one reply. Throws if the server hangs up.
  std::string ask(const words& request);

 private:
  int fd_;
  std::string buffer_;
};

class twin {
 public:
  twin();

  // HELLO to the real one, and empties both.
  void begin(resp::version version);
  // Runs the command on both. Empty if the replies agree; otherwise what they are.
  std::string check(const words& request);
  std::string check(std::string_view line) { return check(split(line)); }
  // Compares what both hold.
  std::string check_contents();

  data_server& ours() { return *ours_; }
  raw_client& real() { return real_; }

 private:
  std::string compare(const words& request, const std::string& ours, const std::string& real);
  std::string compare_random(const words& request, const std::string& ours,
                             const std::string& real);
  bool holds(const words& request, const reply_tree& element);
  void replay_pop(const words& request, const std::string& ours, const std::string& real);

  redis_server server_;
  raw_client real_;
  std::unique_ptr<data_server> ours_;
};

}  // namespace parley::test
