// `parley call`: one command of Redis and its reply, or one call of a callable.
#pragma once

#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/async/task.hpp>

namespace parley::cli {

// Ends with the exit code. `p` must be connected.
task<int> call(provider& p, const options& o, stop& end);

// `parley call ws://... NAME [JSON]`, `mqtt://... NAME [JSON]`: prints the answer.
task<int> call_by_name(provider& p, const options& o, stop& end);

}  // namespace parley::cli
