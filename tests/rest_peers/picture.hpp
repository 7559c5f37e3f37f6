// A picture that a browser has taken of a page (PNG, RFC 2083), as its pixels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace parley::test {

struct picture {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::uint32_t> pixels;  // 0xRRGGBB, row by row

  std::size_t count(std::uint32_t color, std::size_t first_row, std::size_t end_row) const {
    const auto rows = std::span(pixels).subspan(first_row * width, (end_row - first_row) * width);
    return static_cast<std::size_t>(std::ranges::count(rows, color));
  }
  std::size_t colors() const;
};

// Nothing if it is not a whole PNG of 8 bits a channel, RGB or RGBA, not interlaced.
std::optional<picture> read_png(const std::string& path);

}  // namespace parley::test
