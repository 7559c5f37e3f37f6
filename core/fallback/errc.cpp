#include <array>
#include <parley/core/fallback/errc.hpp>

namespace parley {
namespace {

// In the order of `fallback_errc`.
constexpr auto infos = std::to_array<error_info>({
    {"fallback", "no_carrier", error_class::transient, "none of the protocols was reached",
     "the message says of each protocol what was tried and why it failed"},
    {"fallback", "none_usable", error_class::configuration, "none of the protocols can be used",
     "correct what the message says of one of them"},
});

}  // namespace

const error_info& describe(fallback_errc code) noexcept {
  return infos[static_cast<std::size_t>(code)];
}

}  // namespace parley
