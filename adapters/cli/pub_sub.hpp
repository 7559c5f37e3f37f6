// What `parley pub` and `parley sub` do with any provider that is connected.
#pragma once

#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::cli {

// Publishes o.messages on o.topic, and prints a receipt for each. Ends with the exit code.
task<int> publish(provider& p, const options& o, stop& end);

// Prints what comes on o.topic until the program is asked to stop. Ends with the exit code.
task<int> subscribe(loop& home, provider& p, const options& o, stop& end);

}  // namespace parley::cli
