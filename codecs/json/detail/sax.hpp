// RapidJSON as this room uses it. Internal.
//
// In a namespace of our own: a program may use another version of RapidJSON, or
// the same with other macros, and both must link together.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>

#define RAPIDJSON_NAMESPACE parley::json::rapid
#define RAPIDJSON_NAMESPACE_BEGIN namespace parley::json::rapid {
#define RAPIDJSON_NAMESPACE_END }
// A broken precondition stops the program at once; <cassert> would print.
#define RAPIDJSON_ASSERT(x) ((x) ? static_cast<void>(0) : __builtin_trap())

#include <rapidjson/internal/dtoa.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace parley::json {

// The memory of RapidJSON's one stack: room of its own first, so that a small
// document costs no allocation, and one block from operator new after that.
// RapidJSON's own allocator calls malloc and does not look at its result.
class stack_memory {
 public:
  // NOLINTBEGIN(readability-identifier-naming): RapidJSON calls them so.
  static constexpr bool kNeedFree = false;

  stack_memory() = default;
  stack_memory(const stack_memory&) = delete;
  stack_memory& operator=(const stack_memory&) = delete;
  ~stack_memory() { ::operator delete(heap_); }

  void* Malloc(std::size_t size) { return Realloc(nullptr, 0, size); }
  void* Realloc(void* old, std::size_t old_size, std::size_t new_size) {
    if (new_size <= sizeof room_ && (old == nullptr || old == room_)) return room_;
    void* block = ::operator new(new_size);
    if (old != nullptr) std::memcpy(block, old, old_size < new_size ? old_size : new_size);
    ::operator delete(heap_);
    heap_ = block;
    return block;
  }
  static void Free(void*) noexcept {}
  // NOLINTEND(readability-identifier-naming)

 private:
  alignas(std::max_align_t) char room_[1024];
  void* heap_ = nullptr;
};

}  // namespace parley::json
