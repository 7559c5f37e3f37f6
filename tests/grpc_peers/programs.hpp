// The command lines of the peers; what they import lies where CMakeLists.txt has put it.
#pragma once

#include "grpc_peers/peers_on.hpp"

namespace parley::test {

inline const std::string peers_source = std::string(PARLEY_SOURCE_DIR) + "/tests/grpc_peers/";

inline std::vector<std::string> python_peer() {
  return {"/usr/bin/python3", peers_source + "python_peer.py", PARLEY_TEST_GRPC_MADE};
}

inline std::vector<std::string> node_peer() {
  return {"node", peers_source + "node_peer.js", PARLEY_TEST_GRPC_MADE "/node_modules",
          PARLEY_SOURCE_DIR "/proto/parley.proto"};
}

}  // namespace parley::test
