// Blocks of 64 bytes put together from smaller pieces; included by levels that have `struct
// piece`, `struct masks` and `first_bit`. No include guard: it is meant to be read several times.

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

// Six at once without a branch: three lines in 64 bytes are usual. With no bit left this writes
// behind the end, where nobody looks.
[[gnu::always_inline]] inline std::uint16_t* put_positions(std::uint16_t* to, std::uint64_t bits,
                                                           std::size_t at) noexcept {
  std::uint16_t* const end = to + __builtin_popcountll(bits);
  do {
    for (int i = 0; i < 6; ++i) {
      to[i] = static_cast<std::uint16_t>(at + first_bit(bits));
      bits &= bits - 1;
    }
    to += 6;
  } while (to < end);
  return end;
}
