#include <algorithm>
#include <array>
#include <parley/adapters/grpc/errc.hpp>
#include <parley/adapters/grpc/provider/client_core.hpp>
#include <parley/adapters/grpc/provider/client_stream.hpp>
#include <parley/adapters/grpc/provider/payload.hpp>
#include <parley/adapters/grpc/provider/settings.hpp>
#include <parley/adapters/grpc/provider/status.hpp>
#include <parley/adapters/grpc/provider/unary_call.hpp>
#include <parley/core/api/named_callable.hpp>
#include <set>
#include <utility>

namespace parley::detail {
std::uint64_t random_bits(loop& home) {
  std::array<std::byte, 8> bytes{};
  home.random(bytes);
  std::uint64_t bits = 0;
  for (const std::byte b : bytes) bits = bits << 8 | static_cast<std::uint64_t>(b);
  return bits;
}

// Cancels what a call of gRPC's is to bring, for who waits for something that is made of it.
class grpc_client_core::inner_call final : private canceller {
 public:
  inner_call(operation_base& outer, operation_base& inner) : inner_(inner) {
    inner_.retain();
    outer.set_canceller(this);
  }
  inner_call(const inner_call&) = delete;
  inner_call& operator=(const inner_call&) = delete;
  ~inner_call() { inner_.release(); }

 private:
  void cancel(operation_base& op) override {
    inner_.cancel();
    op.complete_error(errc::cancelled);
  }

  operation_base& inner_;
};

grpc_client_core::grpc_client_core(loop& home, grpc_config config)
    : grpc_core(home, std::move(config)), back_off_(config_.reconnect) {}

grpc_client_core::~grpc_client_core() = default;

// --- its life ---------------------------------------------------------------------------------

// Ends when the first connection is up, and not with the first failure: a server that is just
// starting is worth waiting for.
operation<void> grpc_client_core::initialize() {
  if (is_up_) return ended<void>(*this, {});
  result<void> ok = config_.validate();
  if (ok && !channel_) ok = make_channel();
  if (!ok) {
    enter(provider_state::failed, &ok.error());
    return ended<void>(*this, std::move(ok));
  }
  starting_.emplace_back(loop_);
  auto op = starting_.back().op();
  op.state()->set_fault_sink(this);
  op.state()->set_canceller(this);
  give_up_at_ = loop_.now() + config_.connect_timeout;
  // One that has gone on trying tries now.
  if (!link_) attempt();
  return op;
}

result<void> grpc_client_core::make_channel() {
  auto credentials = client_credentials(config_);
  if (!credentials) return std::unexpected(std::move(credentials).error());
  port_ = std::make_shared<grpc_port>(loop_);
  channel_ =
      ::grpc::CreateCustomChannel(target_of(config_), *credentials, channel_arguments(config_));
  stub_ = v1::Parley::NewStub(channel_);
  back_off_ = back_off(config_.reconnect);
  own_number_ = random_bits(loop_) | 1;
  down_since_.reset();
  has_failed_ = is_foreign_ = false;
  return {};
}

// The channel goes when gRPC's threads are done with all of its calls, and in this thread.
void grpc_client_core::drop_channel() noexcept {
  ++attempts_;
  if (is_armed()) loop_.set_timer(*this, std::nullopt);
  attempt_ends_at_.reset();
  give_up_at_.reset();
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
  const grpc_core_ref held(*this);
  is_up_ = false;
  drop_channel();
  enter(provider_state::closed);
  settle_start(fail(errc::cancelled));
  end_questions(errc::cancelled);
  return ended<void>(*this, {});
}

void grpc_client_core::shut() noexcept {
  grpc_core::shut();
  drop_channel();
  starting_.clear();  // cancelled
  questions_.clear();
}

void grpc_client_core::settle_start(const result<void>& outcome) {
  give_up_at_.reset();
  for (completer<void>& c : std::exchange(starting_, {})) c.complete(outcome);
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
      new grpc_typed_stream_call<v1::Subscription, v1::Event>(port_, loop_, std::size_t{1} << 24);
  link_.emplace(*made);
  for (const auto& [name, text] : config_.metadata) made->context().AddMetadata(name, text);
  made->start([&](::grpc::ClientContext* context, auto* reactor) {
    stub_->async()->Listen(context, reactor);
  });
  v1::Subscription hello;
  hello.set_client(own_number_);
  (void)link_->write(std::move(hello));
  read_link();
}

void grpc_client_core::read_link() {
  link_->read().then([this, held = grpc_core_ref(*this), number = attempts_](
                         result<std::optional<v1::Event>> r) { link_read(number, std::move(r)); });
}

void grpc_client_core::link_read(std::uint64_t number, result<std::optional<v1::Event>> r) {
  if (number != attempts_ || !link_) return;
  if (r && *r) {
    const v1::Event& e = **r;
    if (!is_up_) came_up();
    if (e.confirmed() != 0) confirm(e);
    if (e.has_message()) deliver(e.message().topic(), as_bytes(e.message().payload()));
    // A callback may have ended it all.
    if (number == attempts_ && link_) read_link();
    return;
  }
  link_->finish().then([this, held = grpc_core_ref(*this), number](result<::grpc::Status> status) {
    link_ended(number, status);
  });
}

void grpc_client_core::link_ended(std::uint64_t number, const result<::grpc::Status>& status) {
  if (number != attempts_ || !link_ || !status) return;
  // A server that knows of no channels is there all the same.
  if (status->error_code() == ::grpc::StatusCode::UNIMPLEMENTED) {
    is_foreign_ = true;
    return came_up();
  }
  error why = status->ok() ? error(errc::closed, "the server has ended the stream of channels")
                           : error_of(*status);
  // Who wants a certificate of us says so by hanging up, and gRPC no more than that.
  const bool may_want_ours = config_.ssl && config_.tls.certfile.empty() && connects_ == 0;
  if (may_want_ours && why == grpc_errc::unavailable) {
    why = std::move(why).with_hint(
        "check that it runs; if it asks its clients for a certificate, set certfile and keyfile");
  }
  lost(why);
}

void grpc_client_core::came_up() {
  loop_.set_timer(*this, std::nullopt);
  attempt_ends_at_.reset();
  back_off_.succeeded(loop_.now());
  is_up_ = true;
  has_failed_ = false;
  ++connects_;
  enter(provider_state::up);
  ask_for_all();
  settle_start({});
}

// What gRPC says of a lost connection is the same as of one that never was; our own pauses decide
// when the next attempt is made.
void grpc_client_core::lost(const error& why) {
  link_.reset();
  ++attempts_;
  if (is_up_) down_since_ = loop_.now();
  has_failed_ = !std::exchange(is_up_, false);
  attempt_ends_at_.reset();
  const time_point now = loop_.now();
  back_off_.failed(now, why.retry_after());
  const auto pause = back_off_.next(random_bits(loop_));
  // A certificate that is being renewed passes, at a server that was right before.
  const bool is_final = !pause || (!is_retried(why) && connects_ == 0);
  enter(is_final ? provider_state::failed : provider_state::waiting, &why);
  if (is_final || (give_up_at_ && now + *pause >= *give_up_at_)) {
    settle_start(std::unexpected(why));
  }
  if (is_final) {
    drop_channel();
    return end_questions(why);
  }
  loop_.set_timer(*this, now + *pause);
}

// A pause is over, or an attempt takes too long.
void grpc_client_core::fired(time_point) {
  if (!attempt_ends_at_) return attempt();
  // Who waits for initialize() is told the true cause, and not that the last try was cut short.
  if (give_up_at_ && has_failed_ && last_error_) return lost(error(*last_error_));
  error why(errc::timed_out, "no answer from " + target_of(config_));
  if (last_error_ && *last_error_ != errc::timed_out) {
    why = std::move(why).with_cause(*last_error_);
  }
  lost(why);
}

// --- channels ---------------------------------------------------------------------------------

operation<delivery> grpc_client_core::publish(std::string_view name, byte_view payload) {
  if (!channel_) return ended<delivery>(*this, std::unexpected(not_ready()));
  if (auto ok = check(name, payload); !ok)
    return ended<delivery>(*this, std::unexpected(ok.error()));
  v1::Message message;
  message.set_topic(name.data(), name.size());
  message.set_payload(payload.data(), payload.size());
  message.set_sender(own_number_);
  auto* const made =
      new grpc_typed_unary<v1::Message, v1::Delivery>(port_, loop_, std::move(message));
  prepare(made->context(), {}, true);
  completer<delivery> done(loop_);
  auto op = done.op();
  op.state()->set_fault_sink(this);
  auto sent = made->start([this](auto... args) { stub_->async()->Shout(args...); });
  auto tie = std::make_unique<inner_call>(*op.state(), *sent.state());
  // The tie goes after the completer, which may be cancelled by it.
  std::move(sent).then([this, held = grpc_core_ref(*this), tie = std::move(tie),
                        done = std::move(done)](result<grpc_typed_reply<v1::Delivery>> r) mutable {
    if (!r) return done.complete(std::unexpected(std::move(r).error()));
    if (r->status.ok()) {
      record("shout", nullptr);
      return done.complete(delivery(r->message.receivers()));
    }
    const error why = error_of(r->status, find(r->trailers, fault_key));
    record("shout", &why);
    done.complete(std::unexpected(why));
  });
  return op;
}

void grpc_client_core::ask_for(std::string_view filter) {
  if (is_foreign_) {
    return waiting_.refuse(filter, error(errc::not_supported, "the server knows of no channels"));
  }
  // One that nobody waits for any more; none for who is the first.
  if (listeners_.count_with(filter) > 1) forget_question(filter);
  const std::uint64_t id = ++last_id_;
  questions_.emplace(id, std::string(filter));
  if (is_up_) ask(id, filter, false);
}

void grpc_client_core::forget_question(std::string_view filter) noexcept {
  std::erase_if(questions_, [&](const auto& q) { return q.second == filter; });
}

void grpc_client_core::filter_removed(std::string_view filter) {
  forget_question(filter);
  if (is_up_ && link_) ask(++last_id_, filter, true);
}

void grpc_client_core::ask(std::uint64_t id, std::string_view filter, bool end) {
  v1::Subscription s;
  s.set_id(id);
  s.set_filter(filter.data(), filter.size());
  s.set_end(end);
  (void)link_->write(std::move(s));
}

// What was listened to before a break, and what has been asked for meanwhile.
void grpc_client_core::ask_for_all() {
  if (is_foreign_) {
    return end_questions(error(errc::not_supported, "the server knows of no channels"));
  }
  // These first, so that whoever is told of a confirmation knows that they are there again.
  std::set<std::string_view> asked;
  for (const auto& [id, filter] : questions_) asked.insert(filter);
  std::size_t restored = 0;
  for (const auto& [filter, count] : listeners_.filters()) {
    if (asked.contains(filter)) continue;
    ask(++last_id_, filter, false);
    ++restored;
  }
  for (const auto& [id, filter] : questions_) ask(id, filter, false);
  if (config_.watch && restored > 0 && down_since_) {
    config_.watch->resubscribed("grpc", restored, loop_.now() - *down_since_);
  }
  down_since_.reset();
}

void grpc_client_core::confirm(const v1::Event& e) {
  const auto found = questions_.find(e.confirmed());
  if (found == questions_.end()) return;
  const std::string filter = std::move(found->second);
  questions_.erase(found);
  if (e.refused().empty()) return waiting_.confirm(filter);
  waiting_.refuse(filter, error(errc::invalid_argument, e.refused()));
}

void grpc_client_core::end_questions(const error& why) {
  questions_.clear();
  waiting_.refuse_all(why);
}

// --- calls ------------------------------------------------------------------------------------

result<std::shared_ptr<::grpc::Channel>> grpc_client_core::channel() const {
  if (!channel_) return std::unexpected(not_ready());
  return channel_;
}

void grpc_client_core::prepare(::grpc::ClientContext& context, const grpc_call_options& options,
                               bool has_deadline) {
  duration timeout = std::min(options.timeout, grpc_longest);
  if (timeout <= duration::zero() && has_deadline) timeout = config_.call_timeout;
  if (timeout > duration::zero()) {
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::duration_cast<std::chrono::system_clock::duration>(timeout));
  }
  context.set_wait_for_ready(config_.waiting == grpc_waiting::always ||
                             (config_.waiting == grpc_waiting::while_connecting && !has_failed_));
  if (options.compression) context.set_compression_algorithm(algorithm_of(*options.compression));
  for (const auto& [name, text] : config_.metadata) context.AddMetadata(name, text);
  if (!options.metadata) return;
  for (const auto& [name, text] : *options.metadata) context.AddMetadata(name, text);
}

namespace {

operation<value> call_by_name(grpc_client_core& core, std::string_view name, const value& request,
                              call_options options) {
  grpc_call_options how;
  how.timeout = options.timeout;
  how.repeatable = options.repeatable;
  completer<value> done(core.home());
  auto op = done.op();
  op.state()->set_fault_sink(&core);
  core.call_value(name, request, how, std::move(done));
  return op;
}

}  // namespace

operation<callable> grpc_client_core::make_callable(std::string_view name) {
  if (auto ok = check_name(name); !ok) {
    return ended<callable>(*this, std::unexpected(std::move(ok).error()));
  }
  return ended<callable>(*this, make_named_callable(*this, name, call_by_name));
}

operation<grpc_reply> grpc_client_core::call(std::string_view name, grpc_message request,
                                             const grpc_call_options& options) {
  if (!channel_) return ended<grpc_reply>(*this, std::unexpected(not_ready()));
  auto ok = check_name(name);
  if (ok) ok = check_metadata(options);
  if (!ok) {
    return ended<grpc_reply>(*this, std::unexpected(std::move(ok).error()));
  }
  completer<grpc_reply> done(loop_);
  auto op = done.op();
  op.state()->set_fault_sink(this);
  auto* const made = new grpc_unary_call(*this, name);
  if (ok = encode(std::move(request), made->request()); !ok) {
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

result<grpc_stream> grpc_client_core::open(std::string_view name, grpc_kind kind,
                                           grpc_message first, const grpc_call_options& options) {
  if (!channel_) return std::unexpected(not_ready());
  if (auto ok = check_name(name); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = check_metadata(options); !ok) return std::unexpected(std::move(ok).error());
  return grpc_client_stream::open(*this, name, kind, std::move(first), options);
}

}  // namespace parley::detail
