// The settings that CONFIG GET shows and CONFIG SET changes. What has no meaning here but
// is asked for by clients and tests stands there with the value of a plain Redis.
#pragma once

#include <parley/codecs/resp/server/engine.hpp>
#include <span>
#include <string>
#include <string_view>

namespace parley::resp {

// One setting, as CONFIG knows it.
struct parameter {
  std::string_view name;
  // The value, as CONFIG GET shows it.
  std::string (*show)(engine&);
  // Takes a new value; the fault, as Redis words it, or nothing. Null: can only be set
  // to what it is.
  std::string (*change)(engine&, std::string_view) = nullptr;
  std::string_view fixed{};  // the value, if `show` is null

  std::string value(engine& home) const;
  std::string set(engine& home, std::string_view text) const;
};

// In the order of their names.
std::span<const parameter> parameters() noexcept;
const parameter* find_parameter(std::string_view name) noexcept;

}  // namespace parley::resp
