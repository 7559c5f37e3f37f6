// One level's scanner; included once for each, inside its own namespace and target region. The
// level has defined before: `struct masks`, `whole_block`, `part_of_block`, `put_positions`.
//
// No include guard: it is meant to be read several times.

struct scan_state {
  std::uint64_t line_start = 1;  // bit 0: the next block begins a line
  std::uint64_t after_cr = 0;    // bit 0: the byte before the next block is a CR
  std::uint64_t carry = 0;       // a name goes on in the next block
  std::uint64_t faults = 0;
  std::size_t end = 0;  // behind the last line that is complete
  std::uint32_t lines = 0;
};

// Ends of names in a block: where a run of token characters that began at a line start stops.
[[gnu::always_inline]] inline std::uint64_t name_ends(const masks& m, std::uint64_t starts,
                                                      scan_state& s) noexcept {
  std::uint64_t sum = 0;
  const bool first = __builtin_add_overflow(m.token, starts, &sum);
  const bool second = __builtin_add_overflow(sum, s.carry, &sum);
  s.carry = static_cast<std::uint64_t>(first) | static_cast<std::uint64_t>(second);
  return sum & ~m.token;
}

// What is wrong in a block: each LF stands behind a CR and each CR before an LF, no control
// character anywhere, and a name does not end its line.
[[gnu::always_inline]] inline std::uint64_t faults_of(const masks& m, std::uint64_t ends,
                                                      std::uint64_t after_cr) noexcept {
  return (m.lf ^ ((m.cr << 1) | after_cr)) | m.control | (ends & m.cr);
}

// One block. True: the head ends in it, or a line that may be its end is not complete.
[[gnu::always_inline]] inline bool take_block(const masks& m, std::uint64_t valid, std::size_t at,
                                              scan_state& s, std::uint16_t*& to) noexcept {
  const std::uint64_t starts = (m.lf << 1) | s.line_start;
  const std::uint64_t empty = starts & m.cr;
  const std::uint64_t ends = name_ends(m, starts, s);
  if (empty != 0) [[unlikely]]
    valid &= (empty & -empty) - 1;
  s.faults |= faults_of(m, ends, s.after_cr) & valid;
  const std::uint64_t lf = m.lf & valid;
  s.lines += static_cast<std::uint32_t>(__builtin_popcountll(lf));
  to = put_positions(to, (ends | m.cr) & valid, at);
  if (empty != 0) [[unlikely]] {
    s.end = at + static_cast<std::size_t>(__builtin_ctzll(empty));
    return true;
  }
  if (lf != 0) s.end = at + 64 - static_cast<std::size_t>(__builtin_clzll(lf));
  s.line_start = m.lf >> 63;
  s.after_cr = m.cr >> 63;
  return false;
}

// After take_block() has said true: is the LF of the empty line there, and is it one?
[[gnu::always_inline]] inline void end_scan(const char* text, std::size_t size, const scan_state& s,
                                            line_scan& out) noexcept {
  const bool is_there = s.end + 1 < size;
  const bool is_end = is_there && text[s.end + 1] == '\n';
  out.lines = s.lines;
  out.end = static_cast<std::uint32_t>(is_end ? s.end + 2 : s.end);
  out.head_done = is_end;
  out.bad = s.faults != 0 || (is_there && !is_end);
  out.more = false;
}

void scan(const char* text, std::size_t size, position_array& positions, line_scan& out) noexcept {
  scan_state s;
  std::uint16_t* to = positions.at.data();
  const bool is_cut = size > scan_reach;
  if (is_cut) size = scan_reach;
  std::size_t at = 0;
  bool is_full = false;
  for (; size - at >= 64 && !is_full; at += 64) {
    if (take_block(whole_block(text + at), ~std::uint64_t{0}, at, s, to)) {
      return end_scan(text, size, s, out);
    }
    is_full = to > positions.at.data() + scan_capacity;
  }
  // Behind the last byte nothing counts.
  if (!is_full && at < size) {
    const std::uint64_t valid = (std::uint64_t{1} << (size - at)) - 1;
    if (take_block(part_of_block(text + at, size - at), valid, at, s, to)) {
      return end_scan(text, size, s, out);
    }
  }
  out.lines = s.lines;
  out.end = static_cast<std::uint32_t>(s.end);
  out.head_done = false;
  out.bad = s.faults != 0;
  out.more = is_cut || is_full;
}

short_scan scan_few(const char* text, std::size_t size) noexcept {
  const masks m = part_of_block(text, size);
  const std::uint64_t starts = (m.lf << 1) | 1;
  const std::uint64_t empty = starts & m.cr;
  const std::uint64_t ends = (m.token + starts) & ~m.token;
  std::uint64_t valid = (std::uint64_t{1} << size) - 1;
  short_scan out;
  if (empty != 0) {
    valid &= (empty & -empty) - 1;
    const auto cr = static_cast<std::size_t>(__builtin_ctzll(empty));
    out.head_done = ((m.lf >> (cr + 1)) & 1) != 0;
    // Anything else behind this CR is a fault, unless it is not there yet.
    out.bad = !out.head_done && cr + 1 < size;
    out.end = static_cast<std::uint32_t>(out.head_done ? cr + 2 : cr);
  } else if (m.lf != 0) {
    out.end = static_cast<std::uint32_t>(64 - __builtin_clzll(m.lf));
  }
  out.lines = static_cast<std::uint32_t>(__builtin_popcountll(m.lf & valid));
  out.marks = (ends | m.cr) & valid;
  out.bad |= (faults_of(m, ends, 0) & valid) != 0;
  return out;
}

constexpr scanners all = {scan, scan_few};
