// Blocks of 64 bytes put together from smaller pieces; included by levels that have `struct
// piece` and `struct masks`. No include guard: it is meant to be read several times.

[[gnu::always_inline]] inline void join(masks& to, const masks& from, std::size_t shift) noexcept {
  to.token |= from.token << shift;
  to.control |= from.control << shift;
  to.cr |= from.cr << shift;
  to.lf |= from.lf << shift;
}

[[gnu::always_inline]] inline masks whole_block(const char* from) noexcept {
  masks all{};
  for (std::size_t i = 0; i < 64; i += piece::width) {
    masks m;
    piece::load(from + i).classify(m);
    join(all, m, i);
  }
  return all;
}

// Whole pieces from the front, and one that ends with the last byte, so that no byte behind it is
// read. What they show twice is the same.
[[gnu::always_inline]] inline masks part_of_block(const char* from, std::size_t size) noexcept {
  masks all{}, m;
  if (size < piece::width) {
    alignas(32) char copy[piece::width];
    for (std::size_t i = 0; i < piece::width; ++i) copy[i] = i < size ? from[i] : ' ';
    piece::load(copy).classify(all);
    return all;
  }
  for (std::size_t i = 0; i + piece::width <= size; i += piece::width) {
    piece::load(from + i).classify(m);
    join(all, m, i);
  }
  piece::load(from + size - piece::width).classify(m);
  join(all, m, size - piece::width);
  return all;
}

// Four at a time without a branch; few blocks have more.
[[gnu::always_inline]] inline std::uint16_t* put_positions(std::uint16_t* to, std::uint64_t bits,
                                                           std::size_t at) noexcept {
  std::uint16_t* const end = to + __builtin_popcountll(bits);
  do {
    for (int i = 0; i < 4; ++i) {
      // With no bit left this writes behind the end, where nobody looks.
      to[i] = static_cast<std::uint16_t>(
          at + (bits == 0 ? 0 : static_cast<unsigned>(__builtin_ctzll(bits))));
      bits &= bits - 1;
    }
    to += 4;
  } while (to < end);
  return end;
}
