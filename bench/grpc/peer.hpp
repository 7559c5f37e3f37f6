// What both peers share: grpc++ as its users call it, over a Unix socket.
#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <memory>
#include <string>

#include "common/wrong.hpp"
#include "echo.grpc.pb.h"
#include "harness.hpp"

namespace parley::bench {

inline void serve_with(::grpc::Service& service, const std::string& path) {
  use_servers_processor();
  ::grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + path, ::grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (!server) wrong("grpc++", "it does not listen");
  server->Wait();
}

inline std::unique_ptr<Echo::Stub> connected(const std::string& path) {
  const auto channel = ::grpc::CreateChannel("unix:" + path, ::grpc::InsecureChannelCredentials());
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(30))) {
    wrong("grpc++", "nobody listens");
  }
  return Echo::NewStub(channel);
}

inline void must(const ::grpc::Status& status, const std::string& got, const std::string& sent) {
  if (!status.ok()) wrong("grpc++", status.error_message());
  if (got != sent) wrong("grpc++", "another answer was due");
}

}  // namespace parley::bench
