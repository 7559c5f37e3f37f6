// Server reflection: what grpcurl and its like ask a server for.
#pragma once

#include <grpcpp/server_builder.h>

#include <parley/core/error.hpp>

namespace parley::detail {

// Whether the server that is being built has it. Not having it has to be said as well: gRPC gives
// it to all servers of a program that links it. errc::unavailable where it is not built in.
result<void> set_reflection(::grpc::ServerBuilder& builder, bool on);

}  // namespace parley::detail
