// The real redis-server that all rows of this program talk to.
#pragma once

#include <sys/types.h>

#include <string>

namespace parley::bench {

// The path of its Unix socket. Started at the first call and stopped, by its process id,
// when the program ends. Server and client share one processor: a wake-up across the
// processors of a virtual machine costs several times what is to be measured.
const std::string& server_path();
pid_t server_pid();

}  // namespace parley::bench
