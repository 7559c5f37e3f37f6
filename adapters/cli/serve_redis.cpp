#include <fmt/format.h>

#include <parley/adapters/cli/served.hpp>
#include <parley/build_config.hpp>
#if PARLEY_HAS_RESP
#include <parley/codecs/resp/server/redis_server.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_RESP
namespace {

class served_redis final : public served {
 public:
  served_redis(loop& home, redis_server_config config) : server_(home, std::move(config)) {}

  std::vector<address> places() const override { return {*server_.config().where()}; }
  task<result<void>> open() override { co_return server_.listen(); }
  std::vector<std::string> urls() const override {
    return {url_of(server_.config().ssl ? "rediss" : "redis", *server_.local_address())};
  }
  std::string load() const override {
    return fmt::format("{} clients are connected", server_.clients());
  }
  task<void> close() override { (void)co_await server_.stop(); }

 private:
  redis_server server_;
};

}  // namespace

made_server make_redis_server(const serving_needs& with, const std::string& url) {
  auto where = with.where(url);
  if (!where) return std::unexpected(serving_fault{.why = std::move(where).error()});
  auto config = redis_server_config::from_uri(*where);
  if (!config) return std::unexpected(serving_fault{.why = std::move(config).error()});
  config->with = &with.lower;
  config->watch = &with.watch;
  return std::make_unique<served_redis>(with.home, *std::move(config));
}
#else
made_server make_redis_server(const serving_needs&, const std::string&) {
  return std::unexpected(serving_fault{.what = "cannot serve", .why = unavailable_part("resp")});
}
#endif

}  // namespace parley::cli
