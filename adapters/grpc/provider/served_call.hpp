// One call that a server answers.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <parley/adapters/grpc/grpc_port.hpp>
#include <parley/adapters/grpc/grpc_provider.hpp>
#include <parley/core/async/callback.hpp>

#include <parley/proto/parley.pb.h>

namespace parley::detail {

class grpc_server_core;

// Made in a thread of gRPC; answered in the loop's. Counted by gRPC and by the handle of the user.
class grpc_served_call final : public grpc_call, public ::grpc::ServerUnaryReactor {
 public:
  grpc_served_call(std::shared_ptr<grpc_port> port, grpc_server_core& core,
                   ::grpc::CallbackServerContext& context, const v1::Request& request,
                   v1::Reply& reply) noexcept
      : grpc_call(std::move(port)),
        core_(core),
        context_(&context),
        request_(&request),
        reply_(&reply) {}

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
  void set_header(std::string_view name, std::string_view text);
  void set_trailer(std::string_view name, std::string_view text);
  bool is_over() const noexcept { return is_over_; }
  void on_cancel(callback<void()> told);
  void reply(result<grpc_message> with);
  // What a handler gave back that knows values alone.
  void reply(result<value> with);
  // The same, in a thread of workers.
  void reply_later(result<value> with);

 private:
  enum : std::uint32_t { came = 1, cancelled = 2, worked = 4 };

  // In gRPC's threads.
  void OnCancel() override { tell(cancelled); }
  void OnDone() override { tell(ended); }

  void happened(std::uint32_t events) override;
  void happened_too_late(std::uint32_t events) noexcept override;
  void abort() noexcept override;
  void finish(result<void> encoded);
  void fail_with(const error& why);

  grpc_server_core& core_;
  // gRPC's, until it is over.
  ::grpc::CallbackServerContext* context_;
  const v1::Request* request_;
  v1::Reply* reply_;
  std::uint32_t handles_ = 0;
  bool is_over_ = false;       // finished, by an answer or for want of one
  bool is_cancelled_ = false;  // the client waits no more
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
class grpc_served_shout final : public grpc_call, public ::grpc::ServerUnaryReactor {
 public:
  grpc_served_shout(std::shared_ptr<grpc_port> port, grpc_server_core& core,
                    ::grpc::CallbackServerContext&, const v1::Message& message,
                    v1::Delivery& reply) noexcept
      : grpc_call(std::move(port)), core_(core), message_(&message), reply_(&reply) {}

  void begin() { tell(came); }

 private:
  enum : std::uint32_t { came = 1 };

  // It is answered in no time.
  void OnCancel() override {}
  void OnDone() override { tell(ended); }
  void happened(std::uint32_t events) override;
  void happened_too_late(std::uint32_t events) noexcept override;

  grpc_server_core& core_;
  const v1::Message* message_;
  v1::Delivery* reply_;
};

}  // namespace parley::detail
