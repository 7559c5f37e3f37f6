// What can go wrong with a file, told apart by what a person has to do about it.
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>

namespace parley::files {

// Each comes with the path and, where the system refused, with its words.
enum class errc : std::uint16_t {
  missing,     // nothing has this path
  forbidden,   // this process may not read it
  wrong_kind,  // a folder, a device or a pipe, where a file should be
  too_large,   // larger than the caller allows
  empty,       // a file without a byte, or a folder without a certificate
  unreadable,  // another failure that the system reported; may pass
};

const error_info& describe(errc) noexcept;

}  // namespace parley::files
