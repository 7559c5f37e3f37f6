// python3-grpcio asks a server what it serves, as grpcurl does: one of ours on every loop, and the
// program.
#include "grpc_peers/programs.hpp"

namespace parley::test {
namespace {

template <class L>
class grpc_reflected_on : public grpc_peers_on<L> {
 protected:
  void expect_told() {
    std::vector<std::string> words = python_peer();
    words.insert(words.end(), {"reflection", this->target});
    child asking(std::move(words));
    EXPECT_TRUE(this->at.run_until([&] { return asking.has_ended(); }, 90s));
    EXPECT_EQ(asking.out(), "ok\n") << asking.err();
  }
};
TYPED_TEST_SUITE(grpc_reflected_on, real_loops, loop_names);

TYPED_TEST(grpc_reflected_on, a_provider) {
  grpc_config c;
  c.host = "127.0.0.1";
  c.reflection = true;
  grpc_provider server(this->home, c);
  ASSERT_TRUE(this->at.wait(server.initialize()));
  this->target = server.local_address()->to_string();
  this->expect_told();
}

TYPED_TEST(grpc_reflected_on, the_program) {
  const child server({PARLEY_BINARY_DIR "/parley", "serve", "grpc://127.0.0.1:0?reflection=true"});
  ASSERT_TRUE(this->at.run_until([&] { return server.out().ends_with('\n'); }, 60s))
      << server.err();
  this->target = server.out().substr(std::string("grpc://").size());
  this->target.pop_back();
  this->expect_told();
}

}  // namespace
}  // namespace parley::test
