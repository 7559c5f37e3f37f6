#include <cstdlib>
#include <parley/adapters/cli/grpc.hpp>

namespace parley::cli {

void quiet_grpc() { (void)::setenv("GRPC_VERBOSITY", "none", 0); }

}  // namespace parley::cli
