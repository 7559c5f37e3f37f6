#include <optional>
#include <parley/adapters/cli/served.hpp>
#include <parley/build_config.hpp>
#if PARLEY_HAS_GRPC
#include <parley/adapters/grpc/grpc_provider.hpp>
#include <parley/core/api/serving.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_GRPC
namespace {

class served_grpc final : public served {
 public:
  served_grpc(loop& home, const grpc_config& config)
      : place_(listening_address(config.socket_path, config.host, config.port).value_or(address())),
        is_tls_(config.ssl),
        server_(home, config) {}

  std::vector<address> places() const override { return {place_}; }
  task<result<void>> open() override { return open_with_echo(server_, "echo", echo_); }
  std::vector<std::string> urls() const override {
    const address at = *server_.local_address();
    if (at.is_local()) return {"grpc+unix:" + std::string(at.path())};
    return {url_of(is_tls_ ? "grpcs" : "grpc", at)};
  }
  std::string load() const override { return "calls that run have 5 seconds"; }
  task<void> close() override { (void)co_await server_.close(); }

 private:
  address place_;
  bool is_tls_;
  grpc_provider server_;
  std::optional<callable> echo_;
};

}  // namespace

made_server make_grpc_server(const serving_needs& with, const std::string& url) {
  auto where = with.where(url);
  if (!where) return std::unexpected(serving_fault{.why = std::move(where).error()});
  auto config = grpc_config::server_from_uri(*where);
  if (!config) return std::unexpected(serving_fault{.why = std::move(config).error()});
  if (!where->parameter("relay")) config->relay = true;
  config->watch = &with.watch;
  return std::make_unique<served_grpc>(with.home, *config);
}
#else
made_server make_grpc_server(const serving_needs&, const std::string&) {
  return std::unexpected(serving_fault{.what = "cannot serve", .why = unavailable_part("grpc")});
}
#endif

}  // namespace parley::cli
