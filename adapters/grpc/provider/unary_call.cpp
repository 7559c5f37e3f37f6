#include <algorithm>
#include <parley/adapters/grpc/errc.hpp>
#include <parley/adapters/grpc/provider/payload.hpp>
#include <parley/adapters/grpc/provider/status.hpp>
#include <parley/adapters/grpc/provider/unary_call.hpp>
#include <utility>

namespace parley::detail {

grpc_unary_call::grpc_unary_call(grpc_client_core& core, std::string_view name)
    : grpc_call(core.port()), core_(core) {
  request_.set_name(name.data(), name.size());
}

grpc_unary_call::grpc_unary_call(grpc_unary_call& failed, int)
    : grpc_call(failed.core_.port()),
      core_(failed.core_),
      request_(std::move(failed.request_)),
      whole_(std::move(failed.whole_)),
      alone_(std::move(failed.alone_)),
      pauses_(failed.pauses_),
      deadline_(failed.deadline_),
      metadata_(std::move(failed.metadata_)),
      compression_(failed.compression_) {}

void grpc_unary_call::start(const grpc_call_options& options, completer<grpc_reply> whole,
                            completer<value> alone) {
  whole_ = std::move(whole);
  alone_ = std::move(alone);
  core_.prepare(context_, options, true);
  if (options.repeatable) {
    pauses_.emplace(core_.config().retry);
    if (options.metadata) metadata_ = *options.metadata;
    compression_ = options.compression;
    const duration left = options.timeout > duration::zero()
                              ? std::min(options.timeout, grpc_longest)
                              : core_.config().call_timeout;
    if (left > duration::zero()) deadline_ = core_.home().now() + left;
  }
  run();
}

void grpc_unary_call::run() {
  if (whole_) whole_.state()->set_canceller(this);
  if (alone_) alone_.state()->set_canceller(this);
  enlist();
  // One batch and one event, where a reactor takes two of each.
  core_.stub().async()->Call(&context_, &request_, &reply_, [this](::grpc::Status status) {
    status_ = std::move(status);
    tell(ended);
  });
}

// Counted as gRPC's from the beginning: it is told of an end that gRPC never sees.
void grpc_unary_call::drop() {
  status_ = ::grpc::Status::CANCELLED;
  tell(ended);
}

void grpc_unary_call::cancel(operation_base&) {
  if (is_armed()) {
    core_.home().set_timer(*this, std::nullopt);
    delist();
    fail_with(errc::cancelled);
    return release();
  }
  context_.TryCancel();
  fail_with(errc::cancelled);
}

void grpc_unary_call::abort() noexcept {
  const bool is_waiting = is_armed();
  if (is_waiting) core_.home().set_timer(*this, std::nullopt);
  if (!is_waiting) context_.TryCancel();
  fail_with(errc::cancelled);
  if (is_waiting) release();
}

void grpc_unary_call::happened(std::uint32_t) {
  if (!whole_ && !alone_) return;  // cancelled
  if (status_.ok()) return succeed();
  std::string_view fault;
  const auto& trailers = context_.GetServerTrailingMetadata();
  if (const auto found = trailers.find(fault_key); found != trailers.end()) {
    fault = {found->second.data(), found->second.size()};
  }
  error why = error_of(status_, fault);
  if (!waits_to_repeat(why)) fail_with(std::move(why));
}

// Of a server's loss only: whatever else it says, it has said for good.
bool grpc_unary_call::waits_to_repeat(const error& why) {
  if (!pauses_ || status_.error_code() != ::grpc::StatusCode::UNAVAILABLE) return false;
  const time_point now = core_.home().now();
  pauses_->failed(now, why.retry_after());
  const auto pause = pauses_->next(random_bits(core_.home()));
  if (!pause || (deadline_ && now + *pause >= *deadline_)) return false;
  retain();
  enlist();
  core_.home().set_timer(*this, now + *pause);
  return true;
}

void grpc_unary_call::fired(time_point now) {
  delist();
  auto* const next = new grpc_unary_call(*this, 0);
  grpc_call_options rest;
  rest.metadata = &next->metadata_;
  rest.compression = next->compression_;
  if (next->deadline_) {
    rest.timeout = std::max<duration>(*next->deadline_ - now, std::chrono::milliseconds(1));
  }
  core_.prepare(next->context_, rest, true);
  next->run();
  release();
}

void grpc_unary_call::fail_with(error why) {
  core_.record("call", &why);
  whole_.complete(std::unexpected(why));
  alone_.complete(std::unexpected(std::move(why)));
}

void grpc_unary_call::succeed() {
  core_.record("call", nullptr);
  if (whole_) {
    grpc_reply r;
    r.message = take_message(reply_);
    r.headers = metadata_of(context_.GetServerInitialMetadata());
    r.trailers = metadata_of(context_.GetServerTrailingMetadata());
    return whole_.complete(std::move(r));
  }
  if (reply_.content_case() == v1::Reply::kRaw) {
    return alone_.complete(value::from_bytes(as_bytes(reply_.raw())));
  }
  alone_.complete(decode(reply_.value()));
}

}  // namespace parley::detail
