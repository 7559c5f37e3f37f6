// Memory ends at every allocation in turn between a client and a server.
#include <parley/codecs/http/rest_provider.hpp>
#include <string>

#include "support/ending_memory.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

struct over_rest {
  using provider = rest_provider;
  static constexpr std::string_view names[] = {"/during", "/after"};

  static std::unique_ptr<provider> make_server(loop& home) {
    rest_config c;
    c.host = "127.0.0.1";
    c.port = 0;
    return std::make_unique<provider>(home, c);
  }
  static std::unique_ptr<provider> make_client(loop& home, std::uint16_t port) {
    rest_config c;
    c.is_server = false;
    c.base_url = "http://127.0.0.1:" + std::to_string(port);
    c.connect_timeout = c.timeout = 300ms;
    c.reconnect.base = 1ms;
    c.reconnect.cap = 5ms;
    return std::make_unique<provider>(home, c);
  }
  static operation<callable> serve(provider& server, std::string_view name) {
    return server.create_callable(
        name, [](rest_request& r) -> result<rest_reply> { return rest_reply(value(r["body"])); });
  }
};
using conversation = ending_memory<over_rest>;

TEST(rest_provider_out_of_memory, while_a_server_begins_to_listen) {
  EXPECT_GT(conversation::failures_of(&conversation::listen), 5u);
}

TEST(rest_provider_out_of_memory, at_every_allocation_of_a_conversation) {
  EXPECT_GT(conversation::failures_of(&conversation::talk), 100u);
}

}  // namespace
}  // namespace parley::test
