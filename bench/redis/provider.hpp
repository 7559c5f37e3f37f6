// redis_provider on some loop, as the rows use it.
#pragma once

#include <uv.h>

#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/uv/loop.hpp>
#include <parley/codecs/resp/redis_provider.hpp>

#include "script.hpp"

namespace parley::bench {

// A loop and how it is turned until something has happened.
struct on_blocking {
  static constexpr std::string_view name = "parley";
  blocking::loop loop;
  void turn() { loop.run_once(); }
};

struct on_uv {
  static constexpr std::string_view name = "parley_uv";
  // libuv frees our handles in the turn after the loop has gone.
  struct owned {
    uv_loop_t uv;
    owned() { uv_loop_init(&uv); }
    ~owned() {
      uv_run(&uv, UV_RUN_DEFAULT);
      uv_loop_close(&uv);
    }
  } own;
  uv::loop loop{&own.uv};
  void turn() { uv_run(&own.uv, UV_RUN_ONCE); }
};

// Turns until the operation has ended; an error ends the program.
template <class Loop, class T>
T finish(Loop& on, operation<T> op) {
  while (!op.is_complete()) on.turn();
  auto outcome = op.await_resume();
  if (!outcome) wrong(Loop::name, outcome.error().to_string());
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}

// Turns for longer than a connection waits before it frees what it does not need.
inline void let_settle(on_blocking& on) {
  const time_point until = on.loop.now() + std::chrono::milliseconds(2500);
  while (on.loop.now() < until) on.loop.run_once(until - on.loop.now());
}

inline redis_config config_for(const std::string& path) {
  redis_config config;
  config.unix_socket = path;
  return config;
}

}  // namespace parley::bench
