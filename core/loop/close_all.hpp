// The end of a program that uses a loop: every connection is closed in good order,
// within a time.
#pragma once

#include <cstddef>
#include <parley/core/async/operation.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley {

// Each connection of `home` sends the output that it has, ends its write side, and
// goes when its peer has ended too. What is left after `at_most` is broken: its
// driver is told errc::cancelled, and unsent output is lost. Ends when there is no
// connection, and gives the number of those that were broken; destroy the loop
// then. It does not fail, and cannot be cancelled.
//
// End listeners and providers before: what they open meanwhile is finished only by
// the deadline.
operation<std::size_t> close_all(loop& home, duration at_most);

}  // namespace parley
