// Names to addresses by getaddrinfo(3), which blocks and so runs in threads of its
// own. For every loop whose library brings nothing better.
#pragma once

#include <cstddef>
#include <memory>
#include <parley/core/loop/loop.hpp>

namespace parley::posix {

// Implements resolve() and cancel() of a loop. Threads are started when there are
// names to resolve, at most `max_threads`, and end when there are none; signals
// are blocked in them. Numeric addresses need no thread.
class threaded_resolver {
 public:
  static constexpr int max_threads = 4;

  explicit threaded_resolver(loop& home);
  // Never waits: a thread inside getaddrinfo ends by itself and tells nobody.
  // Cancel requests first; the loop must still be able to run what was posted.
  ~threaded_resolver();
  threaded_resolver(const threaded_resolver&) = delete;
  threaded_resolver& operator=(const threaded_resolver&) = delete;

  // request.resolved() is called from the loop's ready queue, never from inside.
  // Counts as attached to the loop until then.
  void resolve(resolve_request& request);
  // No effect on a request that is not under way.
  void cancel(resolve_request& request);
  // Names are on their way: a loop that would end without work stays for them.
  bool is_busy() const noexcept { return busy_ > 0; }

 private:
  class job;
  struct shared;

  void start_thread();
  void remember(resolve_request& request, job& mine) noexcept;
  void forget(resolve_request& request);

  loop& loop_;
  std::size_t busy_ = 0;  // requests that are neither answered nor cancelled
  std::shared_ptr<shared> shared_;
};

}  // namespace parley::posix
