// Errors as statuses of gRPC, and back.
#pragma once

#include <grpcpp/support/status.h>

#include <parley/core/error.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

// Where the rest of an error travels.
inline constexpr const char* fault_key = "parley-fault-bin";

// What a server answers with: the code by the error's own, or by its class.
::grpc::Status status_of(const error& why);
// The error as v1::Fault, serialized.
std::string fault_of(const error& why);

// What a client makes of a status that is not OK. `fault`: v1::Fault, serialized, or empty.
error error_of(const ::grpc::Status& status, std::string_view fault = {});

}  // namespace parley::detail
