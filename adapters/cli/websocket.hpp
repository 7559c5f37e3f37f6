// What `parley` does with ws://, wss:// and ws+unix:// URLs.
#pragma once

#include <memory>
#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/loop/loop.hpp>
#include <string>
#include <vector>

namespace parley {
class upgrade_target;
}

namespace parley::cli {

// A client of o.url, whose path and query are the server's: what `redis://` takes from the query
// comes from the options here.
result<std::unique_ptr<provider>> make_websocket(loop& home, const options& o, transports& lower,
                                                 observer& watch);

// Serves until the program is asked to stop: carries messages between clients, and answers the
// callable `echo`. Ends with the exit code.
task<int> serve_websocket(loop& home, const options& o, stop& end, transports& lower,
                          observer& watch);

// What shares the port of an http:// server, by o.beside.
struct websocket_beside {
  std::unique_ptr<provider> sockets;
  std::shared_ptr<upgrade_target> door;  // null: it is not asked for
  std::vector<std::string> patterns;     // the paths that it is at
};
// Messages and `echo` as with serve_websocket(). Nothing but nulls if o.beside is empty.
task<result<websocket_beside>> open_beside(loop& home, const options& o, observer& watch);

}  // namespace parley::cli
