// parley.v1.Parley, as gRPC calls it in its threads: each call becomes an object that tells the
// loop.
#pragma once

#include <memory>
#include <parley/adapters/grpc/provider/server_core.hpp>

#include "parley.grpc.pb.h"

namespace parley::detail {

class grpc_service final : public v1::Parley::CallbackService {
 public:
  grpc_service(std::shared_ptr<grpc_port> port, grpc_server_core& core) noexcept
      : port_(std::move(port)), core_(core) {}

 private:
  ::grpc::ServerUnaryReactor* Call(::grpc::CallbackServerContext* context,
                                   const v1::Request* request, v1::Reply* reply) override {
    auto* const made = new grpc_served_call(port_, core_, *context, *request, *reply);
    made->begin();
    return made;
  }

  std::shared_ptr<grpc_port> port_;
  grpc_server_core& core_;
};

}  // namespace parley::detail
