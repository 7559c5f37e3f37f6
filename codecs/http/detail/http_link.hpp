// One connection to one origin, whoever asks there: made when it is wanted, through a proxy and TLS
// where the configuration says so, and told of once it has ended. What is asked, and whether again,
// is its owner's affair.
#pragma once

#include <optional>
#include <parley/codecs/http/detail/http_client_session.hpp>
#include <parley/codecs/http/detail/http_proxy.hpp>
#include <parley/codecs/http/http_client.hpp>
#include <parley/core/loop/connector.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

// Told from inside a drain, but for link_over() of a connection that never came about. Each may
// destroy the link.
class http_link_owner {
 public:
  // TLS and HTTP are up.
  virtual void link_opened() = 0;
  virtual void link_head(const http::response_event& e) = 0;
  virtual void link_body(const http::response_body& e) = 0;
  virtual void link_end(const http::response_end& e) = 0;
  // The link has let go of its connection. `was_used`: it had answered an earlier request.
  virtual void link_unanswered(const http::unanswered& e, bool was_used) = 0;
  // There is no connection any more; `was_open` tells whether there was one.
  virtual void link_over(const error& why, bool was_open) = 0;

 protected:
  ~http_link_owner() = default;
};

class http_link final : private connector_owner, private timer {
 public:
  // Owner and configuration are borrowed; the latter is valid.
  http_link(loop& home, http_link_owner& owner, const http_client_config& config);
  ~http_link();

  // Begins. Errors are those before the first byte: there is no TLS in this build, or a bad file.
  // `round` counts the attempts to reach this origin.
  result<void> connect(std::uint64_t round);
  // Ends it without a report: in good order if nothing is under way.
  void drop() noexcept;

  bool is_connecting() const noexcept {
    return connector_.is_running() || (session_ && !session_->is_open());
  }
  bool is_open() const noexcept { return session_ && session_->is_open(); }
  // It takes a request now.
  bool is_reusable() const noexcept { return is_open() && session_->client().is_reusable(); }

  // Only while it is open. After a command call wake().
  http::client& client() noexcept { return session_->client(); }
  void wake() { session_->wake(); }
  // A whole request; a proxy gets the target with the origin before it. Errors: those of
  // http::client::send().
  result<void> send(std::string_view method, std::string_view target,
                    std::span<const http::header> fields, const shared_bytes& body,
                    std::uint64_t tag);

  // Connections that came about.
  std::uint64_t connects() const noexcept { return connects_; }
  // What Host says by default.
  const std::string& host() const noexcept { return host_; }

  // --- for the session
  void on_opened();
  void on_head(const http::response_event& e) { owner_.link_head(e); }
  void on_body(const http::response_body& e) { owner_.link_body(e); }
  void on_end(const http::response_end& e) { owner_.link_end(e); }
  void on_unanswered(const http::unanswered& e);
  // It is over: `why`, or by the server, between two requests.
  void on_over(const error* why);

 private:
  void connected(connection& c, time_point now) override;
  void connect_failed(const error& why) override;
  void fired(time_point now) override;  // the handshake has taken too long

  result<layer_ptr> make_tls();
  bool is_tunnelled() const noexcept { return proxy_ && config_.ssl; }

  loop& loop_;
  http_link_owner& owner_;
  const http_client_config& config_;
  std::optional<http_proxy> proxy_;
  const std::string host_;
  connector connector_;
  http_client_session* session_ = nullptr;
  layer_ptr tls_;  // made before the connection, used with it
  time_point connecting_until_{};
  std::uint64_t connects_ = 0;
};

// "0.3 s", "30 s": for messages.
std::string seconds_text(duration d);

}  // namespace parley::detail
