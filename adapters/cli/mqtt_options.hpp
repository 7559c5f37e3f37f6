// What the command line of `parley pub` and `parley sub` has for mqtt:// URLs alone.
#pragma once

#include <parley/adapters/cli/options.hpp>

namespace CLI {
class App;
}

namespace parley::cli {

void add_mqtt(CLI::App& app, options& o);
// Throws CLI::ValidationError if they were given with another URL.
void check_mqtt(const options& o);

}  // namespace parley::cli
