// The state behind a grpc_provider. Lives on the heap and is reference counted, so that the
// provider may be destroyed at any moment, also inside its own callbacks. Belongs to the loop's
// thread; what gRPC's threads touch is the port and the calls.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>
#include <parley/adapters/grpc/grpc_port.hpp>
#include <parley/adapters/grpc/grpc_provider.hpp>
#include <parley/core/api/asked_listeners.hpp>
#include <parley/core/async/operation.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

class grpc_speaker;

// A hundred years: what is to take "for ever" by its number, and is added to a time all the same.
constexpr duration grpc_longest = std::chrono::hours(24 * 365 * 100);

// What a callable or a stream may be called.
result<void> check_name(std::string_view name);

class grpc_core : public fault_sink, public asked_listeners<grpc_speaker> {
 public:
  // By config.is_server; with one reference.
  static grpc_core* make(loop& home, grpc_config config);

  void retain() noexcept override { ++references_; }
  void release() noexcept override {
    if (--references_ == 0) delete this;
  }

  loop& home() noexcept { return loop_; }
  const grpc_config& config() const noexcept { return config_; }
  // Between initialize() and close().
  bool is_ready() const noexcept { return port_ != nullptr && is_up_; }
  error not_ready() const override;
  const std::shared_ptr<grpc_port>& port() const noexcept { return port_; }

  virtual operation<void> initialize() = 0;
  virtual operation<void> close() = 0;
  // Ends everything with errc::cancelled; nothing refers to the user's objects afterwards, and no
  // thread of gRPC to this.
  virtual void shut() noexcept;
  provider_status status() const;

  // --- channels
  operation<speaker> open_speaker(std::string_view name, message_callback on_message,
                                  speaker_options options);
  operation<delivery> publish(std::string_view name, const value& v);
  virtual operation<delivery> publish(std::string_view name, byte_view payload) = 0;

  // --- a server
  virtual result<void> serve(std::string_view name, grpc_handler handler);
  virtual operation<callable> serve(std::string_view name, call_handler handler);
  virtual result<void> serve_stream(std::string_view name, grpc_stream_handler handler);
  virtual std::optional<address> local_address() const { return std::nullopt; }
  virtual void set_healthy(bool) {}
  virtual result<void> add_service(::grpc::Service& service);

  // --- a client
  virtual operation<callable> make_callable(std::string_view name);
  virtual operation<grpc_reply> call(std::string_view name, grpc_message request,
                                     const grpc_call_options& options);
  // The same for a value alone.
  virtual void call_value(std::string_view name, const value& request,
                          const grpc_call_options& options, completer<value> done);
  virtual result<grpc_stream> open(std::string_view name, grpc_kind kind, grpc_message first,
                                   const grpc_call_options& options);
  virtual result<std::shared_ptr<::grpc::Channel>> channel() const;
  // Deadline, metadata and waiting of one call.
  virtual void prepare(::grpc::ClientContext&, const grpc_call_options&, bool) {}

  void callback_failed(const error& why) override;
  void record(std::string_view operation, const error* why) const;

 protected:
  grpc_core(loop& home, grpc_config config)
      : asked_listeners(home), loop_(home), config_(std::move(config)) {}
  virtual ~grpc_core() = default;

  void enter(provider_state next, const error* why = nullptr);
  duration patience() const final { return config_.call_timeout; }
  // Gives a message to the speakers whose filter matches.
  void deliver(std::string_view topic, byte_view payload);
  // Whether it may be published.
  result<void> check(std::string_view topic, byte_view payload) const;

  loop& loop_;
  grpc_config config_;
  std::shared_ptr<grpc_port> port_;  // from initialize() to close()
  std::optional<error> last_error_;
  std::uint64_t connects_ = 0;
  provider_state state_ = provider_state::idle;
  bool is_up_ = false;

 private:
  std::uint32_t references_ = 1;
};

// An operation that has ended already; what its callback throws is reported too.
template <class T>
operation<T> ended(grpc_core& core, result<T> r) {
  auto op = operation<T>::finished(core.home(), std::move(r));
  op.state()->set_fault_sink(&core);
  return op;
}

// Keeps a core alive while it calls users, who may destroy the provider.
class grpc_core_ref {
 public:
  explicit grpc_core_ref(grpc_core& core) noexcept : core_(core) { core_.retain(); }
  grpc_core_ref(const grpc_core_ref& other) noexcept : grpc_core_ref(other.core_) {}
  grpc_core_ref& operator=(const grpc_core_ref&) = delete;
  ~grpc_core_ref() { core_.release(); }

 private:
  grpc_core& core_;
};

}  // namespace parley::detail
