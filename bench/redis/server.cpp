#include "server.hpp"

#include <sched.h>

#include <exception>
#include <optional>
#include <thread>

#include "script.hpp"
#include "support/redis_server.hpp"

namespace parley::bench {
namespace {

void pin(unsigned processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  // Where this is not allowed, the figures are noisier and no less true.
  (void)::sched_setaffinity(0, sizeof one, &one);
}

struct pinned_server {
  pinned_server() {
    // A child begins with the processors of its parent.
    pin(std::thread::hardware_concurrency() - 1);
    server.emplace(std::vector<std::string>{"--maxclients", "4000"});
    path = server->socket_path();
  }

  std::optional<test::redis_server> server;
  std::string path;
};

const pinned_server& running() {
  try {
    static const pinned_server one;
    return one;
  } catch (const std::exception& e) {
    wrong("redis-server", e.what());
  }
}

}  // namespace

const std::string& server_path() { return running().path; }
pid_t server_pid() { return running().server->pid(); }

}  // namespace parley::bench
