// `parley serve`: the servers in the box, any number of them, in one process.
#pragma once

#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::cli {

// Listens for all URLs or for none, prints each with its port, and serves until the program is
// asked to stop; then lets what is on its way go out. Ends with the exit code.
// `lower` is where TLS and WebSocket come from.
task<int> serve(loop& home, const options& o, stop& end, transports& lower, observer& watch);

}  // namespace parley::cli
