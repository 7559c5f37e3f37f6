// `parley serve`: the embedded server of a protocol.
#pragma once

#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/net/uri.hpp>

namespace parley::cli {

// Listens, prints the URL, and serves until the program is asked to stop; then lets
// clients take what was replied to them. Ends with the exit code.
// `lower` is where TLS comes from.
task<int> serve(loop& home, const uri& where, const options& o, stop& end, transports& lower,
                observer& watch);

}  // namespace parley::cli
