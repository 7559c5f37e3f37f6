// What `parley` does with ws://, wss:// and ws+unix:// URLs.
#pragma once

#include <memory>
#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::cli {

// A client of o.url, whose path and query are the server's: what `redis://` takes from the query
// comes from the options here.
result<std::unique_ptr<provider>> make_websocket(loop& home, const options& o, transports& lower,
                                                 observer& watch);

// Serves until the program is asked to stop: carries messages between clients, and answers the
// callable `echo`. Ends with the exit code.
task<int> serve_websocket(loop& home, const options& o, stop& end, transports& lower,
                          observer& watch);

// `parley call ws://... NAME [JSON]`: prints the answer.
task<int> call_websocket(provider& p, const options& o, stop& end);

}  // namespace parley::cli
