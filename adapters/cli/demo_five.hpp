// The same conversation over each of the five protocols, on every loop, in the clear and with TLS.
#pragma once

#include <parley/adapters/cli/demo_pairs.hpp>

namespace parley::demo {

// Prints one table, and returns how many of its lines are wrong.
int run_five(const certificates& tls);

}  // namespace parley::demo
