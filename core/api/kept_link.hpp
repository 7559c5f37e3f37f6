// One maintained connection of a provider, whatever its protocol: connects, notices the end, backs
// off and connects again. What travels on it is the business of who derives from it.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/loop/connector.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/net/back_off.hpp>
#include <parley/core/net/endpoint.hpp>
#include <string_view>

namespace parley {

// Where and how to connect. Read at each attempt.
struct link_settings {
  endpoint where;
  duration connect_timeout{};
  back_off_config reconnect{};
  // Null: without TLS. `host` is the name that the server must prove.
  const tls_settings* tls = nullptr;
  std::string_view host{};
  transports* with = nullptr;
  observer* watch = nullptr;
  std::string_view component{};  // what the observer calls it; static
};

class kept_link : private connector_owner, private timer {
 public:
  // Connects, unless it does so or is connected. Forgets an earlier final failure.
  void start();
  // Drops the connection without a report.
  void stop() noexcept;

  bool is_up() const noexcept { return state_ == provider_state::up; }
  provider_state state() const noexcept { return state_; }
  const std::optional<error>& last_error() const noexcept { return last_error_; }
  // Handshakes completed.
  std::uint64_t connects() const noexcept { return connects_; }

 protected:
  explicit kept_link(loop& home) noexcept : loop_(home), connector_(home, *this) {}
  ~kept_link() = default;  // who derives calls stop() first
  kept_link(const kept_link&) = delete;
  kept_link& operator=(const kept_link&) = delete;

  // --- implemented by the protocol's link
  virtual link_settings settings() const = 0;
  // Before each attempt: what can fail without a network, such as layers of its own. Its error is
  // that of the attempt.
  virtual result<void> prepare_attempt() { return {}; }
  // A driver for the connection, rebound to it and started. The layer is null without TLS.
  virtual void begin_session(connection& c, layer_ptr tls, time_point now) = 0;
  // It is to hear no more, and its connection to end; also when there is none.
  virtual void drop_session() noexcept = 0;
  // The protocol's handshake is done.
  virtual void link_up() = 0;
  // The connection or an attempt has failed, and no session is left. `final`: there will be no
  // other try, as it would fail the same way. The last act: this may be destroyed by it.
  virtual void link_down(const error& why, bool final) = 0;
  // Whether a failure that looks final may pass, at a server that was right before: a proxy's error
  // page, or a certificate that is being renewed.
  virtual bool may_pass(const error& why) const { return why.info().domain == "tls"; }

  // --- called by the protocol's session
  void session_opened(time_point now);
  void session_failed(const error& why, time_point now);

  loop& home() noexcept { return loop_; }

 private:
  void connected(connection& c, time_point now) override;
  void connect_failed(const error& why) override;
  void fired(time_point now) override;  // the pause is over
  void enter(provider_state next, const error* why);
  void connect();
  result<layer_ptr> make_tls(const link_settings& s);

  loop& loop_;
  connector connector_;
  back_off back_off_{{}};
  layer_ptr tls_;  // made before the connection, used with it
  std::optional<error> last_error_;
  std::uint64_t connects_ = 0;
  std::uint32_t attempts_ = 0;
  provider_state state_ = provider_state::idle;
};

}  // namespace parley
