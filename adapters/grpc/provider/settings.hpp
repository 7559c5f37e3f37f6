// From a grpc_config to what gRPC takes.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <parley/adapters/grpc/grpc_config.hpp>
#include <parley/core/error.hpp>
#include <string>

namespace parley::detail {

// The socket path, if it is one.
std::string socket_of(const grpc_config& c);
// A client's: gRPC's name of the server or servers.
std::string target_of(const grpc_config& c);
// A server's: where it listens.
std::string listening_of(const grpc_config& c);

// Compression in gRPC's words.
grpc_compression_algorithm algorithm_of(grpc_compression c);

::grpc::ChannelArguments channel_arguments(const grpc_config& c);
void set_options(::grpc::ServerBuilder& builder, const grpc_config& c);

// Read the files that tls names.
result<std::shared_ptr<::grpc::ChannelCredentials>> client_credentials(const grpc_config& c);
result<std::shared_ptr<::grpc::ServerCredentials>> server_credentials(const grpc_config& c);

}  // namespace parley::detail
