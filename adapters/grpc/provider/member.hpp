// One client that listens at a server, by the stream that it keeps open.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <parley/adapters/grpc/grpc_config.hpp>
#include <parley/adapters/grpc/grpc_port.hpp>
#include <parley/adapters/grpc/grpc_queues.hpp>
#include <parley/adapters/grpc/grpc_typed_stream.hpp>
#include <parley/core/api/outbox.hpp>
#include <set>
#include <string>

#include <parley/proto/parley.pb.h>

namespace parley::detail {

class grpc_server_core;

// An event that many get.
struct grpc_shared_event {
  std::shared_ptr<const v1::Event> event;
  std::size_t size() const noexcept { return event->message().payload().size() + 64; }
};

class grpc_member final : public grpc_call,
                          public ::grpc::ServerBidiReactor<v1::Subscription, v1::Event> {
 public:
  grpc_member(std::shared_ptr<grpc_port> port, grpc_server_core& core,
              ::grpc::CallbackServerContext& context, const grpc_config& config)
      : grpc_call(std::move(port)),
        box(config.write_limit, config.write_policy),
        core_(core),
        context_(&context),
        out_(config.write_limit, false) {}

  void begin() { tell(came); }
  // Sends it as soon as what is before it has gone. False if it will not get it.
  bool push(const grpc_shared_event& e);
  // Ends the stream.
  void finish(const ::grpc::Status& how);
  void answer(std::uint64_t id, std::string_view refused = {});

  // --- the core's
  outbox<grpc_shared_event> box;
  std::set<std::string> filters;
  std::uint64_t number = 0;  // of the client's choice
  std::uint64_t told = 0;    // the last message that it was given
  std::size_t place = 0;     // among all members

 private:
  using queue = grpc_send_queue<grpc_shared_event>;
  enum : std::uint32_t {
    came = 1,
    was_read = 2,
    read_failed = 4,
    has_room = 8,
    write_failed = 16,
    cancelled = 32
  };

  auto writing() {
    return [this](const grpc_shared_event& e, bool is_followed) {
      StartWrite(e.event.get(), grpc_write_options(is_followed));
    };
  }

  // In gRPC's threads.
  void OnReadDone(bool ok) override { tell(ok ? was_read : read_failed); }
  void OnWriteDone(bool ok) override {
    if (!ok) return tell(write_failed);
    if (out_.written(writing()).is_low) tell(has_room);
  }
  void OnCancel() override { tell(cancelled); }
  void OnDone() override { tell(ended); }

  void happened(std::uint32_t events) override;
  void happened_too_late(std::uint32_t events) noexcept override;
  void abort() noexcept override;
  void take();
  void flush();

  grpc_server_core& core_;
  ::grpc::CallbackServerContext* context_;
  v1::Subscription in_;
  std::deque<grpc_shared_event> answers_;  // owed, and sent before messages
  queue out_;                              // on its way
  bool may_send_ = true;                   // more of it
  bool is_over_ = false;
};

}  // namespace parley::detail
