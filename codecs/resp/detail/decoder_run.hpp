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
//   input   |....consumed....|p  undecoded      |in_end
//   budget    |mark .. bytes of this reply .. .. |mark + room
//   `end` is whichever of in_end and mark + room comes first.
struct decoder::run {
  const char* p;
  const char* end;
  const char* in_end;
  const char* mark;    // the current reply's first byte in this input
  std::uint64_t room;  // its budget at `mark`
  node* out;
  node* out_end;
  std::uint32_t left;
  std::uint32_t depth;

  PARLEY_INLINE std::uint64_t past_mark(const char* at) const noexcept {
    return static_cast<std::uint64_t>(at - mark);
  }
  PARLEY_INLINE std::size_t available(const char* from) const noexcept {
    return static_cast<std::size_t>(end - from);
  }
  // Bytes of the budget behind `at`, which is not beyond `end`.
  PARLEY_INLINE std::uint64_t budget(const char* at) const noexcept { return room - past_mark(at); }
  PARLEY_INLINE void set_end() noexcept {
    const auto rest = static_cast<std::uint64_t>(in_end - mark);
    end = mark + std::min(rest, room);
  }

  // A node at the current depth; top-level scalars are complete by themselves.
  PARLEY_INLINE node& emit(kind type, std::uint8_t flags, std::uint64_t bits, const char* data,
                           std::size_t size) noexcept {
    *out = {type, static_cast<std::uint8_t>(depth), flags, 0, 0, bits, data, size};
    return *out++;
  }

  PARLEY_INLINE void next_reply(const decoder& d) noexcept {
    out[-1].flags |= flag_last;
    mark = p;
    room = d.limits_.reply_budget;
    // Replies are small and the budget is large: `end` is right already, unless
    // it was the budget that set it.
    if (end != in_end) set_end();
  }

  // The value whose last node was emitted is complete, and with it perhaps the
  // aggregates around it.
  PARLEY_INLINE void complete(decoder& d) noexcept {
    if (depth == 0) return next_reply(d);
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
      if (depth == 0) return next_reply(d);
    } while (--left == 0);
  }

  // An attribute is no element: whatever it precedes is still to come.
  PARLEY_INLINE void close_attribute(decoder& d) noexcept {
    d.attributes_ &= ~(std::uint64_t{1} << depth);
    d.attribute_end_ = offset(d);
  }

  // Opens an aggregate with `count` elements, whose head was emitted.
  PARLEY_INLINE void open(decoder& d, std::uint32_t count) noexcept {
    d.outer_[depth++] = left;
    left = count;
  }

  // Bytes of the current reply before `p`.
  PARLEY_INLINE std::uint64_t offset(const decoder& d) const noexcept {
    return d.limits_.reply_budget - room + past_mark(p);
  }
};

}  // namespace parley::resp
