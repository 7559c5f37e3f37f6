// parley on the user's libuv loop, which is borrowed: never run, stopped or closed
// here. Make it in the thread that runs the uv loop:
//
//   parley::uv::loop loop{uv_default_loop()};
//   parley::redis_provider redis{loop, {}};
//   redis.initialize().then([](auto ok) { ... });
//   uv_run(uv_default_loop(), UV_RUN_DEFAULT);
//
// uv_run() returns by itself when parley has nothing left to do: open connections,
// listeners, names being resolved, deadlines and completions keep it running, as
// those of any libuv program do; waiting for post() from other threads does not.
#pragma once

#include <memory>
#include <optional>
#include <parley/adapters/posix/reactor.hpp>
#include <parley/core/loop/loop.hpp>

struct uv_loop_s;  // uv_loop_t

namespace parley::uv {

class loop final : public parley::loop, private posix::reactor {
 public:
  // `borrowed` must live until the handles of this object are closed, see below.
  explicit loop(uv_loop_s* borrowed);

  // Legal at any time outside of a callback of this loop, whether the uv loop runs
  // on or not: delivers what was posted, then closes its handles. Destroy
  // providers and listeners before. libuv frees the handles in the next turn of
  // uv_run(), so call that once more before uv_loop_close().
  ~loop() override;

  uv_loop_s* borrowed() const noexcept { return uv_; }

  // --- the loop port
  // Inside a callback of libuv, the time at which it began.
  time_point now() override;
  wall_time wall_now() override;
  void random(std::span<std::byte> out) override;
  // In libuv's thread pool (UV_THREADPOOL_SIZE).
  void resolve(resolve_request& request) override;
  void cancel(resolve_request& request) override;
  connection& connect(const address& to, driver& d) override;
  result<std::unique_ptr<listener>> listen(const address& at, acceptor& a,
                                           const listen_options& how = {}) override;

 private:
  struct handles;
  struct moment;
  struct poll_handle;
  class lookup;

  void request_turn() override;
  void notify() override;
  void watch(posix::pollable& p, bool read, bool write) override;
  void forget(posix::pollable& p) noexcept override;

  void turn();
  void arm_timer();

  uv_loop_s* uv_;
  std::optional<time_point> present_;  // what now() says while libuv has called us
  handles* handles_;                   // frees itself, when libuv has closed them
};

}  // namespace parley::uv
