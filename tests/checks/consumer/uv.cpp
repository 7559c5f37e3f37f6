// The room uv on a loop that is ours.
#include <uv.h>

#include <cstdio>
#include <parley/adapters/uv/loop.hpp>

int main() {
  uv_loop_t raw;
  if (uv_loop_init(&raw) != 0) return 1;
  bool ran = false;
  {
    struct note final : parley::work {
      explicit note(bool& flag) : flag_(flag) {}
      void run() override { flag_ = true; }
      bool& flag_;
    } said(ran);
    parley::uv::loop home(&raw);
    home.post(said);
    uv_run(&raw, UV_RUN_DEFAULT);
  }
  uv_run(&raw, UV_RUN_DEFAULT);
  std::puts(ran ? "uv: ran" : "uv: did not run");
  return uv_loop_close(&raw) == 0 && ran ? 0 : 1;
}
