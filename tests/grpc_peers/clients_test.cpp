// Other people's clients against our server, on every loop: python3-grpcio and npm's grpc-js. What
// they assert stands in python_peer.py and node_peer.js: exact integers and bytes, the kinds of
// streams, errors with class and hint, deadlines, metadata, channels.
#include "grpc_peers/programs.hpp"

namespace parley::test {
namespace {

template <class L>
class grpc_clients_on : public grpc_peers_on<L> {
 protected:
  void expect_all_wires(const std::vector<std::string>& words) {
    for (const wire w : every_wire) {
      SCOPED_TRACE(static_cast<int>(w));
      this->serve(w);
      this->expect_ok(words, w);
      EXPECT_TRUE(this->at.wait(this->ours->close()));
    }
  }
};
TYPED_TEST_SUITE(grpc_clients_on, real_loops, loop_names);

TYPED_TEST(grpc_clients_on, python) {  // S33 to S38
  this->expect_all_wires(python_peer());
}

#if PARLEY_TEST_GRPC_NODE
TYPED_TEST(grpc_clients_on, node) {  // S33 to S38
  this->expect_all_wires(node_peer());
}
#endif

}  // namespace
}  // namespace parley::test
