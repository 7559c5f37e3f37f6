// The connection of one client, or of several that share it: tells all of them what comes, and the
// server nothing twice.
#pragma once

#include <memory>
#include <parley/codecs/websocket/provider/link.hpp>
#include <parley/core/api/observer.hpp>
#include <string_view>
#include <vector>

namespace parley::detail {

class websocket_client_core;

class websocket_shared_link final : public std::enable_shared_from_this<websocket_shared_link>,
                                    private websocket_link_owner,
                                    private observer {
 public:
  // The one that config.share knows for such a configuration, or a new one.
  static std::shared_ptr<websocket_shared_link> of(loop& home, const websocket_config& config,
                                                   const uri& where);
  websocket_shared_link(loop& home, const websocket_config& config, const uri& where);

  websocket_link& link() noexcept { return link_; }
  const websocket_link& link() const noexcept { return link_; }

  // From now on it is told what happens. One that enters twice is there once.
  void enter(websocket_client_core& who);
  // The last one takes the connection with it: without a word, or with a farewell, which `done`
  // is told the end of.
  void leave(websocket_client_core& who) noexcept;
  void leave(websocket_client_core& who, completer<void> done);
  bool has_users() const noexcept { return !users_.empty(); }
  bool has_others(const websocket_client_core& than) const noexcept;

  // Questions of all have numbers of their own.
  std::uint64_t next_id() noexcept { return ++last_id_; }
  // Whether another client listens with this filter, so that the server must go on sending.
  bool is_heard(std::string_view filter, const websocket_client_core& except) const;

  // Nobody reads on until each that has held lets go.
  void hold(websocket_client_core& who);
  void let_go(const websocket_client_core& who) noexcept;

 private:
  friend websocket_connections;
  struct user {
    websocket_client_core* core;
    bool holds = false;
  };

  void link_up() override;
  void link_down(const error& why, bool final) override;
  void link_message(const websocket::message_event& message) override;
  void link_writable() override {}

  void log(log_level level, std::string_view component, std::string_view text) override;
  void record(const metric& m) override;
  void state_changed(std::string_view component, provider_state now, const error* why) override;

  bool is_same(const loop& home, const websocket_config& config, const uri& where) const;
  void remove(const websocket_client_core& who) noexcept;
  template <class Tell>
  void tell_all(Tell tell);
  template <class Tell>
  void tell_observers(Tell tell);

  loop& loop_;
  websocket_config config_;
  uri where_;
  websocket_link link_;
  std::vector<user> users_;
  std::uint64_t last_id_ = 0;
};

}  // namespace parley::detail
