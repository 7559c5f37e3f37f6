// Bytes as every room of parley spells them: views, gather lists, and
// arithmetic on lengths that a peer declared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace parley {

// A view of bytes that somebody else owns. Who, and until when, is said by the
// function that returns it.
using byte_view = std::span<const std::byte>;

// One piece of a gather list. Laid out like POSIX iovec, so that an adapter can
// hand a list of them to writev(2) without copying it (it asserts the layout).
struct const_buffer {
  const void* data = nullptr;
  std::size_t size = 0;
};

// The gather list that `output()` of a machine returns.
using buffer_list = std::span<const const_buffer>;

// Views text as bytes and bytes as text. Nothing is copied or checked.
inline byte_view as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}
inline std::string_view as_text(byte_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The sum of all pieces of a gather list, in bytes.
inline std::size_t total_size(buffer_list list) noexcept {
  std::size_t sum = 0;
  for (const const_buffer& piece : list) sum += piece.size;
  return sum;
}

// a + b and a * b, or nothing if the result does not fit. Every length that
// comes from a peer goes through these: a wrapped length is how decoders read
// past their input.
template <class T>
constexpr std::optional<T> checked_add(T a, T b) noexcept {
  static_assert(std::is_integral_v<T>);
  T sum{};
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}
template <class T>
constexpr std::optional<T> checked_mul(T a, T b) noexcept {
  static_assert(std::is_integral_v<T>);
  T product{};
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

}  // namespace parley
