// The data side of the embedded server without connections: words in, bytes of the reply
// out, and a clock that the test sets.
#pragma once

#include <chrono>
#include <initializer_list>
#include <parley/codecs/resp/server/command.hpp>
#include <parley/codecs/resp/server/keyspace.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

using words = std::vector<std::string>;

// "SET key \"two words\" \x00" as words: quotes keep spaces, \xHH is a byte.
words split(std::string_view line);

class data_server final : resp::key_observer {
 public:
  explicit data_server(const resp::keyspace_limits& limits = {},
                       resp::hash_seed seed = {0x0123456789abcdef, 0xfedcba9876543210});
  data_server(const data_server&) = delete;
  data_server& operator=(const data_server&) = delete;

  // The reply as it would travel. Checks name and arity as the dispatcher does.
  std::string run(const words& request);
  std::string run(std::string_view line) { return run(split(line)); }

  resp::keyspace& keys(std::size_t database = 0) { return databases_[database]; }
  resp::keyspace_shared& shared() { return shared_; }
  void select(std::size_t database) { selected_ = database; }

  resp::version protocol = resp::version::resp2;
  // Advance both together, unless the clock on the wall is to be set.
  time_point now{std::chrono::hours(100)};
  wall_time wall{std::chrono::hours(24 * 365 * 50)};
  void advance(duration by) {
    now += by;
    wall += std::chrono::duration_cast<wall_time::duration>(by);
  }
  void use_real_clocks() {
    now = std::chrono::steady_clock::now();
    wall = std::chrono::system_clock::now();
  }

  // Lists that got elements, as the observer was told.
  std::vector<std::string> grown;

 private:
  void list_grew(resp::keyspace& where, std::string_view key) override;

  resp::keyspace_shared shared_;
  std::vector<resp::keyspace> databases_;
  std::size_t selected_ = 0;
};

// The row of a command, or null.
const resp::data_command* find_command(std::string_view name);
std::vector<resp::data_command> all_commands();

}  // namespace parley::test
