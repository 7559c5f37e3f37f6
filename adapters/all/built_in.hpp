// Fills the tables by which optional parts meet with what this build contains.
// Link parley::all.
#pragma once

#include <parley/core/api/tables.hpp>

namespace parley {

// Adds a maker for each protocol and each transport that was built in; entries of
// the same name are replaced, so add your own ones afterwards. What was left out
// is not added: protocols::make() then gives errc::unavailable, which names the
// CMake option and the package (S160, S161).
//
// The makers refer to `lower`, which must outlive `upper` and every provider made
// by it.
void add_built_in(protocols& upper, transports& lower);

}  // namespace parley
