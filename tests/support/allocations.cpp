#include "support/allocations.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> counted = 0;
std::atomic<std::size_t> held = 0;
std::atomic<bool> armed = false;
std::atomic<std::size_t> allowed_before_failure = 0;

void* allocate(std::size_t size) {
  ++counted;
  if (armed && allowed_before_failure-- == 0) {
    armed = false;
    throw std::bad_alloc();
  }
  // No allocator serves half of the address space; asking it makes ASan stop.
  if (size > static_cast<std::size_t>(-1) / 2) throw std::bad_alloc();
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  held += malloc_usable_size(memory);
  return memory;
}

void give_back(void* memory) noexcept {
  if (memory == nullptr) return;
  held -= malloc_usable_size(memory);
  std::free(memory);
}

void* allocate_or_null(std::size_t size) noexcept {
  try {
    return allocate(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
// Under ASan the library's own are not made of those above.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate_or_null(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate_or_null(size);
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { give_back(memory); }

namespace parley::test {

std::size_t allocations() noexcept { return counted; }
std::size_t held_bytes() noexcept { return held; }

failing_allocation::failing_allocation(std::size_t allowed) noexcept {
  allowed_before_failure = allowed;
  armed = true;
}
failing_allocation::~failing_allocation() { armed = false; }
bool failing_allocation::has_failed() const noexcept { return !armed; }

}  // namespace parley::test
