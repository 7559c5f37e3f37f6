// errno as an error of parley.
#pragma once

#include <parley/core/error.hpp>
#include <string>
#include <string_view>

namespace parley::posix {

// What a failed call means: refused, unreachable, reset, timed_out, out_of_memory,
// invalid_argument or io. `where` is what it concerns ("127.0.0.1:6379") and
// becomes the message; for io the system's own words follow. The hint says what a
// person can do (S157).
error from_errno(int code, std::string_view where);

}  // namespace parley::posix
