#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#if PARLEY_GRPC_REFLECTION
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#endif

#include <memory>
#include <parley/adapters/grpc/provider/reflection.hpp>
#include <string_view>
#include <vector>

namespace parley::detail {
namespace {

constexpr bool is_built_in = PARLEY_GRPC_REFLECTION;
constexpr std::string_view plugin_name = "proto_server_reflection";

class reflection_option final : public ::grpc::ServerBuilderOption {
  using plugins = std::vector<std::unique_ptr<::grpc::ServerBuilderPlugin>>;

 public:
  explicit reflection_option(bool on) noexcept : on_(on) {}

 private:
  void UpdateArguments(::grpc::ChannelArguments*) override {}
  void UpdatePlugins(plugins* all) override {
    std::erase_if(*all, [](const auto& p) { return p->name() == plugin_name; });
#if PARLEY_GRPC_REFLECTION
    if (on_) all->push_back(std::make_unique<::grpc::reflection::ProtoServerReflectionPlugin>());
#endif
  }

  [[maybe_unused]] bool on_;
};

}  // namespace

result<void> set_reflection(::grpc::ServerBuilder& builder, bool on) {
  if (on && !is_built_in) {
    return std::unexpected(
        error(errc::unavailable, "server reflection")
            .with_hint("build parley where libgrpc++_reflection is, which libgrpc++-dev has"));
  }
  builder.SetOption(std::make_unique<reflection_option>(on));
  return {};
}

}  // namespace parley::detail
