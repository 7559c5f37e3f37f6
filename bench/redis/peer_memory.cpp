#include <hiredis/hiredis.h>

#include <vector>

#include "memory.hpp"
#include "script.hpp"

namespace parley::bench {
namespace {

class idle_contexts {
 public:
  explicit idle_contexts(const std::string& path) : path_(path) { made_.reserve(1024); }
  ~idle_contexts() {
    for (redisContext* c : made_) redisFree(c);
  }
  idle_contexts(const idle_contexts&) = delete;
  idle_contexts& operator=(const idle_contexts&) = delete;

  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      made_.push_back(redisConnectUnix(path_.c_str()));
      // One command, as ours has had its handshake.
      freeReplyObject(redisCommand(made_.back(), "PING"));
    }
  }
  void settle() {}

 private:
  const std::string& path_;
  std::vector<redisContext*> made_;
};

[[maybe_unused]] const bool registered = add_memory<idle_contexts>("idle_client", "hiredis");

}  // namespace
}  // namespace parley::bench
