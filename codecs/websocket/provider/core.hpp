// The state behind a websocket_provider. Lives on the heap and is reference counted, so that the
// provider may be destroyed at any moment, also inside its own callbacks.
#pragma once

#include <memory>
#include <optional>
#include <parley/codecs/websocket/envelope.hpp>
#include <parley/codecs/websocket/frame.hpp>
#include <parley/codecs/websocket/websocket_provider.hpp>
#include <parley/core/api/asked_listeners.hpp>
#include <parley/core/api/inbox.hpp>
#include <parley/core/async/operation.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

class websocket_speaker;

class websocket_core : public fault_sink,
                       public remote_sink,
                       public inbox_port,
                       public asked_listeners<websocket_speaker> {
 public:
  // By config.is_server; with one reference.
  static websocket_core* make(loop& home, websocket_config config);

  void retain() noexcept override { ++references_; }
  void release() noexcept override {
    if (--references_ == 0) delete this;
  }

  loop& home() noexcept { return loop_; }
  const websocket_config& config() const noexcept { return config_; }
  bool is_ready() const noexcept { return initialized_; }
  // Why nothing can be done now.
  error not_ready() const override;

  virtual operation<void> initialize() = 0;
  virtual operation<void> close() = 0;
  // Ends everything with errc::cancelled; nothing refers to the user's objects afterwards.
  virtual void shut() noexcept;
  virtual provider_status status() const = 0;
  virtual websocket_counts counts() const { return {}; }
  virtual std::optional<address> local_address() const { return std::nullopt; }
  virtual void admit_with(websocket_admission) {}
  virtual std::shared_ptr<upgrade_target> upgrades() { return nullptr; }
  remote remote_handle();

  operation<speaker> open_speaker(std::string_view name, message_callback on_message,
                                  speaker_options options);
  operation<delivery> publish(std::string_view name, const value& v);
  operation<delivery> publish(std::string_view name, websocket::opcode type, byte_view payload);

  operation<inbox> open_inbox(std::string_view name, speaker_options options);

  virtual operation<callable> make_callable(std::string_view name) = 0;
  virtual operation<callable> serve(std::string_view name, call_handler handler) = 0;

  void callback_failed(const error& why) override;

 protected:
  websocket_core(loop& home, websocket_config config);
  virtual ~websocket_core() = default;

  // Sends it to whom it concerns.
  virtual result<delivery> send(std::string_view name, websocket::opcode type,
                                byte_view payload) = 0;
  duration patience() const final { return config_.call_timeout; }

  // Gives a message to the speakers whose filter matches; without a name to all.
  void deliver(std::optional<std::string_view> name, byte_view payload);

  loop& loop_;
  websocket_config config_;
  remote_port remote_;
  bool initialized_ = false;

 private:
  operation<delivery> shout_for_remote(std::string_view name, const value& v) override;

  std::uint32_t references_ = 1;
};

// An operation that has ended already; what its callback throws is reported too.
template <class T>
operation<T> ended(websocket_core& core, result<T> r) {
  auto op = operation<T>::finished(core.home(), std::move(r));
  op.state()->set_fault_sink(&core);
  return op;
}

// Keeps a core alive while it calls users, who may destroy the provider.
class websocket_core_ref {
 public:
  explicit websocket_core_ref(websocket_core& core) noexcept : core_(core) { core_.retain(); }
  websocket_core_ref(const websocket_core_ref&) = delete;
  websocket_core_ref& operator=(const websocket_core_ref&) = delete;
  ~websocket_core_ref() { core_.release(); }

 private:
  websocket_core& core_;
};

}  // namespace parley::detail
