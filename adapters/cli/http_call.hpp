// `parley call http://...`: one request, and its reply.
#pragma once

#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/task.hpp>

namespace parley::cli {

// Ends with the exit code. Other verbs than `call` are not supported.
task<int> call_http(loop& home, const options& o, stop& end, transports& lower, observer& watch);

}  // namespace parley::cli
