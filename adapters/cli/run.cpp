#include <parley/adapters/all/built_in.hpp>
#include <parley/adapters/cli/call.hpp>
#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/fallback.hpp>
#include <parley/adapters/cli/http_call.hpp>
#include <parley/adapters/cli/mqtt.hpp>
#include <parley/adapters/cli/pub_sub.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/rest.hpp>
#include <parley/adapters/cli/run.hpp>
#include <parley/adapters/cli/serve.hpp>
#include <parley/adapters/cli/signals.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/adapters/cli/watch.hpp>
#include <parley/adapters/cli/websocket.hpp>

namespace parley::cli {

task<int> run(loop& home, const options& o, stop& end) {
  end.bind(home);
  const signal_watcher signals(end);
  console_observer watch(end, o.verbose);
  transports lower;
  protocols table;
  add_built_in(table, lower);
  if (!o.fallback.empty()) co_return co_await run_fallback(home, o, end, table, lower);
  if (o.what == options::verb::serve) co_return co_await serve(home, o, end, lower, watch);
  const bool is_web = is_http(o.url);
  if (is_web && o.what == options::verb::call) {
    co_return co_await call_http(home, o, end, lower, watch);
  }
  if (is_mqtt(o.url) && (o.what == options::verb::pub || o.what == options::verb::sub)) {
    co_return co_await run_mqtt(home, o, end, lower, watch);
  }
  const bool is_ws = is_websocket(o.url);
  auto where = is_web ? origin(o) : target(o);
  if (!where) {
    report("the URL", where.error());
    co_return exit_usage;
  }
  auto made = is_ws    ? make_websocket(home, o, lower, watch)
              : is_web ? make_rest(home, o, lower, watch)
                       : table.make(home, *where, &watch);
  if (!made) co_return ended_by(end, "cannot use this URL", made.error());
  provider& p = **made;
  if (auto up = co_await end.unless_stopped(p.initialize()); !up) {
    co_return ended_by(end, "cannot connect", up.error());
  }
  int code = exit_ok;
  switch (o.what) {
    case options::verb::pub:
      code = co_await publish(p, o, end);
      break;
    case options::verb::sub:
      code = co_await subscribe(home, p, o, end);
      break;
    case options::verb::call:
      if (is_ws || is_mqtt(o.url) || is_grpc(o.url)) {
        code = co_await call_by_name(p, o, end);
      } else {
        code = co_await call(p, o, end);
      }
      break;
    case options::verb::serve:
      break;  // done above: it needs no server elsewhere
  }
  (void)co_await p.close();
  co_return code;
}

}  // namespace parley::cli
