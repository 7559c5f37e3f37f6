#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/serve.hpp>
#include <parley/adapters/cli/serve_plan.hpp>
#include <parley/adapters/cli/served.hpp>
#include <span>
#include <utility>

namespace parley::cli {
namespace {

made_server make_server(const serving_needs& with, serving_kind kind,
                        const std::vector<std::string>& urls) {
  switch (kind) {
    case serving_kind::redis:
      break;
    case serving_kind::mqtt:
      return make_mqtt_server(with, urls);
    case serving_kind::http:
      return make_http_server(with, urls);
    case serving_kind::websocket:
      return make_websocket_server(with, urls.front());
    case serving_kind::grpc:
      return make_grpc_server(with, urls.front());
  }
  return make_redis_server(with, urls.front());
}

// Whether the error, or what has led to it, is of this place.
bool tells_of(const error& why, const address& place) {
  if (why.message().contains(place.to_string())) return true;
  return why.cause() && tells_of(*why.cause(), place);
}

// All servers of the command line.
class servers {
 public:
  servers(loop& home, const options& o, transports& lower, observer& watch)
      : urls_{o.url}, with_{home, o, lower, watch, o.beside.empty()} {
    urls_.insert(urls_.end(), o.beside.begin(), o.beside.end());
  }

  std::expected<void, serving_fault> make() {
    auto plan = plan_serving(urls_);
    if (!plan) return std::unexpected(std::move(plan).error());
    for (serving_group& group : *plan) {
      std::vector<std::string> its;
      its.reserve(group.urls.size());
      for (const std::size_t i : group.urls) its.push_back(urls_[i]);
      auto made = make_server(with_, group.kind, its);
      if (!made && made.error().url.empty()) made.error().url = its.front();
      if (!made) return std::unexpected(std::move(made).error());
      all_.push_back({std::move(group), *std::move(made)});
    }
    return {};
  }

  // Before anything is opened.
  result<void> check_places() const {
    std::vector<wanted_place> places;
    std::vector<std::size_t> numbers;
    for (std::size_t owner = 0; owner < all_.size(); ++owner) {
      const one& s = all_[owner];
      for (const address& at : s.server->places()) {
        places.push_back({at, owner, s.group.kind == serving_kind::http});
      }
      numbers.insert(numbers.end(), s.group.urls.begin(), s.group.urls.end());
    }
    const auto clash = find_clash(places);
    if (!clash) return {};
    return std::unexpected(
        error(errc::invalid_argument, without_passwords(fmt::format("{} and {} want the same place",
                                                                    urls_[numbers[clash->first]],
                                                                    urls_[numbers[clash->second]])))
            .with_hint("give each a port of its own; http:// and ws:// share one, and https:// and "
                       "wss://, where host and port are written alike"));
  }

  // The first failure ends it; `where` are the URLs that it is of.
  task<result<void>> open(std::string& where) {
    for (one& s : all_) {
      auto ok = co_await s.server->open();
      if (ok) continue;
      where = names_of(s, ok.error());
      co_return ok;
    }
    co_return result<void>();
  }

  // In the order of the command line.
  std::string ready_lines() const {
    std::vector<std::string> lines(urls_.size());
    for (const one& s : all_) {
      auto urls = s.server->urls();
      for (std::size_t i = 0; i < urls.size(); ++i) lines[s.group.urls[i]] = std::move(urls[i]);
    }
    return fmt::format("{}\n", fmt::join(lines, "\n"));
  }

  void tell_loads() const {
    for (const one& s : all_) {
      note(with_.is_alone
               ? fmt::format("stopping; {}", s.server->load())
               : fmt::format("stopping {}; {}", s.server->urls().front(), s.server->load()));
    }
  }

  // All at the same time, so that the slowest counts, and not the sum.
  task<void> close() {
    std::vector<operation<void>> closing;
    closing.reserve(all_.size());
    for (one& s : all_) closing.push_back(spawn(with_.home, s.server->close()));
    for (auto& each : closing) (void)co_await std::move(each);
  }

  // For a report: "redis://127.0.0.1:6379: cannot listen".
  std::string with_url(std::string_view what, std::string_view url) const {
    if (with_.is_alone) return std::string(what);
    return without_passwords(fmt::format("{}: {}", url, what));
  }

 private:
  struct one {
    serving_group group;
    std::unique_ptr<served> server;
  };

  // Those of a server that the error is of; all, if it does not say so.
  std::string names_of(const one& s, const error& why) const {
    const auto places = s.server->places();
    std::vector<std::string_view> all, meant;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const std::string_view url = urls_[s.group.urls[i]];
      all.push_back(url);
      if (tells_of(why, places[i])) meant.push_back(url);
    }
    return fmt::format("{}", fmt::join(meant.empty() ? all : meant, ", "));
  }

  std::vector<std::string> urls_;
  serving_needs with_;
  std::vector<one> all_;
};

}  // namespace

task<int> serve(loop& home, const options& o, stop& end, transports& lower, observer& watch) {
  servers all(home, o, lower, watch);
  if (auto made = all.make(); !made) {
    const serving_fault& fault = made.error();
    const int code = ended_by(end, all.with_url(fault.what, fault.url), fault.why);
    co_return fault.what == "the URL" ? int{exit_usage} : code;
  }
  if (auto ok = all.check_places(); !ok) {
    report("the URLs", ok.error());
    co_return exit_usage;
  }
  std::string where;
  if (auto ok = co_await all.open(where); !ok) {
    // What is open already ends with this function.
    co_return ended_by(end, all.with_url("cannot listen", where), ok.error());
  }
  // For whoever started it: the lines say that it is ready, and on which ports.
  if (auto ok = write_output(all.ready_lines()); !ok) {
    stop_for_output(end, ok.error());
    co_return ended_by(end, "cannot print", ok.error());
  }
  (void)co_await end.requested();
  if (o.verbose) all.tell_loads();
  co_await all.close();
  co_return end.exit_code();
}

}  // namespace parley::cli
