// What `parley serve` runs: servers, each for one URL of the command line, or for several that
// belong together.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <parley/adapters/cli/options.hpp>
#include <parley/core/api/callable.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/error.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/net/address.hpp>
#include <parley/core/net/uri.hpp>
#include <parley/core/value/value.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::cli {

class served {
 public:
  virtual ~served() = default;

  // Where it is going to listen, for each of its URLs in their order.
  virtual std::vector<address> places() const = 0;
  // Begins to listen. What fails is told; then destroy it.
  virtual task<result<void>> open() = 0;
  // Its URLs with the ports that they have, once it is open.
  virtual std::vector<std::string> urls() const = 0;
  // What it is busy with, for people: "3 clients are connected".
  virtual std::string load() const = 0;
  // Accepts nobody, and lets what is on its way go out, for seconds at the most.
  virtual task<void> close() = 0;
};

// What they are made with, and all outlives them.
struct serving_needs {
  loop& home;
  const options& o;
  transports& lower;  // where TLS comes from
  observer& watch;
  bool is_alone;  // the URL is the only one: it takes all options, and says which it has no use for

  // The URL with the options that are for it.
  result<uri> where(const std::string& url) const;
};

// Why one cannot be made: what was tried, for the report, and its error.
struct serving_fault {
  std::string_view what = "cannot use this URL";
  error why;
  std::string url{};  // which of several; empty: all of them
};
using made_server = std::expected<std::unique_ptr<served>, serving_fault>;

// Nothing is opened by these; what is wrong with the URL is told. Data lives in memory.
made_server make_redis_server(const serving_needs& with, const std::string& url);
// One broker; the first URL has its users and limits, the others are further places.
made_server make_mqtt_server(const serving_needs& with, const std::vector<std::string>& urls);
// Carries what clients post to /events/NAME to those who listen there, and answers POST /echo.
// `urls` are one of HTTP, and those of WebSocket that share its port.
made_server make_http_server(const serving_needs& with, const std::vector<std::string>& urls);
// These carry messages between clients, and answer the callable `echo`.
made_server make_websocket_server(const serving_needs& with, const std::string& url);
made_server make_grpc_server(const serving_needs& with, const std::string& url);

// The handler of `echo`.
result<value> give_back(const value& v);
// Lets a provider begin, with that callable under a name; it answers as long as `echo` is there.
template <class Provider>
task<result<void>> open_with_echo(Provider& server, std::string_view name,
                                  std::optional<callable>& echo) {
  if (auto up = co_await server.initialize(); !up) co_return up;
  call_handler answers = give_back;
  auto made = co_await server.create_callable(name, std::move(answers));
  if (!made) co_return std::unexpected(std::move(made).error());
  echo = *std::move(made);
  co_return result<void>();
}
// "redis://127.0.0.1:6379" or "redis+unix:///path".
std::string url_of(std::string_view scheme, const address& at);

}  // namespace parley::cli
