// Counts the heap allocations of this program: malloc and its relatives are
// replaced, and operator new calls malloc.
#pragma once

#include <cstdint>

namespace parley::bench {

// How many allocations there have been so far.
std::uint64_t allocations() noexcept;

}  // namespace parley::bench
