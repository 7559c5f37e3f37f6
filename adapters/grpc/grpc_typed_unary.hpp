// One call of a typed stub, whose end comes to the loop. See grpc_typed.hpp.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <map>
#include <memory>
#include <parley/adapters/grpc/grpc_message.hpp>
#include <parley/adapters/grpc/grpc_port.hpp>
#include <parley/core/async/operation.hpp>
#include <utility>

namespace parley {

// What a typed call ends with.
template <class Reply>
struct grpc_typed_reply {
  Reply message{};  // if the status is OK
  ::grpc::Status status{};
  grpc_metadata headers{};
  grpc_metadata trailers{};
};

namespace detail {

// Copies what gRPC has.
grpc_metadata metadata_of(const std::multimap<::grpc::string_ref, ::grpc::string_ref>& from);

// Lives until gRPC is done with it and the loop has heard of that.
template <class Request, class Reply>
class grpc_typed_unary final : public grpc_call, private canceller {
 public:
  grpc_typed_unary(std::shared_ptr<grpc_port> port, loop& home, Request&& request)
      : grpc_call(std::move(port)), done_(home), request_(std::move(request)) {}

  ::grpc::ClientContext& context() noexcept { return context_; }

  template <class Start>
  operation<grpc_typed_reply<Reply>> start(Start&& begin) {
    auto op = done_.op();
    op.state()->set_canceller(this);
    enlist();
    // One batch and one event, where a reactor takes two of each.
    begin(&context_, &request_, &reply_.message, [this](::grpc::Status status) {
      reply_.status = std::move(status);
      tell(ended);
    });
    return op;
  }

 private:
  void cancel(operation_base&) override {
    context_.TryCancel();
    done_.complete(fail(errc::cancelled));
  }
  void abort() noexcept override {
    context_.TryCancel();
    done_.complete(fail(errc::cancelled));
  }
  void happened(std::uint32_t) override {
    reply_.headers = metadata_of(context_.GetServerInitialMetadata());
    reply_.trailers = metadata_of(context_.GetServerTrailingMetadata());
    done_.complete(std::move(reply_));
  }

  ::grpc::ClientContext context_;
  completer<grpc_typed_reply<Reply>> done_;
  Request request_;
  grpc_typed_reply<Reply> reply_;
};

}  // namespace detail
}  // namespace parley
