// `parley serve mqtt://...`: the embedded MQTT broker.
#pragma once

#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::cli {

// Listens, prints the URL, and serves until the program is asked to stop. Ends with the exit code.
// `lower` is where TLS and WebSocket come from.
task<int> serve_mqtt(loop& home, const options& o, stop& end, transports& lower, observer& watch);

}  // namespace parley::cli
