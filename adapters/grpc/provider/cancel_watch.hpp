// Finds out whose client waits no more. gRPC tells that by itself to reactors that are one's own,
// and hands each call over to another thread for it; calls that are answered at once, as most are,
// would pay for what only the others need. So those that wait are looked after from here.
#pragma once

#include <parley/core/intrusive.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/loop/timer.hpp>

namespace parley::detail {

class grpc_served_call;

// Belongs to the loop's thread. While nobody waits it costs nothing.
class grpc_cancel_watch final : private timer {
 public:
  // How late a call may hear of it.
  static constexpr duration interval = std::chrono::milliseconds(20);

  // A call's place in here.
  struct place {
    grpc_served_call* call;
    place* before = nullptr;
    place* after = nullptr;
    bool is_taken = false;
  };

  explicit grpc_cancel_watch(loop& home) noexcept : loop_(home) {}

  void add(place& p);
  // Also one that is not in here.
  void remove(place& p) noexcept;

 private:
  void fired(time_point now) override;

  loop& loop_;
  intrusive_list<place> waiting_;
};

}  // namespace parley::detail
