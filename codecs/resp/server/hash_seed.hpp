// Keys of the server's tables are hashed with a secret, as everywhere in parley.
#pragma once

#include <parley/core/hash_seed.hpp>

namespace parley::resp {

using parley::hash_of;
using parley::hash_seed;

}  // namespace parley::resp
