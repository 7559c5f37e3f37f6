// What `parley pub`, `sub` and `call` do with ws://, wss:// and ws+unix:// URLs; `serve` is
// serve_websocket.cpp.
#pragma once

#include <memory>
#include <parley/adapters/cli/options.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::cli {

// A client of o.url, whose path and query are the server's: what `redis://` takes from the query
// comes from the options here.
result<std::unique_ptr<provider>> make_websocket(loop& home, const options& o, transports& lower,
                                                 observer& watch);

}  // namespace parley::cli
