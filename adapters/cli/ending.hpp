// How a command of the program ends when something fails.
#pragma once

#include <parley/adapters/cli/stop.hpp>
#include <parley/core/error.hpp>
#include <string_view>

namespace parley::cli {

// A failure of ours, unless the program was asked to stop: then that is the reason.
// Reports it and returns the exit code.
int ended_by(const stop& end, std::string_view what, const error& why);

// What standard output has become: a reader that left is no news.
void stop_for_output(stop& end, const error& why);

}  // namespace parley::cli
