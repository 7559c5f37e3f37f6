// Poisoning of released bytes, for builds that define PARLEY_POISON=1 (tests).
//
// A view that outlived its bytes must not go on working by luck. ASan alone is
// not enough: it marks memory in granules of 8 bytes and cannot mark the head of
// a granule whose tail is alive, so a stale view of a short frame reads fine. So
// released bytes are overwritten as well, and a stale view shows 0xDD.
//
// Internal to core/buffer. PARLEY_POISON must be the same in all translation
// units of a program (the top CMakeLists sets it).
#pragma once

#include <cstddef>

namespace parley::detail {

#if defined(PARLEY_POISON) && PARLEY_POISON
inline constexpr bool poisoning = true;
#else
inline constexpr bool poisoning = false;
#endif

// What released bytes are overwritten with.
inline constexpr std::byte poison_byte{0xDD};

// Overwrites [data, data + size) and forbids access to it. Does nothing in
// builds without poisoning.
void poison(std::byte* data, std::size_t size) noexcept;

// Forbids access without overwriting: bytes that nobody has been shown yet.
void close_access(const std::byte* data, std::size_t size) noexcept;

// Allows access again. The bytes keep what they hold.
void open_access(const std::byte* data, std::size_t size) noexcept;

}  // namespace parley::detail
