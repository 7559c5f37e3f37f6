// parley.v1.Parley, as gRPC calls it in its threads: each call becomes an object that tells the
// loop.
#pragma once

#include <memory>
#include <parley/adapters/grpc/provider/member.hpp>
#include <parley/adapters/grpc/provider/served_call.hpp>
#include <parley/adapters/grpc/provider/served_stream.hpp>

#include <parley/proto/parley.grpc.pb.h>

namespace parley::detail {

class grpc_service final : public v1::Parley::CallbackService {
 public:
  // A copy of what its threads need of the configuration, which is the loop's.
  grpc_service(std::shared_ptr<grpc_port> port, grpc_server_core& core, grpc_config config)
      : port_(std::move(port)), core_(core), config_(std::move(config)) {}

 private:
  using context = ::grpc::CallbackServerContext;

  template <class Made>
  Made* begin(Made* made) {
    made->begin();
    return made;
  }
  // It may have ended before this does.
  template <class Made>
  ::grpc::ServerUnaryReactor* begin_unary(Made* made) {
    auto* const reactor = made->reactor();
    made->begin();
    return reactor;
  }

  ::grpc::ServerUnaryReactor* Call(context* c, const v1::Request* request,
                                   v1::Reply* reply) override {
    return begin_unary(new grpc_served_call(port_, core_, *c, *request, *reply));
  }
  ::grpc::ServerWriteReactor<v1::Reply>* Download(context* c, const v1::Request* r) override {
    return begin(new grpc_download(port_, core_, *c, config_.write_limit, *r));
  }
  ::grpc::ServerReadReactor<v1::Request>* Upload(context* c, v1::Reply* reply) override {
    return begin(new grpc_upload(port_, core_, *c, config_.write_limit, *reply));
  }
  ::grpc::ServerBidiReactor<v1::Request, v1::Reply>* Converse(context* c) override {
    return begin(new grpc_conversation(port_, core_, *c, config_.write_limit));
  }
  ::grpc::ServerBidiReactor<v1::Subscription, v1::Event>* Listen(context* c) override {
    return begin(new grpc_member(port_, core_, *c, config_));
  }
  ::grpc::ServerUnaryReactor* Shout(context* c, const v1::Message* m, v1::Delivery* d) override {
    return begin_unary(new grpc_served_shout(port_, core_, *c, *m, *d));
  }

  std::shared_ptr<grpc_port> port_;
  grpc_server_core& core_;
  const grpc_config config_;
};

}  // namespace parley::detail
