// One attempt of a client's call. When it has failed and may be repeated, it waits for a while and
// is followed by another.
#pragma once

#include <grpcpp/grpcpp.h>

#include <optional>
#include <parley/adapters/grpc/provider/client_core.hpp>
#include <parley/core/loop/timer.hpp>

namespace parley::detail {

class grpc_unary_call final : public grpc_call, private canceller, private timer {
 public:
  grpc_unary_call(grpc_client_core& core, std::string_view name);

  v1::Request& request() noexcept { return request_; }
  // One of the two is told: the reply with all that came with it, or its value.
  void start(const grpc_call_options& options, completer<grpc_reply> whole, completer<value> alone);
  // Instead of start().
  void drop();

 private:
  // The next one.
  grpc_unary_call(grpc_unary_call& failed, int);

  void run();
  void cancel(operation_base&) override;
  void abort() noexcept override;
  void happened(std::uint32_t events) override;
  void fired(time_point now) override;

  bool waits_to_repeat(const error& why);
  void fail_with(error why);
  void succeed();

  grpc_client_core& core_;
  ::grpc::ClientContext context_;
  ::grpc::Status status_;
  v1::Request request_;
  v1::Reply reply_;
  completer<grpc_reply> whole_;
  completer<value> alone_;
  // Of one that may be repeated.
  std::optional<back_off> pauses_;
  std::optional<time_point> deadline_;
  grpc_metadata metadata_;
  std::optional<grpc_compression> compression_;
};

}  // namespace parley::detail
