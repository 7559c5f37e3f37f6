// One maintained connection of a redis_provider: connects, logs in, notices the
// end, backs off and connects again. What travels on it is its owner's business.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/codecs/resp/client.hpp>
#include <parley/codecs/resp/redis_config.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/loop/connector.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/machine/stack.hpp>
#include <parley/core/net/back_off.hpp>

namespace parley::detail {

class redis_link;

// What a link tells its owner. Called from inside a drain: `message` may call
// user code, and must bear that the link is shut during it.
class redis_link_owner {
 public:
  virtual void link_up(redis_link& link) = 0;
  // Everything that was sent and not answered is lost. `final`: the link gave
  // up, because another try would fail the same way.
  virtual void link_down(redis_link& link, const error& why, bool final) = 0;
  virtual void link_reply(redis_link& link, const resp::reply_event& reply) = 0;
  virtual void link_expired(redis_link& link, std::uint64_t tag) = 0;
  virtual void link_message(redis_link& link, const resp::message_event& message) = 0;
  virtual void link_confirmed(redis_link& link, const resp::confirmed& what) = 0;

 protected:
  ~redis_link_owner() = default;
};

// The driver of one connection. Lives until the loop has released it, longer
// than its link if need be.
class redis_session final : public machine_driver<stack<resp::client>, redis_session> {
 public:
  redis_session(redis_link& link, loop& home, resp::client_config config, layer_ptr tls);

  resp::client& client() noexcept { return machine_.top(); }
  void attach(connection& c) noexcept { connection_ = &c; }
  void wake() { connection_->wake(); }
  // The link wants to hear no more; the connection ends.
  void abandon() noexcept;

  void on_event(resp::client::event& event, time_point now);
  void released() override;

 private:
  redis_link* link_;
  loop& loop_;
  connection* connection_ = nullptr;
};

class redis_link final : private connector_owner, private timer {
 public:
  // `component` is what the observer calls it; static.
  redis_link(loop& home, redis_link_owner& owner, const redis_config& config,
             std::string_view component);
  ~redis_link() { stop(); }

  // Connects, unless it does so or is connected. Forgets an earlier final failure.
  void start();
  // Drops the connection without a report.
  void stop() noexcept;

  bool is_up() const noexcept { return state_ == provider_state::up; }
  // The server has accepted the connection; TLS and the login may still be under way.
  bool is_connected() const noexcept { return session_ != nullptr; }
  provider_state state() const noexcept { return state_; }
  const std::optional<error>& last_error() const noexcept { return last_error_; }
  std::uint64_t connects() const noexcept { return connects_; }
  // The machine; only while is_up(). After a command call wake().
  resp::client& client() noexcept { return session_->client(); }
  void wake() { session_->wake(); }

 private:
  friend redis_session;

  void connected(connection& c, time_point now) override;
  void connect_failed(const error& why) override;
  void fired(time_point now) override;  // the pause is over

  void on_opened(time_point now);
  void on_failed(const error& why, time_point now);
  void enter(provider_state next, const error* why);
  void connect();
  result<layer_ptr> make_tls();

  loop& loop_;
  redis_link_owner& owner_;
  const redis_config& config_;
  std::string_view component_;
  connector connector_;
  back_off back_off_;
  redis_session* session_ = nullptr;
  layer_ptr tls_;  // made before the connection, used with it
  std::optional<error> last_error_;
  std::uint64_t connects_ = 0;
  std::uint32_t attempts_ = 0;
  provider_state state_ = provider_state::idle;
};

}  // namespace parley::detail
