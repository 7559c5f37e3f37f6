// Calls by name, without a schema of one's own (S32, S33, S40 to S47).
#include <gmock/gmock.h>

#include <parley/adapters/grpc/grpc_provider.hpp>

#include "redis/loops.hpp"
#include "support/temporary_folder.hpp"

namespace parley::test {
namespace {

template <class L>
class grpc_unary : public loop_suite<L> {};
TYPED_TEST_SUITE(grpc_unary, real_loops);

TYPED_TEST(grpc_unary, a_callable_is_called_over_a_unix_socket) {
  temporary_folder folder;
  grpc_config served;
  served.socket_path = folder.path() + "/my_service.sock";
  grpc_provider server(this->home, served);
  auto up = this->at.wait(server.initialize());
  ASSERT_TRUE(up) << up.error().to_string();
  auto add = [](const value& request) -> result<value> {
    return fields("result", *request["x"].as_int() + *request["y"].as_int());
  };
  ASSERT_TRUE(this->at.wait(server.create_callable("calculate", add)));

  grpc_config called;
  called.socket_path = served.socket_path;
  called.is_server = false;
  grpc_provider client(this->home, called);
  up = this->at.wait(client.initialize());
  ASSERT_TRUE(up) << up.error().to_string();
  auto calculate = this->at.wait(client.create_callable("calculate"));
  ASSERT_TRUE(calculate);
  const auto sum = this->at.wait(calculate->call(fields("x", 10, "y", 32)));
  ASSERT_TRUE(sum) << sum.error().to_string();
  EXPECT_EQ(*sum, fields("result", 42));
}

}  // namespace
}  // namespace parley::test
