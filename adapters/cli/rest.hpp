// What `parley sub`, `pub` and `serve` do with http://, https:// and http+unix:// URLs; `call` is
// http_call.hpp.
#pragma once

#include <memory>
#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::cli {

// A client of the origin of o.url. Its path is where the server has its channels; /events if it
// has none.
result<std::unique_ptr<provider>> make_rest(loop& home, const options& o, transports& lower,
                                            observer& watch);

// Serves until the program is asked to stop: carries what clients post to /events/NAME to those who
// listen there, and answers POST /echo. Ends with the exit code.
task<int> serve_rest(loop& home, const options& o, stop& end, transports& lower, observer& watch);

}  // namespace parley::cli
