// Calls user code and turns what it throws into an error. The only place of
// core that knows of exceptions; without them (-fno-exceptions) it just calls.
#pragma once

#include <parley/core/error.hpp>
#include <utility>
#ifdef __cpp_exceptions
#include <exception>
#include <new>
#endif

namespace parley {

// Runs `f`; an exception becomes errc::callback_threw with its text.
template <class F>
result<void> guarded(F&& f) {
#ifdef __cpp_exceptions
  try {
    std::forward<F>(f)();
    return {};
  } catch (const std::bad_alloc&) {
    return fail(errc::out_of_memory);
  } catch (const std::exception& e) {
    return fail(errc::callback_threw, e.what());
  } catch (...) {
    return fail(errc::callback_threw);
  }
#else
  std::forward<F>(f)();
  return {};
#endif
}

}  // namespace parley
