#include <array>
#include <parley/codecs/json/json.hpp>
#include <parley/codecs/json/payload.hpp>
#include <parley/codecs/resp/detail/redis_call_words.hpp>
#include <parley/codecs/resp/detail/redis_calls.hpp>
#include <parley/codecs/resp/detail/redis_core.hpp>
#include <parley/codecs/resp/detail/redis_served.hpp>
#include <parley/codecs/resp/detail/redis_speaker.hpp>
#include <parley/codecs/resp/errc.hpp>
#include <parley/core/api/named_callable.hpp>
#include <parley/core/async/guard.hpp>

namespace parley::detail {

struct redis_calls::question final : timer {
  question(redis_calls& at, std::uint64_t n, std::string_view of)
      : calls(at), number(n), name(of) {}

  // Nobody has answered in time.
  void fired(time_point) override { calls.end(number, fail(errc::timed_out, name)); }

  redis_calls& calls;
  std::uint64_t number;
  std::string name;
  completer<value> answer;
};

redis_calls::redis_calls(redis_core& core) noexcept : core_(core) {}
redis_calls::~redis_calls() = default;

// --- who may call, and who answers ------------------------------------------------------

operation<callable> redis_calls::make(std::string_view name) {
  if (!core_.is_ready()) return ended<callable>(core_, std::unexpected(core_.not_ready()));
  if (name.empty()) {
    return ended<callable>(core_, fail(errc::invalid_argument, "a callable needs a name"));
  }
  callable made = make_named_callable(
      core_, name,
      [](redis_core& core, std::string_view of, const value& request, call_options options) {
        return core.calls().call(of, request, options.timeout);
      });
  if (is_granted_) return ended<callable>(core_, std::move(made));
  completer<callable> done(core_.home());
  auto op = done.op();
  op.state()->set_fault_sink(&core_);
  op.state()->set_canceller(this);
  waiting_.push_back({std::move(done), std::move(made)});
  if (ear_) return op;
  if (reply_channel_.empty()) {
    std::array<std::byte, 16> random{};
    core_.home().random(random);
    reply_channel_ = redis_reply_channel(random);
  }
  speaker_options how;
  how.decode = decode_policy::bytes;
  how.decode_set = true;
  auto* const made_ear = new redis_speaker(core_, reply_channel_, how);
  speaker ear(made_ear);
  made_ear->listen([this](const message& m) { hear(m); })
      .then([core = redis_core_ref(core_)](const result<void>& r) { core->calls().joined(r); });
  // Only now: one that could not begin is made anew by the next call.
  ear_ = std::move(ear);
  return op;
}

void redis_calls::joined(const result<void>& outcome) {
  is_granted_ = ear_ && outcome;
  if (!is_granted_) ear_.reset();
  for (waiter& w : std::exchange(waiting_, {})) {
    if (outcome) {
      w.done.complete(std::move(w.made));
    } else {
      w.done.complete(std::unexpected(outcome.error()));
    }
  }
}

operation<callable> redis_calls::serve(std::string_view name, call_handler handler) {
  if (!core_.is_ready()) return ended<callable>(core_, std::unexpected(core_.not_ready()));
  if (name.empty() || !handler) {
    return ended<callable>(core_,
                           fail(errc::invalid_argument, "a callable needs a name and a handler"));
  }
  std::erase_if(served_, [&](auto& each) {
    if (each.second.name() != name) return false;
    each.first->forget();
    return true;
  });
  served_.reserve(served_.size() + 1);
  auto* const made = new redis_served(core_, name, std::move(handler));
  callable kept(made);
  auto op = made->begin();
  served_.emplace_back(made, std::move(kept));
  return op;
}

// --- calls ----------------------------------------------------------------------------

// Whether an answer that is published now would arrive.
bool redis_calls::can_hear() const {
  return is_granted_ && core_.subscriptions().is_on(reply_channel_);
}

operation<value> redis_calls::call(std::string_view name, const value& request, duration timeout) {
  if (core_.is_ready() && !ear_) {
    return ended<value>(core_, fail(errc::closed, "this callable is of the time before close()"));
  }
  if (!core_.is_ready() || !core_.is_up() || !can_hear()) {
    return ended<value>(core_, std::unexpected(core_.not_ready()));
  }
  auto payload = json::payload::of(request);
  if (!payload) return ended<value>(core_, std::unexpected(std::move(payload).error()));
  if (timeout == duration::zero()) timeout = core_.config().call_timeout;
  const std::uint64_t number = next_++;
  auto q = std::make_unique<question>(*this, number, name);
  q->answer = completer<value>(core_.home());
  auto op = q->answer.op();
  op.state()->set_fault_sink(&core_);
  op.state()->set_canceller(this);
  op.state()->owner_data = static_cast<std::uintptr_t>(number);
  questions_.emplace(number, std::move(q));
  // It is asked for already, and ends like any other.
  if (auto ok = guarded([&] { ask(number, payload->bytes(), timeout); }); !ok) {
    end(number, std::unexpected(std::move(ok).error()));
  }
  return op;
}

void redis_calls::ask(std::uint64_t number, byte_view payload, duration timeout) {
  question& q = *questions_.at(number);
  if (timeout > duration::zero()) core_.home().set_timer(q, core_.home().now() + timeout);
  const std::string sent =
      to_bytes(redis_request{.reply_to = reply_channel_,
                             .number = number,
                             .patience = std::chrono::ceil<std::chrono::milliseconds>(timeout),
                             .payload = payload});
  core_.publish_bytes(redis_request_channel(q.name), as_bytes(sent))
      .then([core = redis_core_ref(core_), number](const result<delivery>& r) {
        core->calls().published(number, r);
      });
}

void redis_calls::published(std::uint64_t number, const result<delivery>& outcome) {
  if (!outcome) return end(number, std::unexpected(outcome.error()));
  if (outcome->receivers != 0) return;
  const auto found = questions_.find(number);
  if (found == questions_.end()) return;
  end(number, fail(resp::errc::no_callee, found->second->name));
}

void redis_calls::hear(const message& m) {
  const auto a = read_redis_answer(m.payload());
  // Late, or nonsense.
  if (!a || !questions_.contains(a->number)) return;
  result<value> outcome;
  const auto ok = guarded([&] {
    outcome = a->error_name.empty()
                  ? decode(a->payload, decode_policy::json_or_text, &json::decode)
                  : std::unexpected(error_of_callee(resp::errc::call_failed, a->error_name,
                                                    as_text(a->payload)));
  });
  end(a->number, ok ? std::move(outcome) : std::unexpected(ok.error()));
}

void redis_calls::end(std::uint64_t number, result<value> outcome) {
  const auto found = questions_.find(number);
  if (found == questions_.end()) return;
  const auto q = std::move(found->second);
  questions_.erase(found);
  core_.record("calls_total", 1, "call", outcome ? "ok" : outcome.error().name());
  q->answer.complete(std::move(outcome));
}

void redis_calls::cancel(operation_base& op) {
  const redis_core_ref keep(core_);
  if (op.owner_data != 0) return end(op.owner_data, fail(errc::cancelled));
  // Of make(): the ear stays for others.
  std::erase_if(waiting_, [&](waiter& w) {
    if (w.done.state() != &op) return false;
    w.done.complete(fail(errc::cancelled));
    return true;
  });
}

void redis_calls::lost(const error& why) {
  while (!questions_.empty()) end(questions_.begin()->first, std::unexpected(why));
}

void redis_calls::shut() noexcept {
  is_granted_ = false;
  lost(error(errc::cancelled));
  for (waiter& w : std::exchange(waiting_, {})) w.done.complete(fail(errc::cancelled));
  ear_.reset();
  for (auto& each : std::exchange(served_, {})) each.first->forget();
}

}  // namespace parley::detail
