#include <parley/adapters/cli/on_loop.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/version.hpp>
#if PARLEY_HAS_ASIO
#include <boost/asio/io_context.hpp>
#include <parley/adapters/asio/loop.hpp>
#endif
#if PARLEY_HAS_BLOCKING
#include <parley/adapters/blocking/loop.hpp>
#endif
#if PARLEY_HAS_UV
#include <uv.h>

#include <parley/adapters/uv/loop.hpp>
#endif

namespace parley::cli {
namespace {

using task_maker = callback<task<int>(loop&)>;

#if PARLEY_HAS_BLOCKING
result<int> run_blocking(task_maker& body) {
  blocking::loop home;
  auto outcome = home.wait(spawn(home, body(home)));
  home.run();  // until connections and threads are gone as well
  return outcome;
}
#endif

#if PARLEY_HAS_UV
result<int> run_uv(task_maker& body) {
  uv_loop_t raw;
  if (const int code = uv_loop_init(&raw); code != 0) return fail(errc::io, uv_strerror(code));
  result<int> outcome = fail(errc::cancelled);
  {
    uv::loop home(&raw);
    spawn(home, body(home)).then([&](result<int> ended) { outcome = std::move(ended); });
    uv_run(&raw, UV_RUN_DEFAULT);
  }
  uv_run(&raw, UV_RUN_DEFAULT);  // what the loop has closed
  uv_loop_close(&raw);
  return outcome;
}
#endif

#if PARLEY_HAS_ASIO
result<int> run_asio(task_maker& body) {
  boost::asio::io_context context(1);
  result<int> outcome = fail(errc::cancelled);
  {
    asio::loop home(context);
    spawn(home, body(home)).then([&](result<int> ended) { outcome = std::move(ended); });
    context.run();
  }
  return outcome;
}
#endif

}  // namespace

std::string_view to_string(loop_kind kind) noexcept {
  switch (kind) {
    case loop_kind::blocking:
      break;
    case loop_kind::uv:
      return "uv";
    case loop_kind::asio:
      return "asio";
  }
  return "blocking";
}

result<int> run_on(loop_kind kind, task_maker body) {
#if PARLEY_HAS_ASIO
  if (kind == loop_kind::asio) return run_asio(body);
#endif
#if PARLEY_HAS_UV
  if (kind == loop_kind::uv) return run_uv(body);
#endif
#if PARLEY_HAS_BLOCKING
  if (kind == loop_kind::blocking) return run_blocking(body);
#endif
  return std::unexpected(unavailable_part(to_string(kind)));
}

}  // namespace parley::cli
