// One maintained connection of a websocket_provider that is a client (kept_link). What travels on
// it is its owner's business.
#pragma once

#include <memory>
#include <parley/codecs/websocket/client.hpp>
#include <parley/codecs/websocket/websocket_config.hpp>
#include <parley/core/api/kept_link.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/machine/stack.hpp>
#include <string>
#include <vector>

namespace parley::detail {

class websocket_link;

// What a link tells its owner, from inside a drain: `link_message` may call user code, and must
// bear that the link is stopped during it.
class websocket_link_owner {
 public:
  virtual void link_up() = 0;
  // What was sent may not have arrived. `final`: another try would fail the same way.
  virtual void link_down(const error& why, bool final) = 0;
  virtual void link_message(const websocket::message_event& message) = 0;
  // Output has fallen below its mark: what waits may follow.
  virtual void link_writable() = 0;

 protected:
  ~websocket_link_owner() = default;
};

// What the handshakes of a link ask with. Shared with sessions, which may outlive it.
struct websocket_wish {
  explicit websocket_wish(const websocket_config& config, const uri& where);

  // Texts that `settings` shows.
  std::string origin, authorization, host, target;
  std::vector<std::pair<std::string, std::string>> given;
  std::vector<http::header> headers;
  std::vector<std::string_view> subprotocols;
  websocket::client_settings settings;
};

// The driver of one connection. Lives until the loop has released it, longer than its link if need
// be.
class websocket_link_session final
    : public machine_driver<stack<websocket::client>, websocket_link_session> {
 public:
  websocket_link_session(websocket_link& link, loop& home,
                         std::shared_ptr<const websocket_wish> wish, connection& c, layer_ptr tls);

  websocket::client& client() noexcept { return machine_.top(); }
  void wake() { connection_.wake(); }
  // The link wants to hear no more; the connection ends.
  void abandon() noexcept;
  // The machine has come to its end, and only says farewell yet.
  bool is_ending() const noexcept { return ending_; }

  void on_event(websocket::event& event, time_point now);
  void released() override;

 private:
  websocket_link* link_;
  loop& loop_;
  connection& connection_;
  std::shared_ptr<const websocket_wish> wish_;
  bool ending_ = false;
};

class websocket_link final : public kept_link {
 public:
  // The URI was read before. Config and owner are borrowed.
  websocket_link(loop& home, websocket_link_owner& owner, const websocket_config& config,
                 const uri& where);
  ~websocket_link() { stop(); }
  void stop() noexcept;
  // Says farewell; ends when the server has as well, or with the machine's own deadlines. Its owner
  // hears nothing more.
  void close(completer<void> done);
  bool is_closing() const noexcept { return static_cast<bool>(closing_); }

  // The machine; only while is_up(). After a command call wake().
  websocket::client& client() noexcept { return session_->client(); }
  const websocket::client& client() const noexcept { return session_->client(); }
  void wake() { session_->wake(); }

 private:
  friend websocket_link_session;

  link_settings settings() const override;
  void begin_session(connection& c, layer_ptr tls, time_point now) override;
  void drop_session() noexcept override;
  void link_up() override { owner_.link_up(); }
  void link_down(const error& why, bool final) override { owner_.link_down(why, final); }

  websocket_link_owner& owner_;
  const websocket_config& config_;
  std::shared_ptr<const websocket_wish> wish_;
  endpoint where_;
  std::string name_;  // that a certificate must prove
  tls_settings tls_;
  websocket_link_session* session_ = nullptr;
  completer<void> closing_;                    // while the server's farewell is awaited
  websocket_link_session* leaving_ = nullptr;  // the last one, until it has said farewell
  bool is_tls_;
};

// What a close frame of the peer means to who did not ask for it: peer_unavailable if another try
// may succeed, else closed_by_peer, with code and reason.
error closed_error(const websocket::close_event& e);

}  // namespace parley::detail
