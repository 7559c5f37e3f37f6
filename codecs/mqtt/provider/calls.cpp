#include <array>
#include <bit>
#include <parley/codecs/json/json.hpp>
#include <parley/codecs/json/payload.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <parley/codecs/mqtt/provider/call_topics.hpp>
#include <parley/codecs/mqtt/provider/calls.hpp>
#include <parley/codecs/mqtt/provider/core.hpp>
#include <parley/codecs/mqtt/text.hpp>
#include <parley/core/api/named_callable.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {

struct mqtt_calls::question final : timer {
  question(mqtt_calls& at, std::uint64_t n) : calls(at), number(n) {}

  // Nobody has answered in time.
  void fired(time_point) override { calls.end(number, fail(errc::timed_out, name)); }

  mqtt_calls& calls;
  std::uint64_t number;
  std::uint64_t publish = 0;  // of its request
  std::string name;
  completer<value> answer;
};

namespace {

// So that an answer to an earlier process with the same client_id is none to this one.
std::uint64_t first_number(loop& home) {
  std::array<std::byte, 8> bytes{};
  home.random(bytes);
  return (std::bit_cast<std::uint64_t>(bytes) >> 16) + 1;
}

error failure(std::string_view name, std::string_view text) {
  return error_of_callee(mqtt::client_errc::call_failed, name, text);
}

result<value> answer_of(const mqtt::message_event& m, bool is_error) {
  for (const auto& p : m.props.user_properties()) {
    if (p.name == mqtt_error_property) return std::unexpected(failure(p.value, m.text()));
  }
  if (!is_error) return decode(m.payload, decode_policy::json_or_text, &json::decode);
  const std::string_view all = m.text();
  const std::size_t line = all.find('\n');
  const bool has_text = line != std::string_view::npos;
  return std::unexpected(failure(all.substr(0, line), has_text ? all.substr(line + 1) : ""));
}

}  // namespace

mqtt_calls::mqtt_calls(mqtt_core& core) noexcept : core_(core) {}
mqtt_calls::~mqtt_calls() = default;

void mqtt_calls::retain() noexcept { core_.retain(); }
void mqtt_calls::release() noexcept { core_.release(); }

// --- who may call ---------------------------------------------------------------------

operation<callable> mqtt_calls::make(std::string_view name) {
  if (!core_.is_ready()) return ended<callable>(core_, std::unexpected(core_.not_ready()));
  if (!is_topic_name(name) || !mqtt::detail::is_text(name)) {
    return ended<callable>(core_, fail(errc::invalid_argument, "this is no name of a callable"));
  }
  callable made = make_named_callable(
      core_, name,
      [](mqtt_core& core, std::string_view of, const value& request, call_options options) {
        return core.calls().call(of, request, options.timeout);
      });
  if (is_granted_) return ended<callable>(core_, std::move(made));
  completer<callable> done(core_.home());
  auto op = done.op();
  op.state()->set_fault_sink(&core_);
  op.state()->set_canceller(&core_);
  waiting_.push_back({std::move(done), std::move(made)});
  if (std::exchange(is_joined_, true)) return op;
  // Where memory ends in between, nobody would ever end those that wait.
  if (const auto begun = guarded([&] { join(); }); !begun) {
    (void)guarded([&] { core_.subscriptions().leave(prefix_ + "#", *this, false, {}); });
    is_joined_ = false;
    joined(std::unexpected(begun.error()));
  }
  return op;
}

void mqtt_calls::join() {
  if (next_ == 0) next_ = first_number(core_.home());
  prefix_ = mqtt_reply_prefix(core_.link().client_id());
  completer<void> granted(core_.home());
  granted.op().then([core = mqtt_core_ref(core_)](result<void> r) { core->calls().joined(r); });
  core_.subscriptions().join(
      prefix_ + "#", *this,
      {.qos = mqtt::qos::at_least_once, .handling = mqtt::retain_handling::do_not_send},
      std::move(granted));
}

void mqtt_calls::joined(const result<void>& outcome) {
  is_granted_ = is_joined_ && outcome;
  for (waiter& w : std::exchange(waiting_, {})) {
    if (outcome) {
      w.done.complete(std::move(w.made));
    } else {
      w.done.complete(std::unexpected(outcome.error()));
    }
  }
}

void mqtt_calls::forget() noexcept { is_joined_ = is_granted_ = false; }

// --- calls ----------------------------------------------------------------------------

operation<value> mqtt_calls::call(std::string_view name, const value& request, duration timeout) {
  if (!core_.is_ready() || !core_.link().is_up()) {
    return ended<value>(core_, std::unexpected(core_.not_ready()));
  }
  auto payload = json::payload::of(request);
  if (!payload) return ended<value>(core_, std::unexpected(std::move(payload).error()));
  if (timeout == duration::zero()) timeout = core_.limits().call_timeout;
  auto q = std::make_unique<question>(*this, next_++);
  q->name = name;
  q->answer = completer<value>(core_.home());
  auto op = q->answer.op();
  op.state()->set_fault_sink(&core_);
  op.state()->set_canceller(this);
  op.state()->owner_data = static_cast<std::uintptr_t>(q->number);
  if (auto ok = ask(*q, name, payload->bytes(), timeout); !ok) {
    q->answer.complete(std::unexpected(std::move(ok).error()));
    return op;
  }
  if (timeout > duration::zero()) core_.home().set_timer(*q, core_.home().now() + timeout);
  const std::uint64_t number = q->number;
  questions_.emplace(number, std::move(q));
  return op;
}

result<void> mqtt_calls::ask(question& q, std::string_view name, byte_view payload,
                             duration timeout) {
  mqtt_core::manner how{.qos = mqtt::qos::at_least_once};
  if (core_.link().version() != mqtt::version::v5) {
    const std::string topic = mqtt_request_topic(name, core_.link().client_id(), q.number);
    const auto sent = core_.publish_request(topic, payload, how, q.number);
    if (!sent) return std::unexpected(sent.error());
    q.publish = *sent;
    return {};
  }
  const std::string number = std::to_string(q.number);
  const std::string answers = prefix_ + number;
  std::vector<std::byte> room(mqtt::text_property_size(answers.size()) +
                              mqtt::text_property_size(number.size()) +
                              mqtt::number_property_bound);
  mqtt::property_writer w(room, mqtt::property_place::publish, mqtt::role::client);
  w.add(mqtt::property::response_topic, answers);
  w.add(mqtt::property::correlation_data, number);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(timeout).count();
  if (seconds > 0 && seconds < 0xFFFF'FFFF) {
    w.add(mqtt::property::message_expiry_interval, static_cast<std::uint32_t>(seconds));
  }
  const auto props = w.finish();
  if (!props) return std::unexpected(props.error());
  how.props = *props;
  const auto sent = core_.publish_request(name, payload, how, q.number);
  if (!sent) return std::unexpected(sent.error());
  q.publish = *sent;
  return {};
}

void mqtt_calls::published(std::uint64_t number, const result<delivery>& outcome) {
  if (!outcome) return end(number, std::unexpected(outcome.error()));
  if (outcome->receivers != 0) return;
  const auto found = questions_.find(number);
  if (found == questions_.end()) return;
  end(number, fail(mqtt::client_errc::no_callee, found->second->name));
}

void mqtt_calls::hear(const mqtt::message_event& m) {
  if (!m.topic.starts_with(prefix_)) return;
  const auto about = read_mqtt_answer(m.topic.substr(prefix_.size()));
  // Late, of an earlier process, or nonsense.
  if (!about || !questions_.contains(about->number)) return;
  if (const auto data = m.props.bytes(mqtt::property::correlation_data)) {
    if (as_text(*data) != std::to_string(about->number)) return;
  }
  end(about->number, answer_of(m, about->is_error));
}

void mqtt_calls::end(std::uint64_t number, result<value> outcome) {
  const auto found = questions_.find(number);
  if (found == questions_.end()) return;
  const auto q = std::move(found->second);
  questions_.erase(found);
  const std::string_view status = outcome ? "ok" : outcome.error().name();
  core_.record("calls_total", 1, "call", status);
  const bool was_not_answered = !outcome;
  q->answer.complete(std::move(outcome));
  // Nobody waits for it: a request that is still here need not go.
  if (was_not_answered && q->publish != 0 && core_.is_ready()) {
    (void)core_.link().cancel(q->publish);
  }
}

void mqtt_calls::end_all(const error& why) {
  while (!questions_.empty()) end(questions_.begin()->first, std::unexpected(why));
}

void mqtt_calls::cancel(operation_base& op) {
  const mqtt_core_ref keep(core_);
  end(op.owner_data, fail(errc::cancelled));
}

}  // namespace parley::detail
