// A server's end of a stream by name, of each of gRPC's three kinds.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <parley/adapters/grpc/grpc_port.hpp>
#include <parley/adapters/grpc/grpc_queues.hpp>
#include <parley/adapters/grpc/grpc_stream.hpp>
#include <parley/adapters/grpc/grpc_typed_stream.hpp>
#include <parley/core/async/operation.hpp>
#include <string>

#include <parley/proto/parley.pb.h>

namespace parley::detail {

class grpc_server_core;

// What the kinds have in common. Made in a thread of gRPC, used in the loop's. Counted by gRPC and
// by handles.
class grpc_served_stream : public grpc_call, public grpc_stream_core, private canceller {
 public:
  // The first message has come, or the fault that it does not.
  void begin();

  operation<void> write(grpc_message m) override;
  operation<std::optional<grpc_message>> read() override;
  void end(const error* why) override;
  std::string_view name() const override { return name_; }
  grpc_kind kind() const override { return kind_; }
  const grpc_metadata& headers() const override { return headers_; }
  const grpc_metadata& trailers() const override { return headers_; }
  result<void> set_trailer(std::string_view name, std::string_view text) override;
  bool is_open() const override { return !is_over_; }
  std::size_t queued_bytes() const override { return out_.bytes(); }
  void retain_handle() noexcept override;
  void release_handle() noexcept override;

 protected:
  grpc_served_stream(std::shared_ptr<grpc_port> port, grpc_server_core& core,
                     ::grpc::CallbackServerContext& context, grpc_kind kind,
                     std::size_t write_limit)
      : grpc_call(std::move(port)),
        core_(core),
        context_(&context),
        kind_(kind),
        out_(write_limit) {}

  // --- the kind's, in any thread; what needs no word of gRPC is told by was_given() and
  // was_taken(), and not inside
  virtual void start_read(v1::Request& to) = 0;
  // Another one may be waiting behind it.
  virtual void start_write(const v1::Reply& m, bool is_followed) = 0;
  virtual void finish_with(const ::grpc::Status& status) = 0;

  // --- by gRPC, in its threads
  void read_done(bool ok);
  void write_done(bool ok);
  void was_cancelled() { tell(cancelled); }
  void was_given(bool ok) { tell(ok ? given : read_failed); }
  void was_taken() { tell(taken); }

 private:
  enum : std::uint32_t {
    came = 1,
    was_read = 2,
    read_failed = 4,
    has_room = 8,
    is_written = 16,
    write_failed = 32,
    cancelled = 64,
    given = 128,
    taken = 256
  };

  void happened(std::uint32_t events) override;
  void happened_too_late(std::uint32_t events) noexcept override;
  void abort() noexcept override;
  void cancel(operation_base&) override;

  auto writing() {
    return [this](const v1::Reply& m, bool is_followed) { start_write(m, is_followed); };
  }
  auto reading() {
    return [this](v1::Request& to) { start_read(to); };
  }
  std::optional<v1::Request> take();
  void give();
  void open();
  void ended_by_client();
  void client_has_gone();
  void finish(const error* why);
  void fail_with(const error& why) { finish(&why); }
  void drop(const error& why);
  operation<void> no_write(error why);

  grpc_server_core& core_;
  ::grpc::CallbackServerContext* context_;  // until it is over
  const grpc_kind kind_;
  std::string name_;
  grpc_metadata headers_;
  grpc_receive_queue<v1::Request> in_;
  grpc_send_queue<v1::Reply> out_;
  std::optional<grpc_message> first_;  // came with the name
  std::optional<error> lost_;          // the client, and how
  completer<std::optional<grpc_message>> reader_;
  std::uint32_t handles_ = 0;
  bool is_named_ = false;
  bool has_replied_ = false;  // a client_stream
  bool has_read_all_ = false;
  bool is_ending_ = false;  // well, once all is written
  bool is_over_ = false;    // finished
};

// With a reactor of gRPC: a read that ends and a write that ends are told.
class grpc_download final : public grpc_served_stream,
                            public ::grpc::ServerWriteReactor<v1::Reply> {
 public:
  grpc_download(std::shared_ptr<grpc_port> port, grpc_server_core& core,
                ::grpc::CallbackServerContext& context, std::size_t write_limit,
                const v1::Request& request)
      : grpc_served_stream(std::move(port), core, context, grpc_kind::server_stream, write_limit),
        request_(&request) {}

 private:
  // There is one, and it is here already.
  void start_read(v1::Request& to) override {
    if (request_ == nullptr) return was_given(false);
    to = *std::exchange(request_, nullptr);
    was_given(true);
  }
  void start_write(const v1::Reply& m, bool is_followed) override {
    StartWrite(&m, grpc_write_options(is_followed));
  }
  void finish_with(const ::grpc::Status& status) override { Finish(status); }
  void OnWriteDone(bool ok) override { write_done(ok); }
  void OnCancel() override { was_cancelled(); }
  void OnDone() override { tell(ended); }

  const v1::Request* request_;
};

class grpc_upload final : public grpc_served_stream, public ::grpc::ServerReadReactor<v1::Request> {
 public:
  grpc_upload(std::shared_ptr<grpc_port> port, grpc_server_core& core,
              ::grpc::CallbackServerContext& context, std::size_t write_limit, v1::Reply& reply)
      : grpc_served_stream(std::move(port), core, context, grpc_kind::client_stream, write_limit),
        reply_(reply) {}

 private:
  void start_read(v1::Request& to) override { StartRead(&to); }
  // Sent when it is finished.
  void start_write(const v1::Reply& m, bool) override {
    reply_ = m;
    was_taken();
  }
  void finish_with(const ::grpc::Status& status) override { Finish(status); }
  void OnReadDone(bool ok) override { read_done(ok); }
  void OnCancel() override { was_cancelled(); }
  void OnDone() override { tell(ended); }

  v1::Reply& reply_;
};

class grpc_conversation final : public grpc_served_stream,
                                public ::grpc::ServerBidiReactor<v1::Request, v1::Reply> {
 public:
  grpc_conversation(std::shared_ptr<grpc_port> port, grpc_server_core& core,
                    ::grpc::CallbackServerContext& context, std::size_t write_limit)
      : grpc_served_stream(std::move(port), core, context, grpc_kind::both, write_limit) {}

 private:
  void start_read(v1::Request& to) override { StartRead(&to); }
  void start_write(const v1::Reply& m, bool is_followed) override {
    StartWrite(&m, grpc_write_options(is_followed));
  }
  void finish_with(const ::grpc::Status& status) override { Finish(status); }
  void OnReadDone(bool ok) override { read_done(ok); }
  void OnWriteDone(bool ok) override { write_done(ok); }
  void OnCancel() override { was_cancelled(); }
  void OnDone() override { tell(ended); }
};

}  // namespace parley::detail
