// What `parley pub` and `parley sub` do with MQTT's URLs.
#pragma once

#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::cli {

// Publishes, or prints what comes until the program is asked to stop. Ends with the exit code.
task<int> run_mqtt(loop& home, const options& o, stop& end, transports& lower, observer& watch);

}  // namespace parley::cli
