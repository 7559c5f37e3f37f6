#include <parley/adapters/grpc/grpc_typed_unary.hpp>
#include <parley/adapters/grpc/provider/payload.hpp>
#include <parley/adapters/grpc/provider/served_call.hpp>
#include <parley/adapters/grpc/provider/server_core.hpp>
#include <parley/adapters/grpc/provider/status.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley {
namespace detail {

const grpc_message& grpc_served_call::message() {
  if (!message_) message_ = is_over_ ? grpc_message() : decode_message(*request_);
  return *message_;
}

const grpc_metadata& grpc_served_call::metadata() {
  if (!metadata_) metadata_ = is_over_ ? grpc_metadata() : metadata_of(context_->client_metadata());
  return *metadata_;
}

std::optional<time_point> grpc_served_call::deadline() const noexcept {
  if (is_over_) return std::nullopt;
  const auto at = context_->deadline();
  if (at == std::chrono::system_clock::time_point::max()) return std::nullopt;
  const auto left = std::chrono::duration_cast<duration>(at - std::chrono::system_clock::now());
  return core_.home().now() + left;
}

std::string_view grpc_served_call::peer() {
  if (peer_.empty() && !is_over_) peer_ = context_->peer();
  return peer_;
}

result<void> grpc_served_call::set_header(std::string_view name, std::string_view text) {
  auto ok = check_metadata(name, text);
  if (ok && !is_over_) context_->AddInitialMetadata(std::string(name), std::string(text));
  return ok;
}
result<void> grpc_served_call::set_trailer(std::string_view name, std::string_view text) {
  auto ok = check_metadata(name, text);
  if (ok && !is_over_) context_->AddTrailingMetadata(std::string(name), std::string(text));
  return ok;
}

void grpc_served_call::on_cancel(callback<void()> told) {
  if (!is_over_) on_cancel_ = std::move(told);
}

void grpc_served_call::retain_handle() noexcept {
  if (++handles_ == 1) core_.retain();
  retain();
}

void grpc_served_call::release_handle() noexcept {
  if (--handles_ == 0) {
    on_cancel_.reset();
    reply(result<grpc_message>(fail(errc::cancelled, "nobody has answered")));
    core_.release();
  }
  release();
}

void grpc_served_call::reply(result<grpc_message> with) {
  if (is_over_) return;
  if (!with) return fail_with(with.error());
  finish(encode(*std::move(with), *reply_));
}

void grpc_served_call::reply(result<value> with) {
  if (is_over_) return;
  if (!with) return fail_with(with.error());
  finish(encode(*with, *reply_->mutable_value()));
}

void grpc_served_call::reply_later(result<value> with) {
  outcome_ = std::move(with);
  tell(worked);
}

void grpc_served_call::finish(result<void> encoded) {
  if (!encoded) return fail_with(encoded.error());
  end_with(::grpc::Status::OK);
  core_.record("serve", nullptr);
}

void grpc_served_call::fail_with(const error& why) {
  context_->AddTrailingMetadata(fault_key, fault_of(why));
  end_with(status_of(why));
  core_.record("serve", &why);
}

// gRPC touches only what is its own afterwards.
void grpc_served_call::end_with(const ::grpc::Status& status) {
  is_over_ = true;
  core_.cancel_watch().remove(watched_);
  reactor_->Finish(status);
  has_ended();
}

void grpc_served_call::happened(std::uint32_t events) {
  if (events & came) {
    enlist();
    core_.answer(*this);
    if (!is_over_) core_.cancel_watch().add(watched_);
  }
  if (events & worked) reply(*std::exchange(outcome_, std::nullopt));
}

void grpc_served_call::client_has_gone() {
  if (is_over_) return;
  end_with(::grpc::Status::CANCELLED);
  if (auto told = std::move(on_cancel_)) {
    const grpc_core_ref held(core_);
    if (auto ok = guarded([&] { told(); }); !ok) core_.callback_failed(ok.error());
  }
}

// The loop has never heard of it.
void grpc_served_call::happened_too_late(std::uint32_t events) noexcept {
  if (!(events & came) || std::exchange(is_over_, true)) return;
  reactor_->Finish({::grpc::StatusCode::UNAVAILABLE, "the server ends"});
  has_ended();
}

void grpc_served_call::abort() noexcept {
  if (is_over_) return;
  on_cancel_.reset();
  end_with({::grpc::StatusCode::UNAVAILABLE, "the server ends"});
}

// --- what is published ------------------------------------------------------------------------

void grpc_served_shout::happened(std::uint32_t events) {
  if (!(events & came)) return;
  // Answered first: the callback of a speaker may end the server.
  const grpc_core_ref held(core_);
  const v1::Message message = *message_;
  reply_->set_receivers(core_.relay(message));
  reactor_->Finish(::grpc::Status::OK);
  has_ended();
  core_.hear(message);
}

void grpc_served_shout::happened_too_late(std::uint32_t events) noexcept {
  if (!(events & came)) return;
  reactor_->Finish({::grpc::StatusCode::UNAVAILABLE, "the server ends"});
  has_ended();
}

}  // namespace detail

grpc_answer::grpc_answer(detail::grpc_served_call& call) noexcept : call_(&call) {
  call_->retain_handle();
}
grpc_answer::~grpc_answer() {
  if (call_ != nullptr) call_->release_handle();
}
const grpc_message& grpc_answer::request() const noexcept { return call_->message(); }
const grpc_metadata& grpc_answer::metadata() const noexcept { return call_->metadata(); }
std::optional<time_point> grpc_answer::deadline() const noexcept { return call_->deadline(); }
std::string_view grpc_answer::peer() const noexcept { return call_->peer(); }
result<void> grpc_answer::set_header(std::string_view name, std::string_view text) {
  return call_->set_header(name, text);
}
result<void> grpc_answer::set_trailer(std::string_view name, std::string_view text) {
  return call_->set_trailer(name, text);
}
void grpc_answer::reply(result<grpc_message> with) { call_->reply(std::move(with)); }
bool grpc_answer::is_cancelled() const noexcept { return call_->is_cancelled(); }
void grpc_answer::on_cancel(callback<void()> told) { call_->on_cancel(std::move(told)); }

}  // namespace parley
