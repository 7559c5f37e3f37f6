#include "rest_peers/picture.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <parley/codecs/http/content_coding.hpp>
#include <set>
#include <string_view>

namespace parley::test {
namespace {

std::size_t number(std::string_view bytes) {
  std::size_t n = 0;
  for (const char c : bytes.substr(0, 4)) n = n << 8 | static_cast<unsigned char>(c);
  return n;
}

// What the neighbours say that a byte will be; `filter` is that of its row (section 6).
unsigned predicted(unsigned filter, unsigned left, unsigned up, unsigned corner) {
  if (filter == 1) return left;
  if (filter == 2) return up;
  if (filter == 3) return (left + up) / 2;
  if (filter != 4) return 0;
  const int base = static_cast<int>(left + up) - static_cast<int>(corner);
  const auto far_from = [base](unsigned n) { return std::abs(base - static_cast<int>(n)); };
  if (far_from(left) <= far_from(up) && far_from(left) <= far_from(corner)) return left;
  return far_from(up) <= far_from(corner) ? up : corner;
}

// `rows`: each begins with the number of its filter.
void unfilter(std::vector<std::byte>& rows, std::size_t height, std::size_t size,
              std::size_t step) {
  const auto at = [&](std::size_t row, std::size_t i) {
    return static_cast<unsigned>(rows[row * (size + 1) + 1 + i]);
  };
  for (std::size_t row = 0; row < height; ++row) {
    const auto filter = static_cast<unsigned>(rows[row * (size + 1)]);
    for (std::size_t i = 0; i < size; ++i) {
      const bool has_left = i >= step;
      const unsigned guess =
          predicted(filter, has_left ? at(row, i - step) : 0, row > 0 ? at(row - 1, i) : 0,
                    has_left && row > 0 ? at(row - 1, i - step) : 0);
      rows[row * (size + 1) + 1 + i] = static_cast<std::byte>((at(row, i) + guess) & 0xFF);
    }
  }
}

struct chunks {
  std::string_view head;
  std::string data;
  bool has_end = false;
};

chunks split(std::string_view file) {
  constexpr std::string_view signature("\x89PNG\r\n\x1a\n");
  chunks all;
  if (!file.starts_with(signature)) return all;
  for (file.remove_prefix(signature.size()); file.size() >= 12;) {
    const std::size_t size = number(file);
    if (size > file.size() - 12) break;
    const std::string_view type = file.substr(4, 4), bytes = file.substr(8, size);
    if (type == "IHDR") all.head = bytes;
    if (type == "IDAT") all.data += bytes;
    if (type == "IEND") all.has_end = true;
    file.remove_prefix(size + 12);
  }
  return all;
}

}  // namespace

std::size_t picture::colors() const { return std::set(pixels.begin(), pixels.end()).size(); }

std::optional<picture> read_png(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string file(std::istreambuf_iterator<char>(in), {});
  const chunks all = split(file);
  if (!all.has_end || all.head.size() != 13 || all.head[8] != 8 || all.head[12] != 0) return {};
  const std::size_t step = all.head[9] == 2 ? 3 : all.head[9] == 6 ? 4 : 0;
  picture p{number(all.head), number(all.head.substr(4)), {}};
  if (step == 0 || p.width == 0 || p.width > 8192 || p.height == 0 || p.height > 8192) return {};
  std::vector<std::byte> rows(p.height * (p.width * step + 1));
  // Pages are mostly of one colour: no ratio is too good.
  http::inflater body(http::coding::deflate, {.max_ratio = 0});
  const auto r = body.decode(as_bytes(all.data), rows);
  if (r.produced != rows.size()) return {};
  unfilter(rows, p.height, p.width * step, step);
  for (std::size_t row = 0; row < p.height; ++row) {
    const std::byte* at = rows.data() + row * (p.width * step + 1) + 1;
    for (std::size_t i = 0; i < p.width; ++i, at += step) {
      p.pixels.push_back(static_cast<std::uint32_t>(at[0]) << 16 |
                         static_cast<std::uint32_t>(at[1]) << 8 |
                         static_cast<std::uint32_t>(at[2]));
    }
  }
  return p;
}

}  // namespace parley::test
