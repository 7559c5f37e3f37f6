// Services with schemas of your own beside parley's: on the same server, and over the same channel,
// with completions in the loop's thread. The one header of this room that includes grpc++.
//
//   greeter_service service;                                  // of grpc_cpp_plugin:
//   CallbackService auto added = grpc_typed::add_service(server, service);    // before
//   initialize()
//
//   auto stub = Greeter::NewStub(*grpc_typed::channel(client));
//   auto say = [&](auto* context, auto* request, auto* reply, auto done) {
//     stub->async()->SayHello(context, request, reply, std::move(done));
//   };
//   auto done = grpc_typed::call<HelloReply>(client, request, say);
//   auto answer = co_await done;
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <parley/adapters/grpc/grpc_port.hpp>
#include <parley/adapters/grpc/grpc_provider.hpp>
#include <parley/adapters/grpc/grpc_typed_stream.hpp>
#include <parley/adapters/grpc/grpc_typed_unary.hpp>
#include <parley/core/async/operation.hpp>
#include <string>
#include <utility>

namespace parley {

class grpc_typed {
 public:
  // Registers a generated service on a server, before initialize(). Its own threads are gRPC's: use
  // the callback API and never block. It must outlive the provider. errc::misuse once the server
  // runs; errc::not_supported at a client.
  static result<void> add_service(grpc_provider& server, ::grpc::Service& service);
  // A client's channel, from initialize() to close(), for generated stubs. Stubs must be gone
  // before the provider; calls that do not go by call() and open() must have ended.
  // errc::not_connected before, errc::not_supported at a server.
  static result<std::shared_ptr<::grpc::Channel>> channel(grpc_provider& client);
  // What parley makes of a status: grpc_errc and the common codes. Misuse for OK.
  static error error_of(const ::grpc::Status& status);

  // Starts a call of a generated stub by `start(context, request, reply, done)`, which is called
  // once, inside. The operation ends in the loop's thread when gRPC has ended the call, whatever
  // its status; its own errors are those of a provider that is not up or is destroyed. Cancelling
  // it cancels the call.
  template <class Reply, class Request, class Start>
  static operation<grpc_typed_reply<Reply>> call(grpc_provider& client, Request request,
                                                 Start&& start, grpc_call_options options = {}) {
    auto port = port_of(client, options);
    if (!port) {
      return operation<grpc_typed_reply<Reply>>::finished(home_of(client),
                                                          std::unexpected(port.error()));
    }
    auto* const made = new detail::grpc_typed_unary<Request, Reply>(
        *std::move(port), home_of(client), std::move(request));
    prepare(client, made->context(), options, true);
    return made->start(std::forward<Start>(start));
  }

  // The same for a stream, of any kind: `start(context, reactor)` is given a reactor for both ways.
  // by_name() makes one for a stream of which the generated stub has another kind of reactor.
  template <class Request, class Reply, class Start>
  static result<grpc_typed_stream<Request, Reply>> open(grpc_provider& client, Start&& start,
                                                        grpc_call_options options = {}) {
    auto port = port_of(client, options);
    if (!port) return std::unexpected(port.error());
    auto* const made = new detail::grpc_typed_stream_call<Request, Reply>(
        *std::move(port), home_of(client), write_limit_of(client));
    grpc_typed_stream<Request, Reply> handle(*made);
    prepare(client, made->context(), options, false);
    made->start(std::forward<Start>(start));
    return handle;
  }

  // For open(): the method by its full name, "/grpc.testing.TestService/StreamingInputCall".
  template <class Request, class Reply>
  static auto by_name(std::shared_ptr<::grpc::Channel> channel, std::string method) {
    return [channel = std::move(channel), method = std::move(method)](
               ::grpc::ClientContext* context, ::grpc::ClientBidiReactor<Request, Reply>* reactor) {
      ::grpc::TemplatedGenericStub<Request, Reply> stub(channel);
      stub.PrepareBidiStreamingCall(context, method, {}, reactor);
    };
  }

 private:
  static result<std::shared_ptr<grpc_port>> port_of(grpc_provider& client,
                                                    const grpc_call_options& options);
  static loop& home_of(grpc_provider& client);
  static std::size_t write_limit_of(grpc_provider& client);
  static void prepare(grpc_provider& client, ::grpc::ClientContext& context,
                      const grpc_call_options& options, bool has_deadline);
};

}  // namespace parley
