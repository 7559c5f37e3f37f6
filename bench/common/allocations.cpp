#include "common/allocations.hpp"

#include <malloc.h>

#include <cstddef>

// glibc's own names of what is replaced here.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
}

namespace {
// One thread runs the benchmarks, so that a plain counter costs and tells enough.
std::uint64_t count = 0;
}  // namespace

extern "C" {
void* malloc(std::size_t size) {
  ++count;
  return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) {
  ++count;
  return __libc_calloc(n, size);
}
void* realloc(void* old, std::size_t size) {
  ++count;
  return __libc_realloc(old, size);
}
}

namespace parley::bench {

std::uint64_t allocations() noexcept { return count; }

std::size_t heap_in_use() noexcept { return ::mallinfo2().uordblks; }

}  // namespace parley::bench
