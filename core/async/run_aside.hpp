// Calls a callback that may replace or drop itself, or end whoever owns it.
#pragma once

#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley {

// Runs run(callback) with the callback that `at` holds, moved out, so that it is not destroyed
// while it runs; `at` is empty meanwhile, and not touched afterwards. Then home() says where it
// belongs: a pointer to its place, or null where it was dropped meanwhile. A newer one that stands
// there stays, and the one that ran goes. An exception becomes an error, as in guarded().
template <class Callback, class Run, class Home>
result<void> run_aside(Callback& at, Run&& run, Home&& home) {
  Callback running = std::move(at);
  auto ran = guarded([&] { run(running); });
  Callback* const place = home();
  if (place != nullptr && !*place) *place = std::move(running);
  return ran;
}

}  // namespace parley
