// The kernels for all instruction sets that Highway knows. This file is compiled
// once for each: foreach_target.h includes it again and again.
#if !defined(PARLEY_NO_HIGHWAY)

#include <parley/core/text/kernels.hpp>
#include <parley/core/text/utf8_tables.hpp>
#include <parley/core/text/words.hpp>

#include <bit>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parley/core/text/kernels_highway.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parley::text::detail::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

// Processors without vectors of bytes, or without shuffles of them (x86 below
// SSSE3): emulating these would be slower than words are.
bool valid_utf8(const std::uint8_t* data, std::size_t size) {
  return scalar::valid_utf8(data, size);
}
void unmask(std::uint8_t* data, std::size_t size, std::uint32_t key) {
  scalar::unmask(data, size, key);
}
bool unmask_ascii(std::uint8_t* data, std::size_t size, std::uint32_t key) {
  return (scalar::unmask(data, size, key) & high_bits) == 0;
}
void masked_copy(std::uint8_t* to, const std::uint8_t* from, std::size_t size, std::uint32_t key) {
  scalar::masked_copy(to, from, size, key);
}
std::size_t find_either(const std::uint8_t* data, std::size_t size, std::uint8_t a,
                        std::uint8_t b) {
  return scalar::find_either(data, size, a, b);
}

#else

namespace hn = hwy::HWY_NAMESPACE;
using bytes_tag = hn::ScalableTag<std::uint8_t>;
using narrow_tag = hn::FixedTag<std::uint8_t, 16>;
template <class D>
using vector = hn::Vec<D>;

// The test of ASCII: as signed numbers, bytes from 0x80 on are negative.
template <class D>
HWY_INLINE bool any_high_bit(D, vector<D> v) {
  const hn::RebindToSigned<D> sd;
  return !hn::AllFalse(sd, hn::Lt(hn::BitCast(sd, v), hn::Zero(sd)));
}

// Not zero where a byte cannot follow the three before it. A character that ends
// too early is a fault of the byte behind it.
template <class D>
HWY_INLINE vector<D> utf8_faults(D d, vector<D> bytes, vector<D> before1, vector<D> before2,
                                 vector<D> before3) {
  // Three look-ups by four bits each classify every pair of neighbours: a bit that
  // survives all three names a way in which the pair is wrong (Keiser and Lemire,
  // "Validating UTF-8 In Less Than One Instruction Per Byte").
  alignas(16) static constexpr utf8_tables tables = make_utf8_tables();
  const auto first_high = hn::LoadDup128(d, tables.first_high.data());
  const auto first_low = hn::LoadDup128(d, tables.first_low.data());
  const auto second_high = hn::LoadDup128(d, tables.second_high.data());
  const auto pairs =
      hn::And(hn::And(hn::TableLookupBytes(first_high, hn::ShiftRight<4>(before1)),
                      hn::TableLookupBytes(first_low, hn::And(before1, hn::Set(d, 0x0F)))),
              hn::TableLookupBytes(second_high, hn::ShiftRight<4>(bytes)));
  // The high bit is set where the third or fourth byte of a character must be:
  // behind E0 and above by two, behind F0 and above by three.
  const auto third = hn::SaturatedSub(before2, hn::Set(d, 0xE0 - 0x80));
  const auto fourth = hn::SaturatedSub(before3, hn::Set(d, 0xF0 - 0x80));
  const auto must_continue = hn::And(hn::Or(third, fourth), hn::Set(d, two_continuations));
  // Two continuations in a row are marked by the tables as well. They are right
  // exactly where one must be: equal marks cancel out, a single one remains as a
  // fault.
  return hn::Xor(pairs, must_continue);
}

// At least three bytes must lie before `at`.
template <class D>
HWY_INLINE vector<D> utf8_faults_at(D d, const std::uint8_t* at, vector<D> bytes) {
  return utf8_faults(d, bytes, hn::LoadU(d, at - 1), hn::LoadU(d, at - 2), hn::LoadU(d, at - 3));
}
template <class D>
HWY_INLINE vector<D> utf8_faults_at(D d, const std::uint8_t* at) {
  return utf8_faults_at(d, at, hn::LoadU(d, at));
}

// The first sixteen bytes, before which there is nothing.
HWY_INLINE vector<narrow_tag> utf8_faults_first(vector<narrow_tag> bytes) {
  const narrow_tag d;
  return utf8_faults(d, bytes, hn::ShiftLeftBytes<1>(d, bytes), hn::ShiftLeftBytes<2>(d, bytes),
                     hn::ShiftLeftBytes<3>(d, bytes));
}

// True if a character goes on at `end`; at least four bytes must lie before it.
HWY_INLINE bool unfinished(const std::uint8_t* end) {
  // One load settles ASCII. Otherwise a lead byte must be near enough to the end
  // that its character reaches beyond it.
  if (HWY_LIKELY((load<std::uint32_t>(end - 4) & 0x80808080u) == 0)) return false;
  return end[-1] >= 0xC0 || end[-2] >= 0xE0 || end[-3] >= 0xF0;
}

template <class D>
HWY_INLINE bool none(D d, vector<D> faults) {
  return hn::AllTrue(d, hn::Eq(faults, hn::Zero(d)));
}

// True if [at, end) continues well what lies before it; in vectors of D, of which
// the last overlaps the one before. At least one must fit.
template <class D>
HWY_INLINE bool continues_well(D d, const std::uint8_t* at, const std::uint8_t* end) {
  const std::size_t width = hn::Lanes(d);
  const auto left = [&] { return static_cast<std::size_t>(end - at); };
  // Faults are gathered and looked at once at the end: text is nearly always good,
  // and a branch for each vector would cost more than reading on after a fault.
  auto faults = hn::Zero(d);
  bool broken = false;
  for (; left() >= 4 * width; at += 4 * width) {
    const auto v0 = hn::LoadU(d, at);
    const auto v1 = hn::LoadU(d, at + width);
    const auto v2 = hn::LoadU(d, at + 2 * width);
    const auto v3 = hn::LoadU(d, at + 3 * width);
    if (!any_high_bit(d, hn::Or(hn::Or(v0, v1), hn::Or(v2, v3)))) {
      // ASCII is no fault in itself, but a character that was begun before it is.
      broken |= unfinished(at);
      continue;
    }
    const auto f0 = utf8_faults_at(d, at, v0);
    const auto f1 = utf8_faults_at(d, at + width, v1);
    const auto f2 = utf8_faults_at(d, at + 2 * width, v2);
    const auto f3 = utf8_faults_at(d, at + 3 * width, v3);
    faults = hn::Or(faults, hn::Or(hn::Or(f0, f1), hn::Or(f2, f3)));
  }
  for (; left() >= width; at += width) faults = hn::Or(faults, utf8_faults_at(d, at));
  // Bytes that are looked at twice give the same faults twice: no masked load is
  // needed.
  if (at != end) faults = hn::Or(faults, utf8_faults_at(d, end - width));
  return !broken && none(d, faults);
}

// Up to fifteen bytes with zeros behind them. Built in registers: a vector read
// from where words were just stored waits for them.
HWY_INLINE vector<narrow_tag> load_padded(const std::uint8_t* data, std::size_t size) {
  const std::uint64_t front = size >= 8 ? load(data) : load_short(data, size);
  const std::uint64_t back = size > 8 ? load_short(data + 8, size - 8) : 0;
  const hn::FixedTag<std::uint64_t, 2> words;
  return hn::BitCast(narrow_tag(),
                     hn::InterleaveLower(words, hn::Set(words, front), hn::Set(words, back)));
}

// The last sixteen bytes, where less than three lie before them. Their first
// three are left out: the caller has looked at these.
HWY_INLINE vector<narrow_tag> utf8_faults_last(const std::uint8_t* at) {
  const narrow_tag d;
  alignas(16) static constexpr std::uint8_t rest[16] = {
      0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
  return hn::And(utf8_faults_first(hn::LoadU(d, at)), hn::Load(d, rest));
}

bool valid_utf8(const std::uint8_t* data, std::size_t size) {
  const narrow_tag narrow;
  const std::size_t first = hn::Lanes(narrow);
  // Before the zeros a character must have ended.
  if (size < first) return none(narrow, utf8_faults_first(load_padded(data, size)));
  if (!none(narrow, utf8_faults_first(hn::LoadU(narrow, data)))) return false;
  const std::uint8_t* const end = data + size;
  // A character cut by the end shows no fault in any vector: nothing follows it
  // that could be wrong.
  if (unfinished(end)) return false;
  const std::size_t left = size - first;
  const bytes_tag wide;
  // The first sixteen bytes are good, so that from here on each load may look three
  // bytes back without leaving the text.
  if (left >= hn::Lanes(wide)) return continues_well(wide, data + first, end);
  if (left >= first) return continues_well(narrow, data + first, end);
  if (left >= 3) return none(narrow, utf8_faults_at(narrow, end - first));
  return none(narrow, utf8_faults_last(end - first));
}

template <class D>
HWY_INLINE vector<D> repeat_key(D d, std::uint32_t key) {
  const hn::Repartition<std::uint32_t, D> words;
  return hn::BitCast(d, hn::Set(words, key));
}

template <class D>
HWY_INLINE vector<D> unmasked(D d, const std::uint8_t* at, vector<D> key) {
  return hn::Xor(hn::LoadU(d, at), key);
}

template <class D>
HWY_INLINE vector<D> store_unmasked(D d, std::uint8_t* at, vector<D> key) {
  const auto bytes = unmasked(d, at, key);
  hn::Store(bytes, d, at);
  return bytes;
}

// In vectors of D, of which at least one must fit. The first and the last are
// computed before the loop changes parts of them, and stored after it. So between
// them the loop can keep to aligned places: stores that cross cache lines would
// cost most of the speed. Returns all that came out, or-ed: whoever does not ask
// for it does not pay.
template <class D>
HWY_INLINE vector<D> unmask_in(D d, std::uint8_t* data, std::size_t size, std::uint32_t key) {
  const std::size_t width = hn::Lanes(d);
  std::uint8_t* const last = data + size - width;
  const auto front = unmasked(d, data, repeat_key(d, key));
  const auto back = unmasked(d, last, repeat_key(d, turn_key(key, size - width)));

  // How far it is to the next aligned place; the key has turned by as much there.
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(data) % width;
  const auto aligned_key = repeat_key(d, turn_key(key, before));
  std::uint8_t* at = data + before;
  std::size_t left = size - before;  // size >= width > before
  auto all = hn::Or(front, back);
  for (; left >= 4 * width; left -= 4 * width, at += 4 * width) {
    const auto v0 = store_unmasked(d, at, aligned_key);
    const auto v1 = store_unmasked(d, at + width, aligned_key);
    const auto v2 = store_unmasked(d, at + 2 * width, aligned_key);
    const auto v3 = store_unmasked(d, at + 3 * width, aligned_key);
    all = hn::Or(all, hn::Or(hn::Or(v0, v1), hn::Or(v2, v3)));
  }
  for (; left >= width; left -= width, at += width) {
    all = hn::Or(all, store_unmasked(d, at, aligned_key));
  }
  hn::StoreU(front, d, data);
  hn::StoreU(back, d, last);
  return all;
}

void unmask(std::uint8_t* data, std::size_t size, std::uint32_t key) {
  const bytes_tag wide;
  const narrow_tag narrow;
  if (size >= hn::Lanes(wide)) {
    unmask_in(wide, data, size, key);
  } else if (size >= hn::Lanes(narrow)) {
    unmask_in(narrow, data, size, key);
  } else {
    scalar::unmask(data, size, key);
  }
}

bool unmask_ascii(std::uint8_t* data, std::size_t size, std::uint32_t key) {
  const bytes_tag wide;
  const narrow_tag narrow;
  if (size >= hn::Lanes(wide)) return !any_high_bit(wide, unmask_in(wide, data, size, key));
  if (size >= hn::Lanes(narrow)) return !any_high_bit(narrow, unmask_in(narrow, data, size, key));
  return (scalar::unmask(data, size, key) & high_bits) == 0;
}

// The same from one place to another: nothing overlaps but the vectors at the
// ends, which give the same bytes twice.
template <class D>
HWY_INLINE void masked_copy_in(D d, std::uint8_t* to, const std::uint8_t* from, std::size_t size,
                               std::uint32_t key) {
  const std::size_t width = hn::Lanes(d);
  const auto end_key = repeat_key(d, turn_key(key, size - width));
  hn::StoreU(unmasked(d, from, repeat_key(d, key)), d, to);
  hn::StoreU(unmasked(d, from + size - width, end_key), d, to + size - width);

  const std::size_t before = -reinterpret_cast<std::uintptr_t>(to) % width;
  const auto aligned_key = repeat_key(d, turn_key(key, before));
  std::size_t i = before;
  for (; size - i >= 4 * width; i += 4 * width) {
    hn::Store(unmasked(d, from + i, aligned_key), d, to + i);
    hn::Store(unmasked(d, from + i + width, aligned_key), d, to + i + width);
    hn::Store(unmasked(d, from + i + 2 * width, aligned_key), d, to + i + 2 * width);
    hn::Store(unmasked(d, from + i + 3 * width, aligned_key), d, to + i + 3 * width);
  }
  for (; size - i >= width; i += width) {
    hn::Store(unmasked(d, from + i, aligned_key), d, to + i);
  }
}

void masked_copy(std::uint8_t* to, const std::uint8_t* from, std::size_t size, std::uint32_t key) {
  const bytes_tag wide;
  if (size >= hn::Lanes(wide)) return masked_copy_in(wide, to, from, size, key);
  if (size >= 16) return masked_copy_in(narrow_tag(), to, from, size, key);
  scalar::masked_copy(to, from, size, key);
}

// The index in vectors of D, of which the last overlaps the one before. At least
// one must fit.
template <class D>
HWY_INLINE std::size_t find_in(D d, const std::uint8_t* data, std::size_t size, std::uint8_t a,
                               std::uint8_t b) {
  const std::size_t width = hn::Lanes(d);
  const auto either = [d, va = hn::Set(d, a), vb = hn::Set(d, b)](const std::uint8_t* at) {
    const auto bytes = hn::LoadU(d, at);
    return hn::Or(hn::Eq(bytes, va), hn::Eq(bytes, vb));
  };
  // Four vectors are tested at once and only the hit is searched for: the common
  // case is a long text without either byte.
  std::size_t i = 0;
  for (; size - i >= 4 * width; i += 4 * width) {
    const auto front = hn::Or(either(data + i), either(data + i + width));
    const auto back = hn::Or(either(data + i + 2 * width), either(data + i + 3 * width));
    if (!hn::AllFalse(d, hn::Or(front, back))) break;
  }
  for (;; i += width) {
    if (i == size) return size;
    // Backwards over bytes that were searched already and hold neither, so that the
    // first hit is still the first.
    if (size - i < width) i = size - width;
    const auto found = hn::FindFirstTrue(d, either(data + i));
    if (found >= 0) return i + static_cast<std::size_t>(found);
  }
}

std::size_t find_either(const std::uint8_t* data, std::size_t size, std::uint8_t a,
                        std::uint8_t b) {
  const bytes_tag wide;
  if (size >= hn::Lanes(wide)) return find_in(wide, data, size, a, b);
  if (size >= 16) return find_in(narrow_tag(), data, size, a, b);
  return scalar::find_either(data, size, a, b);
}

#endif

}  // namespace parley::text::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parley::text::detail {

// A table of one function per instruction set; which one is called is decided at
// run time, so that one binary serves all processors.
HWY_EXPORT(valid_utf8);
HWY_EXPORT(unmask);
HWY_EXPORT(unmask_ascii);
HWY_EXPORT(masked_copy);
HWY_EXPORT(find_either);

bool valid_utf8(const std::uint8_t* data, std::size_t size) noexcept {
  return HWY_DYNAMIC_DISPATCH(valid_utf8)(data, size);
}

void unmask(std::uint8_t* data, std::size_t size, std::uint32_t key) noexcept {
  HWY_DYNAMIC_DISPATCH(unmask)(data, size, key);
}

bool unmask_ascii(std::uint8_t* data, std::size_t size, std::uint32_t key) noexcept {
  return HWY_DYNAMIC_DISPATCH(unmask_ascii)(data, size, key);
}

void masked_copy(std::uint8_t* to, const std::uint8_t* from, std::size_t size,
                 std::uint32_t key) noexcept {
  HWY_DYNAMIC_DISPATCH(masked_copy)(to, from, size, key);
}

std::size_t find_either(const std::uint8_t* data, std::size_t size, std::uint8_t a,
                        std::uint8_t b) noexcept {
  return HWY_DYNAMIC_DISPATCH(find_either)(data, size, a, b);
}

namespace {

// Better levels have lower bits.
std::int64_t best_of(std::int64_t levels) noexcept { return levels & -levels; }

// What was compiled in and what the processor has: both must hold to call it.
std::int64_t common_levels() noexcept { return hwy::SupportedTargets() & HWY_TARGETS; }

std::int64_t nth_level(std::size_t level) noexcept {
  std::int64_t levels = common_levels();
  for (; level != 0; --level) levels &= ~best_of(levels);
  return best_of(levels);
}

}  // namespace

std::size_t level_count() noexcept {
  return static_cast<std::size_t>(std::popcount(static_cast<std::uint64_t>(common_levels())));
}

std::string_view level_name(std::size_t level) noexcept {
  return level < level_count() ? hwy::TargetName(nth_level(level)) : "";
}

void use_level(std::size_t level) noexcept {
  // Zero undoes an earlier choice. Without this, a level that the last test
  // excluded could not be counted any more.
  hwy::SetSupportedTargetsForTest(0);
  if (level < level_count()) hwy::SetSupportedTargetsForTest(nth_level(level));
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace parley::text::detail
#endif

#endif
