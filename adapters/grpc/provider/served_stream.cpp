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

void grpc_served_stream::read_done(bool ok) {
  if (!ok) return tell(read_failed);
  if (in_.arrived(reading())) tell(was_read);
}

void grpc_served_stream::write_done(bool ok) {
  if (!ok) return tell(write_failed);
  const auto next = out_.written(writing());
  if (next.is_low) tell(has_room);
  if (next.is_last) tell(is_written);
}

void grpc_served_stream::happened(std::uint32_t events) {
  if (events & came) {
    enlist();
    headers_ = metadata_of(context_->client_metadata());
    open();
  }
  if (events & given) read_done(true);
  if (events & taken) write_done(true);
  // The end may be told before what came last, by another thread.
  if (events & (was_read | read_failed)) give();
  if (events & read_failed) ended_by_client();
  if (events & (has_room | is_written)) out_.has_room();
  if ((events & is_written) && !is_over_) finish(nullptr);
  if (events & write_failed) drop(errc::closed);
  if (events & cancelled) client_has_gone();
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

std::optional<v1::Request> grpc_served_stream::take() {
  if (is_over_ && !lost_) return std::nullopt;
  return in_.take(reading());
}

// What has come before is read still.
void grpc_served_stream::client_has_gone() {
  if (is_over_) return;
  lost_.emplace(errc::cancelled, "the client has gone");
  fail_with(*lost_);
}

void grpc_served_stream::give() {
  if (!is_named_) open();
  if (!reader_) return;
  if (auto next = take()) reader_.complete(std::optional<grpc_message>(take_message(*next)));
}

// As soon as the first message is there.
void grpc_served_stream::open() {
  auto first = take();
  if (!first) return;
  is_named_ = true;
  name_ = first->name();
  if (first->content_case() != v1::Request::CONTENT_NOT_SET) first_ = take_message(*first);
  core_.open_stream(*this);
}

void grpc_served_stream::ended_by_client() {
  has_read_all_ = true;
  if (is_over_) return;
  if (!is_named_) return fail_with(error(errc::invalid_argument, "the first message has the name"));
  // The end of a connection looks the same as an end that was meant.
  if (context_->IsCancelled()) return client_has_gone();
  reader_.complete(std::optional<grpc_message>());
}

// --- from the handler -------------------------------------------------------------------------

operation<std::optional<grpc_message>> grpc_served_stream::read() {
  using outcome = std::optional<grpc_message>;
  if (reader_) return detail::ended<outcome>(core_, fail(errc::misuse, "a read is under way"));
  if (first_) return detail::ended<outcome>(core_, std::exchange(first_, std::nullopt));
  if (auto next = take()) return detail::ended<outcome>(core_, outcome(take_message(*next)));
  if (lost_) return detail::ended<outcome>(core_, std::unexpected(*lost_));
  if (is_over_) return detail::ended<outcome>(core_, fail(errc::closed));
  if (has_read_all_) return detail::ended<outcome>(core_, outcome());
  reader_ = completer<outcome>(core_.home());
  auto op = reader_.op();
  op.state()->set_fault_sink(&core_);
  op.state()->set_canceller(this);
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
  v1::Reply made;
  if (auto ok = encode(std::move(m), made); !ok) return no_write(ok.error());
  has_replied_ = true;
  auto op = out_.add(std::move(made), core_.home(), writing());
  op.state()->set_fault_sink(&core_);
  return op;
}

result<void> grpc_served_stream::set_trailer(std::string_view name, std::string_view text) {
  auto ok = check_metadata(name, text);
  if (ok && !is_over_) context_->AddTrailingMetadata(std::string(name), std::string(text));
  return ok;
}

void grpc_served_stream::end(const error* why) {
  if (is_over_ || is_ending_) return;
  is_ending_ = true;
  if (why || out_.end()) finish(why);
}

void grpc_served_stream::cancel(operation_base&) {
  const error why(errc::cancelled);
  end(&why);
}

void grpc_served_stream::finish(const error* why) {
  is_over_ = true;
  core_.record("stream", why);
  if (why) context_->AddTrailingMetadata(fault_key, fault_of(*why));
  // First, as nothing may begin afterwards.
  drop(why ? *why : error(errc::closed));
  finish_with(why ? status_of(*why) : ::grpc::Status::OK);
}

// What gRPC reads or writes at this moment stays its own.
void grpc_served_stream::drop(const error& why) {
  out_.drop(why);
  if (!is_over_) return;
  in_.stop();
  reader_.complete(std::unexpected(why));
}

}  // namespace parley::detail
