// The state behind an mqtt_provider. Lives on the heap and is reference counted, so that the
// provider may be destroyed at any moment, also inside its own callbacks.
#pragma once

#include <optional>
#include <parley/codecs/mqtt/mqtt_link.hpp>
#include <parley/codecs/mqtt/mqtt_provider.hpp>
#include <parley/codecs/mqtt/provider/calls.hpp>
#include <parley/codecs/mqtt/provider/publishes.hpp>
#include <parley/codecs/mqtt/provider/subscriptions.hpp>
#include <parley/codecs/mqtt/provider/unclaimed.hpp>
#include <parley/core/api/inbox.hpp>
#include <parley/core/async/operation.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::detail {

class mqtt_served;

class mqtt_core final : private mqtt_link_owner,
                        private mqtt_subscriptions_owner,
                        public canceller,
                        public fault_sink,
                        public remote_sink,
                        public inbox_port {
 public:
  // How a message is published.
  struct manner {
    mqtt::qos qos = mqtt::qos::at_most_once;
    bool retain = false;
    mqtt::properties props{};
  };

  mqtt_core(loop& home, mqtt_config config, mqtt_provider_limits limits);

  void retain() noexcept override { ++references_; }
  void release() noexcept override {
    if (--references_ == 0) delete this;
  }

  loop& home() noexcept { return loop_; }
  const mqtt_config& config() const noexcept { return config_; }
  const mqtt_provider_limits& limits() const noexcept { return limits_; }
  mqtt_link& link() noexcept { return link_; }
  const mqtt_link& link() const noexcept { return link_; }
  mqtt_subscriptions& subscriptions() noexcept { return subscriptions_; }
  mqtt_calls& calls() noexcept { return calls_; }
  const mqtt::message_event* delivering() const noexcept { return delivering_; }
  bool is_ready() const noexcept { return initialized_; }
  // Why nothing can be done now.
  error not_ready() const;
  provider_status status();
  // For other threads; made with the first call.
  remote remote_handle();

  operation<void> initialize();
  operation<void> close();
  // Ends everything with errc::cancelled; nothing refers to the user's objects afterwards.
  void shut() noexcept;

  operation<speaker> open_speaker(std::string_view name, message_callback on_message,
                                  const mqtt_speaker_options& options);
  operation<inbox> open_inbox(std::string_view name, const mqtt_speaker_options& options);
  // Until the provider ends, whatever becomes of the handle.
  operation<callable> serve(std::string_view name, call_handler handler);
  void drop_served(const mqtt_served& who) noexcept;

  operation<delivery> publish(std::string_view topic, const value& v, const manner& how);
  operation<delivery> publish_bytes(std::string_view topic, byte_view payload, const manner& how);
  // A request: the call of this number is told how it went. Gives the publish's own, 0 if it is
  // over.
  result<std::uint64_t> publish_request(std::string_view topic, byte_view payload,
                                        const manner& how, std::uint64_t call);
  // A reply, of which nobody waits to hear.
  void publish_reply(std::string_view topic, byte_view payload, const manner& how);

  // Of a shout, or of what waits for the server's grant.
  void cancel(operation_base& op) override;
  void callback_failed(const error& why) override;
  void log(log_level level, std::string_view text);
  void record(std::string_view name, double value, std::string_view what, std::string_view status);

 private:
  // initialize() has waited long enough.
  struct patience final : timer {
    explicit patience(mqtt_core& of) noexcept : owner(of) {}
    void fired(time_point) override { owner.lose_patience(); }
    mqtt_core& owner;
  };
  // So has the oldest message without a listener.
  struct grace final : timer {
    explicit grace(mqtt_core& of) noexcept : owner(of) {}
    void fired(time_point) override { owner.give_up_unclaimed(); }
    mqtt_core& owner;
  };

  ~mqtt_core() = default;

  void link_up(mqtt_link& link, const mqtt::opened& how) override;
  void link_down(mqtt_link& link, const error& why, bool final) override;
  void link_event(mqtt_link& link, const mqtt::event& event) override;
  void filter_granted(std::string_view filter) override;
  void filter_refused(std::string_view filter, const error& why) override;
  operation<delivery> shout_for_remote(std::string_view name, const value& v) override;
  void hold_sender() override { link_.hold(); }
  void inboxes_full(bool any) override {
    if (!any) link_.go_on();
  }

  void lose_patience();
  void settle_initialize(const result<void>& outcome);
  void end_all(const error& why);
  result<mqtt::publish_receipt> send(std::string_view topic, byte_view payload, const manner& how);
  void ended_publish(const mqtt::publish_event& told);
  void finish(mqtt_publishes::ended e, result<delivery> outcome);
  void take(const mqtt::message_event& m);
  mqtt_subscriptions::outcome deliver(const mqtt::message_event& m);
  void acknowledge(std::uint64_t handle, std::uint64_t connection);
  void give_up_unclaimed();
  void arm_grace();

  loop& loop_;
  mqtt_config config_;
  mqtt_provider_limits limits_;
  mqtt_link link_;
  mqtt_subscriptions subscriptions_;
  mqtt_publishes publishes_;
  mqtt_unclaimed unclaimed_;
  mqtt_calls calls_;
  patience patience_{*this};
  grace grace_{*this};
  remote_port remote_;
  std::vector<completer<void>> initializing_;
  std::vector<completer<void>> closing_;
  std::vector<std::pair<mqtt_served*, callable>> served_;
  const mqtt::message_event* delivering_ = nullptr;
  time_point down_since_{};
  std::uint32_t references_ = 1;
  bool initialized_ = false;
};

// An operation that has ended already; what its callback throws is reported too.
template <class T>
operation<T> ended(mqtt_core& core, result<T> r) {
  auto op = operation<T>::finished(core.home(), std::move(r));
  op.state()->set_fault_sink(&core);
  return op;
}

// Keeps a core alive while it calls users, who may destroy the provider, and in operations of
// several steps.
class mqtt_core_ref {
 public:
  explicit mqtt_core_ref(mqtt_core& core) noexcept : core_(&core) { core_->retain(); }
  mqtt_core_ref(mqtt_core_ref&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  mqtt_core_ref& operator=(mqtt_core_ref) = delete;
  ~mqtt_core_ref() {
    if (core_) core_->release();
  }
  mqtt_core* operator->() const noexcept { return core_; }

 private:
  mqtt_core* core_;
};

}  // namespace parley::detail
