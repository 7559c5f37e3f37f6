// Registers rows `redis/server_P1/PEER` and `redis/server_P16/PEER`: a server in a process of
// its own under redis-benchmark, 50 clients on a Unix socket, SET and GET.
#pragma once

#include <sys/types.h>

#include <string>

namespace parley::bench {

// A server that answers at `path` until it is stopped.
struct served {
  pid_t pid = -1;
  std::string path;
};

// `start` is called once, with the first row.
bool add_served(const char* peer, served (*start)());

// Runs `serve(path)` in a child on the server's processor, which ends with this process. To be
// called only while this process has one thread.
served fork_server(const std::string& name, void (*serve)(const std::string& path));

}  // namespace parley::bench
