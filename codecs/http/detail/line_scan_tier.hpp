// One level's scanner; included once for each, inside its own namespace and target region. The
// level has defined before: `struct masks`, `whole_block`, `part_of_block`, `put_positions`.
//
// No include guard: it is meant to be read several times.

struct scan_state {
  std::uint64_t line_start = 1;  // bit 0: the next block begins a line
  std::uint64_t after_cr = 0;    // bit 0: the byte before the next block is a CR
  std::uint64_t carry = 0;       // a name goes on in the next block
  std::uint64_t faults = 0;
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

// The head ends in this block, at the CR whose bit is the lowest of `empty`.
[[gnu::always_inline]] inline bool ends_here(const char* text, std::size_t size, std::size_t at,
                                             line_scan& out) noexcept {
  // Its LF may be in the next block, or not be there yet.
  if (at + 1 >= size) return false;
  out.bad |= text[at + 1] != '\n';
  out.head_done = true;
  out.end = static_cast<std::uint32_t>(at + 2);
  return true;
}

line_scan scan(const char* text, std::size_t size, position_array& positions) noexcept {
  line_scan out;
  scan_state s;
  std::uint16_t* to = positions.at.data();
  if (size > scan_reach) {
    size = scan_reach;
    out.more = true;
  }
  for (std::size_t at = 0; at < size; at += 64) {
    const bool is_whole = size - at >= 64;
    masks m = is_whole ? whole_block(text + at) : part_of_block(text + at, size - at);
    // Behind the last byte nothing counts.
    std::uint64_t valid = is_whole ? ~std::uint64_t{0} : (std::uint64_t{1} << (size - at)) - 1;
    const std::uint64_t starts = (m.lf << 1) | s.line_start;
    const std::uint64_t empty = starts & m.cr;
    const std::uint64_t ends = name_ends(m, starts, s);
    std::uint64_t fault = faults_of(m, ends, s.after_cr);
    if (empty != 0) [[unlikely]] {
      valid &= (empty & -empty) - 1;
      fault &= valid;
      out.lines += static_cast<std::uint32_t>(__builtin_popcountll(m.lf & valid));
      put_positions(to, (ends | m.cr) & valid, at);
      out.bad = (s.faults | fault) != 0;
      const auto cr = at + static_cast<std::size_t>(__builtin_ctzll(empty));
      if (ends_here(text, size, cr, out)) {
        out.more = false;
      } else {
        out.end = static_cast<std::uint32_t>(cr);
      }
      return out;
    }
    s.faults |= fault & valid;
    if (m.lf != 0) {
      out.lines += static_cast<std::uint32_t>(__builtin_popcountll(m.lf));
      out.end = static_cast<std::uint32_t>(at + 64 - static_cast<unsigned>(__builtin_clzll(m.lf)));
    }
    to = put_positions(to, (ends | m.cr) & valid, at);
    if (to > positions.at.data() + scan_capacity) {
      out.more = true;
      break;
    }
    s.line_start = m.lf >> 63;
    s.after_cr = m.cr >> 63;
  }
  out.bad = s.faults != 0;
  return out;
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
