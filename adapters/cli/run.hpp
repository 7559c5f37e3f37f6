// `parley pub` and `parley sub`: the same coroutines on every loop.
#pragma once

#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::cli {

// Does what the options say and reports what goes wrong. Ends with the exit code.
// `o` and `end` must outlive the loop.
task<int> run(loop& home, const options& o, stop& end);

}  // namespace parley::cli
