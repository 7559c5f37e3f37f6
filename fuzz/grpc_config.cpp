// Configurations of gRPC by text: what a URI gives is sound, or is refused for reasons that are
// told without a password; and options by any name are taken as they are.
//
// Input: one byte chooses client or server and how many options there are; they follow, then the
// URI.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <parley/adapters/grpc/grpc_config.hpp>
#include <parley/adapters/grpc/provider/settings.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/reader.hpp"

namespace parley::fuzz {
namespace {

std::vector<grpc_option> options(reader& in, int count) {
  std::vector<grpc_option> all;
  for (; count > 0; --count) {
    const std::uint8_t how = in.byte();
    std::string name(in.bytes(how % 40));
    if (how % 2 == 0) {
      all.push_back({std::move(name), static_cast<int>(in.byte()) - 100});
    } else {
      all.push_back({std::move(name), std::string(in.bytes(in.byte()))});
    }
  }
  return all;
}

// A name that gRPC has been given, and how often.
int count(const grpc_channel_args& args, std::string_view name) {
  int n = 0;
  for (std::size_t i = 0; i < args.num_args; ++i) n += args.args[i].key == name;
  return n;
}

void check_channel(const grpc_config& c) {
  must(detail::target_of(c).find(':') != std::string::npos);
  const auto arguments = detail::channel_arguments(c);
  const grpc_channel_args args = arguments.c_channel_args();
  for (const grpc_option& o : c.options) {
    // As text of C, as gRPC takes it.
    must(count(args, o.name.c_str()) > 0);
  }
  // One that is set by name is not set by us as well.
  if (c.options.empty()) must(count(args, GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH) == 1);
}

void check(const uri& where, bool is_server, std::vector<grpc_option> more) {
  auto c = is_server ? grpc_config::server_from_uri(where) : grpc_config::from_uri(where);
  if (!c) {
    must(!c.error().to_string().empty());
    // A word that stands for the password, where it is nothing else as well.
    const bool is_elsewhere = where.to_string().contains("SECRET") ||
                              std::ranges::any_of(where.parameters(), [](const auto& p) {
                                return p.name.contains("SECRET");
                              });
    must(is_elsewhere || !c.error().to_string().contains("SECRET"));
    return;
  }
  must(c->is_server == is_server && c->validate().has_value());
  must(c->ssl == (where.protocol() == "grpcs") && c->targets.empty());
  must(c->socket_path.empty() != c->host.empty());
  must(!is_server || !detail::listening_of(*c).empty());
  c->options = std::move(more);
  const bool named = std::ranges::none_of(c->options, [](auto& o) { return o.name.empty(); });
  must(c->validate().has_value() == named);
  if (named && !is_server) check_channel(*c);
}

}  // namespace
}  // namespace parley::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  fuzz::reader in(std::string_view(reinterpret_cast<const char*>(data), size));
  const std::uint8_t how = in.byte();
  auto options = fuzz::options(in, how / 2 % 4);
  const auto where = uri::parse(in.bytes(size));
  if (where) fuzz::check(*where, how % 2 == 0, std::move(options));
  return 0;
}
