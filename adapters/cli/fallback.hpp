// `parley pub` and `parley sub` with --fallback: one channel over the first of several servers that
// works, and over the next when that is lost.
#pragma once

#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/loop/loop.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::cli {

// The URLs of "redis://a,mqtt://b,ws://c/x,y": a comma divides only before a scheme, as URLs may
// have commas themselves.
std::vector<std::string> split_urls(std::string_view list);

// Does what o.what says over o.fallback. Ends with the exit code.
task<int> run_fallback(loop& home, const options& o, stop& end, protocols& table,
                       transports& lower);

}  // namespace parley::cli
