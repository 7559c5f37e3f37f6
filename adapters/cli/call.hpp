// `parley call`: one command, and its reply.
#pragma once

#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/async/task.hpp>

namespace parley::cli {

// Ends with the exit code. `p` must be connected.
task<int> call(provider& p, const options& o, stop& end);

}  // namespace parley::cli
