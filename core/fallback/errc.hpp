// What can go wrong with several protocols at once.
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>

namespace parley {

// Faults of fall-back; those of the protocols come as they are, or as text in these.
enum class fallback_errc : std::uint8_t {
  no_carrier,   // none of the protocols was reached; another try may succeed
  none_usable,  // none will be, until somebody changes a setting, a password or the build
};

const error_info& describe(fallback_errc) noexcept;

}  // namespace parley
