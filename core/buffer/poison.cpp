#include <parley/core/buffer/poison.hpp>

#include <cstring>

// Nested on purpose: GCC 12 rejects `defined(__has_feature) && __has_feature(x)`.
#if defined(PARLEY_POISON) && PARLEY_POISON
#if defined(__SANITIZE_ADDRESS__)
#define PARLEY_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PARLEY_ASAN 1
#endif
#endif
#endif

#ifdef PARLEY_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace parley::detail {

void poison(std::byte* data, std::size_t size) noexcept {
  if (!poisoning || size == 0) return;
  open_access(data, size);  // parts of it may be closed already
  // Written as well as closed: without a sanitizer a stale view then shows a
  // pattern in place of plausible data.
  std::memset(data, std::to_integer<int>(poison_byte), size);
  close_access(data, size);
}

void close_access([[maybe_unused]] const std::byte* data,
                  [[maybe_unused]] std::size_t size) noexcept {
#ifdef PARLEY_ASAN
  __asan_poison_memory_region(data, size);
#endif
}

void open_access([[maybe_unused]] const std::byte* data,
                 [[maybe_unused]] std::size_t size) noexcept {
#ifdef PARLEY_ASAN
  __asan_unpoison_memory_region(data, size);
#endif
}

}  // namespace parley::detail
