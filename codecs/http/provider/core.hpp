// The state behind a rest_provider. Lives on the heap and is reference counted, so that the
// provider may be destroyed at any moment, also inside its own callbacks.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/codecs/http/rest_provider.hpp>
#include <parley/core/async/operation.hpp>
#include <string>
#include <string_view>
#include <variant>

namespace parley::detail {

// Any of the shapes of a handler.
using rest_any_handler = std::variant<rest_handler, rest_task_handler, rest_async_handler>;
using rest_any_before = std::variant<rest_before, rest_before_async>;

class rest_core : public fault_sink {
 public:
  // By config.is_server; with one reference.
  static rest_core* make(loop& home, rest_config config);

  void retain() noexcept override { ++references_; }
  void release() noexcept override {
    if (--references_ == 0) delete this;
  }

  loop& home() noexcept { return loop_; }
  const rest_config& config() const noexcept { return config_; }
  bool is_ready() const noexcept { return initialized_; }
  error not_ready() const;

  virtual operation<void> initialize() = 0;
  virtual operation<void> close() = 0;
  // Ends everything with errc::cancelled; nothing refers to the user's objects afterwards.
  virtual void shut() noexcept;
  virtual provider_status status() const = 0;

  // Without a callback the speaker only speaks, until it is told to listen.
  virtual operation<speaker> open_speaker(std::string_view name, message_callback on_message,
                                          speaker_options options) = 0;

  // --- a client's; errc::not_supported of a server
  virtual operation<callable> make_callable(std::string_view name);
  virtual operation<http_reply> fetch(http_request request);
  virtual operation<rest_download> download(http_request request, std::uint64_t max_body);
  virtual void authorize_with(rest_token_source) {}

  // --- a server's; errc::not_supported of a client
  virtual result<rest_route> route(std::string_view method, std::string_view pattern,
                                   rest_any_handler handler);
  virtual operation<callable> serve(std::string_view name, rest_any_handler handler);
  virtual result<void> upgrade(std::string_view pattern, std::shared_ptr<upgrade_target> to);
  virtual void use(rest_any_before) {}
  virtual void use_after(rest_after) {}
  virtual void log_access_with(rest_access_log) {}
  virtual std::optional<address> local_address() const { return std::nullopt; }
  virtual std::size_t connections() const noexcept { return 0; }

  void callback_failed(const error& why) override;
  void record(std::string_view name, double value, std::string_view operation,
              std::string_view status);

 protected:
  rest_core(loop& home, rest_config config);
  virtual ~rest_core() = default;
  static rest_route route_handle(std::shared_ptr<rest_route_state> state) noexcept {
    return rest_route(std::move(state));
  }

  loop& loop_;
  rest_config config_;
  bool initialized_ = false;

 private:
  std::uint32_t references_ = 1;
};

// An operation that has ended already; what its callback throws is reported too.
template <class T>
operation<T> ended(rest_core& core, result<T> r) {
  auto op = operation<T>::finished(core.home(), std::move(r));
  op.state()->set_fault_sink(&core);
  return op;
}

// Keeps a core alive while it calls users, who may destroy the provider.
class rest_core_ref {
 public:
  explicit rest_core_ref(rest_core& core) noexcept : core_(core) { core_.retain(); }
  rest_core_ref(const rest_core_ref&) = delete;
  rest_core_ref& operator=(const rest_core_ref&) = delete;
  ~rest_core_ref() { core_.release(); }

 private:
  rest_core& core_;
};

}  // namespace parley::detail
