#include <algorithm>
#include <parley/core/fallback/preference.hpp>

namespace parley {
namespace {

// In the order of `protocol_type`.
constexpr auto names =
    std::to_array<std::string_view>({"redis", "mqtt", "websocket", "rest", "grpc"});

}  // namespace

std::string_view to_string(protocol_type t) noexcept { return names[static_cast<std::size_t>(t)]; }

std::optional<protocol_type> protocol_of(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<protocol_type>(found - names.begin());
}

}  // namespace parley
