// What `parley sub` and `pub` do with http://, https:// and http+unix:// URLs; `call` is
// http_call.hpp, `serve` serve_http.cpp.
#pragma once

#include <memory>
#include <parley/adapters/cli/options.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::cli {

// A client of the origin of o.url. Its path is where the server has its channels; /events if it
// has none.
result<std::unique_ptr<provider>> make_rest(loop& home, const options& o, transports& lower,
                                            observer& watch);

}  // namespace parley::cli
