#include <parley/adapters/grpc/grpc_typed_unary.hpp>
#include <parley/adapters/grpc/provider/payload.hpp>
#include <parley/adapters/grpc/provider/served_stream.hpp>
#include <parley/adapters/grpc/provider/server_core.hpp>
#include <parley/adapters/grpc/provider/status.hpp>
#include <utility>

namespace parley::detail {

void grpc_served_stream::begin() { tell(came); }

void grpc_served_stream::retain_handle() noexcept {
  if (++handles_ == 1) core_.retain();
  retain();
}

// Who drops it without a word has not ended it well.
void grpc_served_stream::release_handle() noexcept {
  if (--handles_ == 0) {
    const error why(errc::cancelled, "nobody has ended the stream");
    end(&why);
    core_.release();
  }
  release();
}

// --- from gRPC --------------------------------------------------------------------------------

void grpc_served_stream::happened(std::uint32_t events) {
  if (events & came) {
    enlist();
    headers_ = metadata_of(context_->client_metadata());
    is_reading_ = true;
    start_read(in_);
  }
  if (events & was_read) take();
  if (events & read_failed) ended_by_client();
  if (events & was_written) wrote();
  if (events & write_failed) drop(errc::closed);
  if ((events & cancelled) && !is_over_) fail_with(error(errc::cancelled, "the client has gone"));
}

// The loop has never heard of it.
void grpc_served_stream::happened_too_late(std::uint32_t events) noexcept {
  if (!(events & came) || std::exchange(is_over_, true)) return;
  finish_with({::grpc::StatusCode::UNAVAILABLE, "the server ends"});
}

void grpc_served_stream::abort() noexcept {
  if (std::exchange(is_over_, true)) return;
  drop(errc::cancelled);
  finish_with({::grpc::StatusCode::UNAVAILABLE, "the server ends"});
}

void grpc_served_stream::take() {
  is_reading_ = false;
  if (is_over_) return;
  if (is_named_) return reader_.complete(std::optional<grpc_message>(take_message(in_)));
  is_named_ = true;
  name_ = in_.name();
  if (in_.content_case() != v1::Request::CONTENT_NOT_SET) first_ = take_message(in_);
  core_.open_stream(*this);
}

void grpc_served_stream::ended_by_client() {
  is_reading_ = false;
  has_read_all_ = true;
  if (is_over_) return;
  if (!is_named_) return fail_with(error(errc::invalid_argument, "the first message has the name"));
  // The end of a connection looks the same as an end that was meant.
  if (context_->IsCancelled()) return fail_with(error(errc::cancelled, "the client has gone"));
  reader_.complete(std::optional<grpc_message>());
}

void grpc_served_stream::wrote() {
  entry done = std::move(waiting_.front());
  waiting_.pop_front();
  queued_ -= done.size;
  done.done.complete({});
  if (is_over_) return;
  if (!waiting_.empty()) return start_write(waiting_.front().message);
  if (is_ending_) finish(nullptr);
}

// --- from the handler -------------------------------------------------------------------------

operation<std::optional<grpc_message>> grpc_served_stream::read() {
  using outcome = std::optional<grpc_message>;
  if (reader_) return detail::ended<outcome>(core_, fail(errc::misuse, "a read is under way"));
  if (first_) return detail::ended<outcome>(core_, std::exchange(first_, std::nullopt));
  if (is_over_) return detail::ended<outcome>(core_, fail(errc::closed));
  if (has_read_all_) return detail::ended<outcome>(core_, outcome());
  reader_ = completer<outcome>(core_.home());
  auto op = reader_.op();
  op.state()->set_fault_sink(&core_);
  op.state()->set_canceller(this);
  if (!std::exchange(is_reading_, true)) start_read(in_);
  return op;
}

operation<void> grpc_served_stream::no_write(error why) {
  return detail::ended<void>(core_, std::unexpected(std::move(why)));
}

operation<void> grpc_served_stream::write(grpc_message m) {
  if (is_over_ || is_ending_) return no_write(errc::closed);
  if (kind_ == grpc_kind::client_stream && has_replied_) {
    return no_write(error(errc::misuse, "a client_stream has one reply"));
  }
  entry made;
  if (auto ok = encode(std::move(m), made.message); !ok) return no_write(ok.error());
  made.size = made.message.ByteSizeLong() + sizeof(entry);
  if (!waiting_.empty() && queued_ + made.size > core_.config().write_limit) {
    return no_write(errc::queue_full);
  }
  has_replied_ = true;
  made.done = completer<void>(core_.home());
  auto op = made.done.op();
  op.state()->set_fault_sink(&core_);
  queued_ += made.size;
  waiting_.push_back(std::move(made));
  if (waiting_.size() == 1) start_write(waiting_.front().message);
  return op;
}

void grpc_served_stream::set_trailer(std::string_view name, std::string_view text) {
  if (!is_over_) context_->AddTrailingMetadata(std::string(name), std::string(text));
}

void grpc_served_stream::end(const error* why) {
  if (is_over_ || is_ending_) return;
  if (!why && !waiting_.empty()) {
    is_ending_ = true;
  } else {
    finish(why);
  }
}

void grpc_served_stream::cancel(operation_base&) {
  const error why(errc::cancelled);
  end(&why);
}

void grpc_served_stream::finish(const error* why) {
  is_over_ = true;
  core_.record("stream", why);
  if (why) context_->AddTrailingMetadata(fault_key, fault_of(*why));
  finish_with(why ? status_of(*why) : ::grpc::Status::OK);
  drop(why ? *why : error(errc::closed));
}

// The first message may be gRPC's still.
void grpc_served_stream::drop(const error& why) {
  for (entry& e : waiting_) e.done.complete(std::unexpected(why));
  if (is_over_) reader_.complete(std::unexpected(why));
}

}  // namespace parley::detail
