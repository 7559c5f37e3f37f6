// A client's end of a typed stream, whose events come to the loop. See grpc_typed.hpp.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <parley/adapters/grpc/grpc_message.hpp>
#include <parley/adapters/grpc/grpc_port.hpp>
#include <parley/adapters/grpc/grpc_queues.hpp>
#include <parley/adapters/grpc/grpc_typed_unary.hpp>
#include <parley/core/async/operation.hpp>
#include <utility>

namespace parley {
namespace detail {

template <class Request, class Reply>
class grpc_typed_stream_call;

}  // namespace detail

// A handle; copies share the stream. When the last one is destroyed before the stream has ended, it
// is cancelled. Belongs to the thread of the loop; may outlive the provider, and is dead then.
template <class Request, class Reply>
class grpc_typed_stream {
  using core = detail::grpc_typed_stream_call<Request, Reply>;

 public:
  explicit grpc_typed_stream(core& c) noexcept : core_(&c) { core_->retain_handle(); }
  grpc_typed_stream(const grpc_typed_stream& other) noexcept : core_(other.core_) {
    if (core_) core_->retain_handle();
  }
  grpc_typed_stream(grpc_typed_stream&& other) noexcept
      : core_(std::exchange(other.core_, nullptr)) {}
  grpc_typed_stream& operator=(grpc_typed_stream other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~grpc_typed_stream() {
    if (core_) core_->release_handle();
  }

  // As grpc_stream has them (grpc_stream.hpp).
  operation<void> write(Request m) { return core_->write(std::move(m)); }
  // Nothing when the stream has ended, with whatever status: see finish().
  operation<std::optional<Reply>> read() { return core_->read(); }
  // No more writes.
  void end() { core_->end(); }
  // Ends it now, at both ends.
  void cancel() { core_->cancel(); }
  // Ends with the status when the stream has ended, at the latest when read() gave nothing. What
  // was not read by then is lost.
  operation<::grpc::Status> finish() { return core_->finish(); }
  // With the first message; after the end.
  const grpc_metadata& headers() const { return core_->headers(); }
  const grpc_metadata& trailers() const { return core_->trailers(); }

 private:
  core* core_;
};

namespace detail {

// What is followed by more goes out with it.
inline ::grpc::WriteOptions grpc_write_options(bool is_followed) {
  return is_followed ? ::grpc::WriteOptions().set_buffer_hint() : ::grpc::WriteOptions();
}

// Holds gRPC's stream open by a hold until no more reads or writes can begin.
template <class Request, class Reply>
class grpc_typed_stream_call final : public grpc_call,
                                     private ::grpc::ClientBidiReactor<Request, Reply>,
                                     private canceller {
 public:
  grpc_typed_stream_call(std::shared_ptr<grpc_port> port, loop& home, std::size_t write_limit)
      : grpc_call(std::move(port)), loop_(home), out_(write_limit) {}

  ::grpc::ClientContext& context() noexcept { return context_; }
  bool has_ended() const noexcept { return status_.has_value(); }
  bool is_open() const noexcept { return is_open_; }
  std::size_t queued_bytes() const { return out_.bytes(); }
  const grpc_metadata& headers() const noexcept { return headers_; }
  const grpc_metadata& trailers() const noexcept { return trailers_; }
  const std::optional<::grpc::Status>& status() const noexcept { return status_; }

  void retain_handle() noexcept {
    ++handles_;
    retain();
  }
  void release_handle() noexcept {
    if (--handles_ == 0) cancel();
    release();
  }

  template <class Start>
  void start(Start&& begin) {
    enlist();
    begin(&context_, static_cast<::grpc::ClientBidiReactor<Request, Reply>*>(this));
    this->AddHold();
    this->StartCall();
    is_open_ = holds_ = true;
  }

  operation<void> write(Request m) {
    if (!is_open_ || is_ending_) return no_write(errc::closed);
    return out_.add(std::move(m), loop_, writing());
  }

  operation<std::optional<Reply>> read() {
    if (reader_) return no_read(fail(errc::misuse, "a read is under way"));
    if (auto next = take()) return no_read(std::move(next));
    if (status_) return no_read(std::optional<Reply>());
    reader_ = completer<std::optional<Reply>>(loop_);
    auto op = reader_.op();
    op.state()->set_canceller(this);
    return op;
  }

  void end() {
    if (!is_open_ || std::exchange(is_ending_, true)) return;
    if (out_.end()) this->StartWritesDone();
  }

  void cancel() {
    in_.drop();
    if (status_ || !is_open_) return;
    context_.TryCancel();
    let_go();
  }

  operation<::grpc::Status> finish() {
    if (status_) return operation<::grpc::Status>::finished(loop_, *status_);
    let_go();
    finish_ = completer<::grpc::Status>(loop_);
    return finish_.op();
  }

 private:
  enum : std::uint32_t {
    headers_came = 1,
    was_read = 2,
    has_room = 4,
    read_failed = 8,
    write_failed = 16
  };

  operation<void> no_write(errc why) { return operation<void>::finished(loop_, fail(why)); }
  operation<std::optional<Reply>> no_read(result<std::optional<Reply>> r) {
    return operation<std::optional<Reply>>::finished(loop_, std::move(r));
  }

  // In gRPC's threads.
  void OnReadInitialMetadataDone(bool ok) override {
    if (ok) tell(headers_came);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return tell(read_failed);
    if (in_.arrived(reading())) tell(was_read);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return tell(write_failed);
    const auto next = out_.written(writing());
    if (next.is_last) this->StartWritesDone();
    if (next.is_low) tell(has_room);
  }
  void OnDone(const ::grpc::Status& s) override {
    last_ = s;
    tell(ended);
  }

  void happened(std::uint32_t events) override {
    if (events & headers_came) headers_ = metadata_of(context_.GetServerInitialMetadata());
    if (events & has_room) out_.has_room();
    if (events & write_failed) drop_writes();
    // The end may be told before what came last, by another thread.
    if ((events & (was_read | read_failed)) && reader_) {
      if (auto next = take()) reader_.complete(std::move(next));
    }
    if (events & read_failed) let_go();
    if (events & ended) finished();
  }

  std::optional<Reply> take() { return in_.take(reading()); }
  auto writing() {
    return [this](const Request& m, bool is_followed) {
      this->StartWrite(&m, grpc_write_options(is_followed));
    };
  }
  auto reading() {
    return [this](Reply& to) { this->StartRead(&to); };
  }
  void drop_writes() {
    is_ending_ = true;
    out_.drop(errc::closed);
  }
  // Nothing begins any more in the loop's thread.
  void let_go() {
    is_open_ = false;
    in_.stop();
    if (std::exchange(holds_, false)) this->RemoveHold();
  }
  void finished() {
    is_open_ = false;
    drop_writes();
    trailers_ = metadata_of(context_.GetServerTrailingMetadata());
    status_ = last_;
    reader_.complete(std::optional<Reply>());
    finish_.complete(*status_);
  }
  // A read that is cancelled ends the stream: what it would have got cannot be given back.
  void cancel(operation_base&) override { cancel(); }
  void abort() noexcept override {
    cancel();
    drop_writes();
    if (!status_) status_.emplace(::grpc::StatusCode::CANCELLED, "the provider has ended");
    reader_.complete(fail(errc::cancelled));
    finish_.complete(fail(errc::cancelled));
  }

  loop& loop_;
  ::grpc::ClientContext context_;
  grpc_send_queue<Request> out_;
  grpc_receive_queue<Reply> in_;
  completer<std::optional<Reply>> reader_;
  completer<::grpc::Status> finish_;
  std::optional<::grpc::Status> status_;
  ::grpc::Status last_;
  grpc_metadata headers_, trailers_;
  std::uint32_t handles_ = 0;
  bool is_open_ = false;
  bool is_ending_ = false;
  bool holds_ = false;
};

}  // namespace detail
}  // namespace parley
