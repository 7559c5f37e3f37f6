// Counts the heap allocations of this program: malloc and its relatives are
// replaced, and operator new calls malloc.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace parley::bench {

// How many allocations there have been so far.
std::uint64_t allocations() noexcept;

// The same of a child that was forked from this program.
std::uint64_t allocations_of(pid_t pid);

// Bytes of the heap that are in use, with what the allocator adds to each block. Exact to
// the few blocks that it keeps at hand, so measure over many objects.
std::size_t heap_in_use() noexcept;

}  // namespace parley::bench
