// What decoder_quick.hpp and decoder_thorough.hpp share: the variables of one
// call of the decoder, and what happens when a value is complete. Private to
// this room.
#pragma once

#include <algorithm>

#include <parley/codecs/resp/decoder.hpp>
#include <parley/codecs/resp/detail/scan.hpp>

#define PARLEY_INLINE [[gnu::always_inline]] inline

namespace parley::resp {

// The smallest value is three bytes ("_\r\n"). A declared count that cannot fit
// in what is left of the budget even so is refused at once.
inline constexpr std::uint64_t smallest_value = 3;

// A streamed aggregate counts down from here. Even, so that the lowest bit of
// what is left says whether the number of elements so far is even.
inline constexpr std::uint32_t endless = 0xfffffffe;

// Lives in registers: the short cuts are inlined, and what is not gets a copy.
//
//   input        |....consumed....|p  undecoded      |in_end
//   reply   |start .. bytes of this reply .. .. |start + budget
//   `end` is whichever of in_end and start + budget comes first.
struct decoder::run {
  const char* p;
  const char* end;
  std::uint64_t start;  // the current reply's first byte; an address, as it may be in no input
  node* out;
  node* out_end;
  std::uint32_t left;
  std::uint32_t depth;
  const char* in_end;

  // Bytes of the current reply before `at`.
  PARLEY_INLINE std::uint64_t offset(const char* at) const noexcept {
    return reinterpret_cast<std::uintptr_t>(at) - start;
  }
  PARLEY_INLINE std::size_t available(const char* from) const noexcept {
    return static_cast<std::size_t>(end - from);
  }
  // Bytes of the budget behind `at`, which is not beyond `end`.
  PARLEY_INLINE std::uint64_t budget(const decoder& d, const char* at) const noexcept {
    return d.limits_.reply_budget - offset(at);
  }
  // After `start` has moved, `end` may be too early, never too late; so that this
  // can wait until it matters.
  PARLEY_INLINE void set_end(const decoder& d) noexcept {
    const auto rest = static_cast<std::uint64_t>(in_end - p);
    end = p + std::min(rest, budget(d, p));
  }

  // A node at the current depth.
  PARLEY_INLINE void emit(kind type, std::uint8_t flags, std::uint64_t bits, const char* data,
                          std::size_t size) noexcept {
    *out++ = {type, static_cast<std::uint8_t>(depth), flags, 0, 0, bits, data, size};
  }

  // A value without elements: complete with its only node, and with it a reply
  // if it is at the top.
  PARLEY_INLINE void emit_scalar(kind type, std::uint64_t bits, const char* data,
                                 std::size_t size) noexcept {
    static_assert(flag_last == 1);
    emit(type, depth == 0, bits, data, size);
  }

  // A reply has ended before `p`.
  PARLEY_INLINE void next_reply() noexcept { start = reinterpret_cast<std::uintptr_t>(p); }

  // The value whose last node was emitted by emit_scalar() is complete, and with
  // it perhaps the aggregates around it.
  PARLEY_INLINE void complete(decoder& d) noexcept {
    if (depth == 0) return next_reply();
    if (--left == 0) close(d);
  }

  // The innermost aggregate has all its elements.
  PARLEY_INLINE void close(decoder& d) noexcept {
    do {
      const std::uint64_t bit = std::uint64_t{1} << (depth - 1);
      if ((d.streamed_ & bit) != 0) {  // never ends by itself: count on
        left = endless;
        return;
      }
      left = d.outer_[--depth];
      if ((d.attributes_ & bit) != 0) return close_attribute(d);
      if (depth == 0) {
        out[-1].flags |= flag_last;
        return next_reply();
      }
    } while (--left == 0);
  }

  // An attribute is no element: whatever it precedes is still to come.
  PARLEY_INLINE void close_attribute(decoder& d) noexcept {
    d.attributes_ &= ~(std::uint64_t{1} << depth);
    d.attribute_end_ = offset(p);
  }

  // Opens an aggregate with `count` elements, whose head was emitted.
  PARLEY_INLINE void open(decoder& d, std::uint32_t count) noexcept {
    d.outer_[depth++] = left;
    left = count;
  }
};

}  // namespace parley::resp
