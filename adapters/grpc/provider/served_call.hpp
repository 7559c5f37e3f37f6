// One call that a server answers.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <parley/adapters/grpc/grpc_port.hpp>
#include <parley/adapters/grpc/grpc_provider.hpp>
#include <parley/adapters/grpc/provider/cancel_watch.hpp>
#include <parley/core/async/callback.hpp>

#include <parley/proto/parley.pb.h>

namespace parley::detail {

class grpc_server_core;

// Made in a thread of gRPC; answered in the loop's, by gRPC's own reactor: one that is ours would
// be told of its end by way of yet another thread. Counted for gRPC, until it is finished, and by
// the handle of the user.
class grpc_served_call final : public grpc_call {
 public:
  grpc_served_call(std::shared_ptr<grpc_port> port, grpc_server_core& core,
                   ::grpc::CallbackServerContext& context, const v1::Request& request,
                   v1::Reply& reply)
      : grpc_call(std::move(port)),
        core_(core),
        context_(&context),
        reactor_(context.DefaultReactor()),
        request_(&request),
        reply_(&reply) {}

  // For gRPC.
  ::grpc::ServerUnaryReactor* reactor() const noexcept { return reactor_; }

  void begin() { tell(came); }

  const v1::Request& request() const noexcept { return *request_; }
  grpc_answer handle() { return grpc_answer(*this); }
  void retain_handle() noexcept;
  // The last one is gone: nobody will answer any more.
  void release_handle() noexcept;

  // --- for grpc_answer
  const grpc_message& message();
  const grpc_metadata& metadata();
  std::optional<time_point> deadline() const noexcept;
  std::string_view peer();
  result<void> set_header(std::string_view name, std::string_view text);
  result<void> set_trailer(std::string_view name, std::string_view text);
  // Over, or to no use any more.
  bool is_cancelled() const noexcept { return is_over_ || context_->IsCancelled(); }
  // Ends it, and tells who wants to know.
  void client_has_gone();
  void on_cancel(callback<void()> told);
  void reply(result<grpc_message> with);
  // What a handler gave back that knows values alone.
  void reply(result<value> with);
  // The same, in a thread of workers.
  void reply_later(result<value> with);

 private:
  enum : std::uint32_t { came = 1, worked = 2 };

  void happened(std::uint32_t events) override;
  void happened_too_late(std::uint32_t events) noexcept override;
  void abort() noexcept override;
  void finish(result<void> encoded);
  void fail_with(const error& why);
  void end_with(const ::grpc::Status& status);

  grpc_server_core& core_;
  // gRPC's, until it is over.
  ::grpc::CallbackServerContext* context_;
  ::grpc::ServerUnaryReactor* reactor_;
  const v1::Request* request_;
  v1::Reply* reply_;
  std::uint32_t handles_ = 0;
  bool is_over_ = false;  // finished, by an answer or for want of one
  grpc_cancel_watch::place watched_{this};
  std::optional<grpc_message> message_;
  std::optional<grpc_metadata> metadata_;
  std::string peer_;
  callback<void()> on_cancel_;
  std::optional<result<value>> outcome_;  // of a worker
};

// For a std::unique_ptr that holds a reference.
struct releases_call {
  void operator()(grpc_call* c) const noexcept { c->release(); }
};

// What a client publishes.
class grpc_served_shout final : public grpc_call {
 public:
  grpc_served_shout(std::shared_ptr<grpc_port> port, grpc_server_core& core,
                    ::grpc::CallbackServerContext& context, const v1::Message& message,
                    v1::Delivery& reply)
      : grpc_call(std::move(port)),
        core_(core),
        reactor_(context.DefaultReactor()),
        message_(&message),
        reply_(&reply) {}

  // For gRPC.
  ::grpc::ServerUnaryReactor* reactor() const noexcept { return reactor_; }

  void begin() { tell(came); }

 private:
  enum : std::uint32_t { came = 1 };

  void happened(std::uint32_t events) override;
  void happened_too_late(std::uint32_t events) noexcept override;

  grpc_server_core& core_;
  ::grpc::ServerUnaryReactor* reactor_;
  const v1::Message* message_;
  v1::Delivery* reply_;
};

}  // namespace parley::detail
