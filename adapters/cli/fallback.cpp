#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/fallback.hpp>
#include <parley/adapters/cli/pub_sub.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/rest.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/adapters/cli/watch.hpp>
#include <parley/adapters/cli/websocket.hpp>
#include <parley/core/fallback/interface_factory.hpp>

namespace parley::cli {
namespace {

// Asks for the end when no server is left that another try may reach: nobody else would say so.
class last_hope final : private timer {
 public:
  last_hope(loop& home, const interface_factory& factory, stop& end) noexcept
      : home_(home), factory_(factory), end_(end) {
    again();
  }

 private:
  static constexpr duration pause = std::chrono::seconds(1);

  void again() { home_.set_timer(*this, home_.now() + pause); }
  void fired(time_point) override {
    for (const channel_status& each : factory_.channels()) {
      const bool lost = std::ranges::all_of(each.carriers, [](const carrier_status& c) {
        return c.report.state == carrier_state::out;
      });
      if (!lost || each.carriers.empty()) continue;
      const error why(errc::not_connected, each.to_string());
      return end_.request(exit_refused, why);
    }
    again();
  }

  loop& home_;
  const interface_factory& factory_;
  stop& end_;
};

// One URL of the list, with the options that are for it. What is wrong with it is told when its
// turn comes, beside the others.
void add_place(interface_configs& where, loop& home, const options& o, const std::string& url,
               transports& lower, observer& watch) {
  const options of_it = for_url(o, url);
  // Path and query of these are the server's, so that the options cannot be in the URL.
  if (is_websocket(url) || is_http(url)) {
    auto made = is_http(url) ? make_rest(home, of_it, lower, watch)
                             : make_websocket(home, of_it, lower, watch);
    if (made) return void(where.add(*std::move(made), without_passwords(url)));
  } else if (auto place = target(of_it)) {
    return void(where.add(*std::move(place)));
  }
  where.add(url);
}

interface_factory_config config_of(const options& o, observer& watch) {
  interface_factory_config c;
  c.watch = &watch;
  c.options.dedupe = o.dedupe;
  if (!o.timeout) return c;
  // As --timeout says: to connect, and of pub to wait for an answer.
  const auto patience =
      std::chrono::duration_cast<duration>(std::chrono::duration<double>(*o.timeout));
  c.supervision.total_timeout = patience;
  if (o.what == options::verb::pub) c.options.keep_time = patience;
  return c;
}

}  // namespace

std::vector<std::string> split_urls(std::string_view list) {
  const auto is_scheme = [](std::string_view text) {
    const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz+");
    return end != 0 && end != text.npos && text.substr(end).starts_with(':');
  };
  std::vector<std::string> all(1);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == ',' && is_scheme(list.substr(i + 1))) {
      all.emplace_back();
    } else {
      all.back() += list[i];
    }
  }
  return all;
}

task<int> run_fallback(loop& home, const options& o, stop& end, protocols& table,
                       transports& lower) {
  console_observer watch(end, o.verbose, console_observer::one_of_several);
  interface_configs where;
  for (const std::string& url : o.fallback) add_place(where, home, o, url, lower, watch);
  interface_factory factory(home, table, std::move(where), config_of(o, watch));
  if (auto up = co_await end.unless_stopped(factory.initialize()); !up) {
    co_return ended_by(end, "cannot connect", up.error());
  }
  const last_hope hope(home, factory, end);
  const int code = o.what == options::verb::pub ? co_await publish(factory, o, end)
                                                : co_await subscribe(home, factory, o, end);
  (void)co_await factory.close();
  co_return code;
}

}  // namespace parley::cli
