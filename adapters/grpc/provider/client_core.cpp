#include <algorithm>
#include <array>
#include <parley/adapters/grpc/errc.hpp>
#include <parley/adapters/grpc/provider/callable.hpp>
#include <parley/adapters/grpc/provider/client_core.hpp>
#include <parley/adapters/grpc/provider/payload.hpp>
#include <parley/adapters/grpc/provider/settings.hpp>
#include <parley/adapters/grpc/provider/status.hpp>
#include <parley/adapters/grpc/provider/unary_call.hpp>
#include <utility>

namespace parley::detail {
std::uint64_t random_bits(loop& home) {
  std::array<std::byte, 8> bytes{};
  home.random(bytes);
  std::uint64_t bits = 0;
  for (const std::byte b : bytes) bits = bits << 8 | static_cast<std::uint64_t>(b);
  return bits;
}

grpc_client_core::grpc_client_core(loop& home, grpc_config config)
    : grpc_core(home, std::move(config)), back_off_(config_.reconnect) {}

grpc_client_core::~grpc_client_core() = default;

// --- its life ---------------------------------------------------------------------------------

operation<void> grpc_client_core::initialize() {
  if (is_up_) return ended<void>(*this, {});
  if (auto ok = config_.validate(); !ok) {
    enter(provider_state::failed, &ok.error());
    return ended<void>(*this, std::move(ok));
  }
  starting_.emplace_back(loop_);
  auto op = starting_.back().op();
  op.state()->set_fault_sink(this);
  if (starting_.size() > 1) return op;
  if (auto ok = make_channel(); !ok) {
    give_up(ok.error());
    return op;
  }
  give_up_at_ = loop_.now() + config_.connect_timeout;
  attempt();
  return op;
}

result<void> grpc_client_core::make_channel() {
  drop_channel();
  auto credentials = client_credentials(config_);
  if (!credentials) return std::unexpected(std::move(credentials).error());
  port_ = std::make_shared<grpc_port>(loop_);
  channel_ =
      ::grpc::CreateCustomChannel(target_of(config_), *credentials, channel_arguments(config_));
  stub_ = v1::Parley::NewStub(channel_);
  back_off_ = back_off(config_.reconnect);
  is_foreign_ = false;
  return {};
}

// The channel goes when gRPC's threads are done with all of its calls, and in this thread.
void grpc_client_core::drop_channel() noexcept {
  ++attempts_;
  if (is_armed()) loop_.set_timer(*this, std::nullopt);
  link_.reset();
  if (port_) {
    port_->close();
    port_->wait_until_idle();
  }
  stub_.reset();
  channel_.reset();
  port_.reset();
}

operation<void> grpc_client_core::close() {
  is_up_ = false;
  drop_channel();
  enter(provider_state::closed);
  for (completer<void>& c : std::exchange(starting_, {})) c.complete(fail(errc::cancelled));
  return ended<void>(*this, {});
}

void grpc_client_core::shut() noexcept {
  grpc_core::shut();
  drop_channel();
  starting_.clear();  // cancelled
}

// --- the connection ---------------------------------------------------------------------------

// One attempt: the stream of channels is opened, and the server says its first word on it.
void grpc_client_core::attempt() {
  enter(provider_state::connecting);
  ++attempts_;
  attempt_ends_at_ = loop_.now() + config_.connect_timeout;
  if (give_up_at_) attempt_ends_at_ = std::min(*attempt_ends_at_, *give_up_at_);
  loop_.set_timer(*this, attempt_ends_at_);
  auto* const made =
      new grpc_typed_stream_call<v1::Subscription, v1::Event>(port_, loop_, std::size_t{1} << 20);
  link_.emplace(*made);
  for (const auto& [name, text] : config_.metadata) made->context().AddMetadata(name, text);
  made->start([&](::grpc::ClientContext* context, auto* reactor) {
    stub_->async()->Listen(context, reactor);
  });
  read_link();
}

void grpc_client_core::read_link() {
  link_->read().then([this, held = grpc_core_ref(*this), number = attempts_](
                         result<std::optional<v1::Event>> r) { link_read(number, std::move(r)); });
}

void grpc_client_core::link_read(std::uint64_t number, result<std::optional<v1::Event>> r) {
  if (number != attempts_ || !link_) return;
  if (r && *r) {
    if (!is_up_) came_up();
    return read_link();
  }
  link_->finish().then([this, held = grpc_core_ref(*this), number](result<::grpc::Status> status) {
    link_ended(number, status);
  });
}

void grpc_client_core::link_ended(std::uint64_t number, const result<::grpc::Status>& status) {
  if (number != attempts_ || !link_ || !status) return;
  link_.reset();
  // A server that knows of no channels is there all the same.
  if (status->error_code() == ::grpc::StatusCode::UNIMPLEMENTED) {
    is_foreign_ = true;
    return came_up();
  }
  lost(status->ok() ? error(errc::closed, "the server has ended the stream of channels")
                    : error_of(*status));
}

void grpc_client_core::came_up() {
  loop_.set_timer(*this, std::nullopt);
  attempt_ends_at_.reset();
  give_up_at_.reset();
  back_off_.succeeded(loop_.now());
  is_up_ = true;
  has_failed_ = false;
  ++connects_;
  enter(provider_state::up);
  for (completer<void>& c : std::exchange(starting_, {})) c.complete({});
}

void grpc_client_core::lost(const error& why) {
  has_failed_ = !std::exchange(is_up_, false);
  attempt_ends_at_.reset();
  const bool was_starting = !starting_.empty();
  back_off_.failed(loop_.now(), why.retry_after());
  const auto pause = back_off_.next(random_bits(loop_));
  if (was_starting && (!is_retried(why) || !pause || loop_.now() + *pause >= *give_up_at_)) {
    return give_up(why);
  }
  if (!pause) return give_up(why);
  enter(provider_state::waiting, &why);
  loop_.set_timer(*this, loop_.now() + *pause);
}

void grpc_client_core::give_up(const error& why) {
  drop_channel();
  give_up_at_.reset();
  enter(provider_state::failed, &why);
  for (completer<void>& c : std::exchange(starting_, {})) c.complete(std::unexpected(why));
}

// A pause is over, or an attempt takes too long.
void grpc_client_core::fired(time_point) {
  if (!attempt_ends_at_) return attempt();
  ++attempts_;
  link_.reset();
  error why(errc::timed_out, "no answer from " + target_of(config_));
  if (last_error_) why = std::move(why).with_cause(*last_error_);
  lost(why);
}

// --- calls ------------------------------------------------------------------------------------

result<std::shared_ptr<::grpc::Channel>> grpc_client_core::channel() const {
  if (!channel_) return std::unexpected(not_ready());
  return channel_;
}

void grpc_client_core::prepare(::grpc::ClientContext& context, const grpc_call_options& options,
                               bool has_deadline) {
  duration timeout = options.timeout;
  if (timeout <= duration::zero() && has_deadline) timeout = config_.call_timeout;
  if (timeout > duration::zero()) {
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::duration_cast<std::chrono::system_clock::duration>(timeout));
  }
  context.set_wait_for_ready(config_.waiting == grpc_waiting::always ||
                             (config_.waiting == grpc_waiting::while_connecting && !has_failed_));
  for (const auto& [name, text] : config_.metadata) context.AddMetadata(name, text);
  if (!options.metadata) return;
  for (const auto& [name, text] : *options.metadata) context.AddMetadata(name, text);
}

operation<callable> grpc_client_core::make_callable(std::string_view name) {
  if (name.empty()) return ended<callable>(*this, fail(errc::invalid_argument, "a name is empty"));
  return ended<callable>(*this, callable(new grpc_callable(*this, name)));
}

operation<grpc_reply> grpc_client_core::call(std::string_view name, grpc_message request,
                                             const grpc_call_options& options) {
  if (!channel_) return ended<grpc_reply>(*this, std::unexpected(not_ready()));
  completer<grpc_reply> done(loop_);
  auto op = done.op();
  op.state()->set_fault_sink(this);
  auto* const made = new grpc_unary_call(*this, name);
  if (auto ok = encode(std::move(request), made->request()); !ok) {
    done.complete(std::unexpected(std::move(ok).error()));
    made->drop();
    return op;
  }
  made->start(options, std::move(done), {});
  return op;
}

void grpc_client_core::call_value(std::string_view name, const value& request,
                                  const grpc_call_options& options, completer<value> done) {
  if (!channel_) return done.complete(std::unexpected(not_ready()));
  auto* const made = new grpc_unary_call(*this, name);
  if (auto ok = encode(request, *made->request().mutable_value()); !ok) {
    done.complete(std::unexpected(std::move(ok).error()));
    return made->drop();
  }
  made->start(options, {}, std::move(done));
}

}  // namespace parley::detail
