// How much a value holds, for what waits within a bound. For providers.
#pragma once

#include <cstddef>
#include <parley/core/value/value.hpp>

namespace parley::detail {

// About how many bytes a value is on the wire and in memory. Bounded work: as large as the value.
std::size_t size_of(const value& v);

}  // namespace parley::detail
