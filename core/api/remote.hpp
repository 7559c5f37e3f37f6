// remote: a provider's handle for other threads. Everything else of a provider belongs to
// the thread of its loop; this hands a message over to that thread, without a lock.
//
//   parley::remote out = redis.remote_handle();            // in the loop's thread
//   std::thread([out] { (void)out.shout("events", "done"); });
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <parley/core/api/speaker.hpp>
#include <parley/core/async/callback.hpp>
#include <parley/core/loop/loop.hpp>
#include <string_view>
#include <utility>

namespace parley {

// The provider's part: carries out, in the loop's thread, what came from others.
class remote_sink {
 public:
  virtual operation<delivery> shout_for_remote(std::string_view name, const value& v) = 0;

 protected:
  ~remote_sink() = default;
};

namespace detail {
class remote_gate;
}

// Copies share one bounded queue. Copies may be made, used and destroyed in any thread,
// at any time, and may outlive the provider and its loop.
class remote {
 public:
  using outcome = callback<void(result<delivery>)>;

  remote(const remote& other) noexcept;
  remote(remote&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
  remote& operator=(remote other) noexcept {
    std::swap(gate_, other.gate_);
    return *this;
  }
  ~remote();

  // Publishes on the channel `name`, in the order of the calls of one thread. Takes the
  // value over, so that nothing is shared. `done` is told how it went, in the loop's
  // thread, exactly once if this returns no error: also if the provider ends first
  // (errc::cancelled). Errors here, of which nothing was sent: queue_full; closed, after
  // the end of the provider.
  result<void> shout(std::string_view name, value v, outcome done = {}) const;

  // Bytes that wait to be taken by the loop.
  std::size_t queued_bytes() const noexcept;
  // False after the end of the provider.
  bool is_open() const noexcept;

 private:
  friend class remote_port;
  explicit remote(detail::remote_gate* gate) noexcept;

  detail::remote_gate* gate_;
};

// What a provider has of its handles: makes them, and closes them at its end.
class remote_port {
 public:
  remote_port() = default;
  remote_port(const remote_port&) = delete;
  remote_port& operator=(const remote_port&) = delete;
  ~remote_port() { close(); }

  // The same queue for all calls; opened anew after close().
  remote open(loop& home, remote_sink& sink, std::size_t max_bytes);
  // From here on no thread touches the loop or the sink. Waits, for some instructions,
  // for one that is inside shout().
  void close() noexcept;

 private:
  detail::remote_gate* gate_ = nullptr;
};

}  // namespace parley
