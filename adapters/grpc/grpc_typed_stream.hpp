// A client's end of a typed stream, whose events come to the loop. See grpc_typed.hpp.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <parley/adapters/grpc/grpc_message.hpp>
#include <parley/adapters/grpc/grpc_port.hpp>
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

// Holds gRPC's stream open by a hold until no more reads or writes can begin.
template <class Request, class Reply>
class grpc_typed_stream_call final : public grpc_call,
                                     private ::grpc::ClientBidiReactor<Request, Reply>,
                                     private canceller {
 public:
  grpc_typed_stream_call(std::shared_ptr<grpc_port> port, loop& home, std::size_t write_limit)
      : grpc_call(std::move(port)), loop_(home), write_limit_(write_limit) {}

  ::grpc::ClientContext& context() noexcept { return context_; }
  bool has_ended() const noexcept { return status_.has_value(); }
  bool is_open() const noexcept { return is_open_; }
  std::size_t queued_bytes() const noexcept { return queued_; }
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
    const std::size_t size = m.ByteSizeLong() + sizeof(entry);
    if (!is_open_ || is_ending_) return no_write(errc::closed);
    if (!waiting_.empty() && queued_ + size > write_limit_) return no_write(errc::queue_full);
    completer<void> done(loop_);
    auto op = done.op();
    queued_ += size;
    waiting_.push_back({std::move(m), std::move(done), size});
    if (waiting_.size() == 1) this->StartWrite(&waiting_.front().message);
    return op;
  }

  operation<std::optional<Reply>> read() {
    if (reader_) return no_read(fail(errc::misuse, "a read is under way"));
    if (status_) return no_read(std::optional<Reply>());
    reader_ = completer<std::optional<Reply>>(loop_);
    auto op = reader_.op();
    op.state()->set_canceller(this);
    if (holds_ && !std::exchange(is_reading_, true)) this->StartRead(&in_);
    return op;
  }

  void end() {
    if (!is_open_ || std::exchange(is_ending_, true)) return;
    if (waiting_.empty()) this->StartWritesDone();
  }

  void cancel() {
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
    was_written = 4,
    read_failed = 8,
    write_failed = 16
  };
  struct entry {
    Request message;
    completer<void> done;
    std::size_t size;
  };

  operation<void> no_write(errc why) { return operation<void>::finished(loop_, fail(why)); }
  operation<std::optional<Reply>> no_read(result<std::optional<Reply>> r) {
    return operation<std::optional<Reply>>::finished(loop_, std::move(r));
  }

  // In gRPC's threads.
  void OnReadInitialMetadataDone(bool ok) override {
    if (ok) tell(headers_came);
  }
  void OnReadDone(bool ok) override { tell(ok ? was_read : read_failed); }
  void OnWriteDone(bool ok) override { tell(ok ? was_written : write_failed); }
  void OnDone(const ::grpc::Status& s) override {
    last_ = s;
    tell(ended);
  }

  void happened(std::uint32_t events) override {
    if (events & headers_came) headers_ = metadata_of(context_.GetServerInitialMetadata());
    if (events & was_written) wrote();
    if (events & write_failed) drop_writes();
    if (events & was_read) {
      is_reading_ = false;
      reader_.complete(std::optional<Reply>(std::move(in_)));
      in_ = Reply();
    }
    if (events & read_failed) let_go();
    if (events & ended) finished();
  }

  void wrote() {
    entry done = std::move(waiting_.front());
    waiting_.pop_front();
    queued_ -= done.size;
    if (is_open_ && !waiting_.empty()) this->StartWrite(&waiting_.front().message);
    if (is_open_ && waiting_.empty() && is_ending_) this->StartWritesDone();
    done.done.complete({});
  }
  // The first may be gRPC's still.
  void drop_writes() {
    for (entry& e : waiting_) e.done.complete(fail(errc::closed));
    queued_ = 0;
    is_ending_ = true;
  }
  // Nothing begins any more.
  void let_go() {
    is_open_ = false;
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
  std::size_t write_limit_;
  std::size_t queued_ = 0;
  std::deque<entry> waiting_;  // the first is being written
  Reply in_;
  completer<std::optional<Reply>> reader_;
  completer<::grpc::Status> finish_;
  std::optional<::grpc::Status> status_;
  ::grpc::Status last_;
  grpc_metadata headers_, trailers_;
  std::uint32_t handles_ = 0;
  bool is_open_ = false;
  bool is_ending_ = false;
  bool is_reading_ = false;
  bool holds_ = false;
};

}  // namespace detail
}  // namespace parley
