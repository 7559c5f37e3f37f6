// One maintained connection of a redis_provider (kept_link). What travels on it is its owner's
// business.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/codecs/resp/client.hpp>
#include <parley/codecs/resp/redis_config.hpp>
#include <parley/core/api/kept_link.hpp>
#include <parley/core/machine/stack.hpp>

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

class redis_link final : public kept_link {
 public:
  // `component` is what the observer calls it; static.
  redis_link(loop& home, redis_link_owner& owner, const redis_config& config,
             std::string_view component);
  ~redis_link() { stop(); }

  // The server has accepted the connection; TLS and the login may still be under way.
  bool is_connected() const noexcept { return session_ != nullptr; }
  // The machine; only while is_up(). After a command call wake().
  resp::client& client() noexcept { return session_->client(); }
  void wake() { session_->wake(); }

 private:
  friend redis_session;

  link_settings settings() const override;
  void begin_session(connection& c, layer_ptr tls, time_point now) override;
  void drop_session() noexcept override;
  void link_up() override { owner_.link_up(*this); }
  void link_down(const error& why, bool final) override { owner_.link_down(*this, why, final); }
  bool may_pass(const error& why) const override;

  redis_link_owner& owner_;
  const redis_config& config_;
  tls_settings tls_;
  std::string_view component_;
  redis_session* session_ = nullptr;
};

}  // namespace parley::detail
