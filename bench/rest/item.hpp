// What GET /api/items/7 tells: a shop's article of some 1,000 bytes of JSON, made anew from these
// values for each request.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::bench {

struct review {
  std::string_view user;
  int stars;
  std::string_view text;
};

struct item {
  std::string_view name = "Folding garden chair, oiled acacia";
  std::string_view sku = "GC-0007-OA";
  double price = 49.5;
  std::string_view currency = "EUR";
  bool in_stock = true;
  int count = 128;
  std::string_view description =
      "Folds flat in one move, stands firm on uneven ground and carries 130 kg. \"Best buy\" of "
      "the spring test.";
  std::array<std::string_view, 4> tags{"outdoor", "wood", "folding", "f\xc3\xb6hr"};
  double width = 45.25, height = 86.75, depth = 52.0;
  std::array<review, 6> reviews{{
      {"anna", 5, "Light, and does not wobble."},
      {"bert", 4, "Good chair. The screws want oil once a year."},
      {"carla", 5, "We bought four, and four more."},
      {"dmitri", 3, "Arrived with a scratch; exchanged at once."},
      {"emil", 5, "Survived two winters on the balcony."},
      {"fatou", 4, "A bit low for our table, else perfect."},
  }};
};

inline constexpr item the_item{};

// The number at the end of /api/items/NUMBER; nothing for every other path.
inline std::optional<std::uint64_t> item_number(std::string_view path) noexcept {
  constexpr std::string_view before = "/api/items/";
  if (!path.starts_with(before)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = path.data() + path.size();
  const auto [at, fault] = std::from_chars(path.data() + before.size(), end, number);
  if (at != end || fault != std::errc()) return std::nullopt;
  return number;
}

}  // namespace parley::bench
