// A hiredis connection on a libuv loop of its own.
#pragma once

#include <hiredis/async.h>
#include <uv.h>

#include <string>

namespace parley::bench {

class hiredis_loop {
 public:
  hiredis_loop() { uv_loop_init(&uv_); }
  hiredis_loop(const hiredis_loop&) = delete;
  hiredis_loop& operator=(const hiredis_loop&) = delete;
  ~hiredis_loop() {
    uv_run(&uv_, UV_RUN_DEFAULT);
    uv_loop_close(&uv_);
  }
  void turn() { uv_run(&uv_, UV_RUN_ONCE); }
  uv_loop_t* get() noexcept { return &uv_; }

 private:
  uv_loop_t uv_;
};

// Connected when it is made; freed before its loop.
class hiredis_on_uv {
 public:
  hiredis_on_uv(hiredis_loop& on, const std::string& path);
  hiredis_on_uv(const hiredis_on_uv&) = delete;
  hiredis_on_uv& operator=(const hiredis_on_uv&) = delete;
  ~hiredis_on_uv() { redisAsyncFree(context_); }
  redisAsyncContext* get() noexcept { return context_; }

 private:
  redisAsyncContext* context_;
};

}  // namespace parley::bench
