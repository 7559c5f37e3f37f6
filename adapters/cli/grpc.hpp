// What `parley` does with grpc://, grpcs:// and grpc+unix: URLs. Their clients are providers like
// others.
#pragma once

#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::cli {

// gRPC writes its own words on standard error, unless GRPC_VERBOSITY says otherwise. Here it is
// silent by default: what failed is told once. To be called before any thread is there.
void quiet_grpc();

// Serves until the program is asked to stop: carries messages between clients, and answers the
// callable `echo`. Ends with the exit code.
task<int> serve_grpc(loop& home, const options& o, stop& end, observer& watch);

}  // namespace parley::cli
