// The service of the cases, by gRPC's callback API, for a server of parley's.
#pragma once

#include <memory>

#include "interop.grpc.pb.h"

namespace parley::interop {

// To be registered by grpc_typed::add_service().
std::unique_ptr<::grpc::Service> make_service();

}  // namespace parley::interop
