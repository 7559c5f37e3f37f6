// The version of parley, and what this build of it contains.
#pragma once

#include <parley/build_config.hpp>

#include <array>
#include <string_view>

namespace parley {

// "0.1.0". For comparisons in the preprocessor: PARLEY_VERSION_MAJOR, _MINOR, _PATCH.
inline constexpr std::string_view version = PARLEY_VERSION;

// An optional part of parley: a protocol's room, a loop, a library that core can use.
struct build_part {
  std::string_view name;     // "json", "resp", "redis", "uv", ...
  bool built;                // false: using it gives errc::unavailable, never a crash
  std::string_view option;   // the CMake option that turns it on, or "none"
  std::string_view package;  // the Debian package that it needs, or "none"
};

// Every part that this version knows, built or not, in the order in which they
// depend on each other. `parley --version` prints it.
#define PARLEY_ROW(name, built, option, package) \
  build_part{#name, static_cast<bool>(built), option, package},
inline constexpr auto build_parts = std::to_array<build_part>({PARLEY_FOR_EACH_PART(PARLEY_ROW)});
#undef PARLEY_ROW

// The part of that name, or null if this version knows no such part. Whoever
// reports errc::unavailable takes the option and the package from here (S160).
constexpr const build_part* find_build_part(std::string_view name) noexcept {
  for (const build_part& part : build_parts) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

}  // namespace parley
