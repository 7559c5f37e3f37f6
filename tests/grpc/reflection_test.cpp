// Server reflection: what a tool such as grpcurl asks, before it calls anything.
#include <google/protobuf/descriptor.pb.h>

#include <parley/adapters/grpc/grpc_typed.hpp>

#include "greeter.grpc.pb.h"
#include "grpc_on.hpp"
#include "reflection.pb.h"

namespace parley::test {
namespace {

using parley_test::ReflectionReply;
using parley_test::ReflectionRequest;
using ::testing::IsSupersetOf;

constexpr const char* method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

template <class L>
class grpc_reflection : public grpc_on<L> {
 protected:
  using stream = grpc_typed_stream<ReflectionRequest, ReflectionReply>;

  stream open(grpc_provider& client) {
    auto s = grpc_typed::open<ReflectionRequest, ReflectionReply>(
        client, grpc_typed::by_name<ReflectionRequest, ReflectionReply>(
                    *grpc_typed::channel(client), method));
    EXPECT_TRUE(s);
    return *s;
  }
  ReflectionReply ask(stream& s, ReflectionRequest r) {
    EXPECT_TRUE(this->at.wait(s.write(std::move(r))));
    auto got = this->at.wait(s.read());
    EXPECT_TRUE(got && *got);
    return got && *got ? **std::move(got) : ReflectionReply();
  }

  parley_test::Greeter::CallbackService greeter;
};
TYPED_TEST_SUITE(grpc_reflection, real_loops);

TYPED_TEST(grpc_reflection, tells_of_all_services_and_their_messages) {
  auto config = this->served();
  config.reflection = true;
  grpc_provider server(this->home, config);
  ASSERT_TRUE(grpc_typed::add_service(server, this->greeter));
  const auto up = this->at.wait(server.initialize());
  ASSERT_TRUE(up) << up.error().to_string();
  this->port = server.local_address()->port();
  const auto client = this->call();
  auto s = this->open(*client);

  ReflectionRequest all;
  all.set_list_services("*");
  strings names;
  const auto services = this->ask(s, all).services();
  for (const auto& each : services.service()) names.push_back(each.name());
  EXPECT_THAT(names, IsSupersetOf({"parley.v1.Parley", "parley_test.Greeter",
                                   "grpc.reflection.v1alpha.ServerReflection"}));

  ReflectionRequest one;
  one.set_file_containing_symbol("parley.v1.Parley");
  const auto files = this->ask(s, one).files();
  ASSERT_EQ(files.file_descriptor_proto_size(), 1);
  google::protobuf::FileDescriptorProto file;
  ASSERT_TRUE(file.ParseFromString(files.file_descriptor_proto(0)));
  EXPECT_EQ(file.package(), "parley.v1");
  ASSERT_EQ(file.service_size(), 1);
  EXPECT_EQ(file.service(0).method(0).name(), "Call");
  s.end();
  EXPECT_TRUE(this->at.wait(s.finish())->ok());
}

TYPED_TEST(grpc_reflection, is_off_unless_it_is_asked_for) {
  const auto server = this->serve();
  const auto client = this->call();
  auto s = this->open(*client);
  const auto got = this->at.wait(s.read());
  EXPECT_TRUE(got && !*got);
  EXPECT_EQ(this->at.wait(s.finish())->error_code(), ::grpc::StatusCode::UNIMPLEMENTED);
}

TYPED_TEST(grpc_reflection, a_stream_that_is_open_does_not_hold_a_server_back) {
  auto config = this->served();
  config.reflection = true;
  config.stop_timeout = 50ms;
  const auto server = this->up(config);
  const auto client = this->call();
  auto s = this->open(*client);
  ReflectionRequest all;
  all.set_list_services("*");
  EXPECT_GT(this->ask(s, all).services().service_size(), 0);
  ASSERT_TRUE(this->at.wait(server->close()));
  EXPECT_FALSE(this->at.wait(s.finish())->ok());
}

}  // namespace
}  // namespace parley::test
