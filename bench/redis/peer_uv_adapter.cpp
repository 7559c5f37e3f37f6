#include "peer_uv_adapter.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include <hiredis/adapters/libuv.h>
#pragma GCC diagnostic pop

#include "script.hpp"

namespace parley::bench {

hiredis_on_uv::hiredis_on_uv(hiredis_loop& on, const std::string& path)
    : context_(redisAsyncConnectUnix(path.c_str())) {
  if (!context_ || context_->err != 0) wrong("hiredis_uv", "no connection");
  if (redisLibuvAttach(context_, on.get()) != REDIS_OK) wrong("hiredis_uv", "no watcher");
  static constexpr auto on_connect = [](const redisAsyncContext*, int status) {
    if (status != REDIS_OK) wrong("hiredis_uv", "no connection");
  };
  redisAsyncSetConnectCallback(context_, on_connect);
  while ((context_->c.flags & REDIS_CONNECTED) == 0) on.turn();
}

}  // namespace parley::bench
