// What can go wrong with a store, told apart by what a person has to do about it. One list for all
// stores, so that whoever uses the port decides by the code, whatever is behind it.
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>

namespace parley {

enum class store_errc : std::uint16_t {
  too_large,     // a record exceeds a limit for one; nothing was changed
  full,          // all records together would exceed `max_bytes`; nothing was changed
  disk_full,     // the medium has no room; what is staged is kept, and the next sync() tries again
  failed,        // the medium failed: nothing is taken any more until the store is opened anew
  corrupt,       // what was stored reads differently now; names the file and the offset
  wrong_format,  // the file is something else, or of a newer version
  in_use,        // another process has it open
  inaccessible,  // it cannot be opened, or not made
};

const error_info& describe(store_errc) noexcept;

}  // namespace parley
