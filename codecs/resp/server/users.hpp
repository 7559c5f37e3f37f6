// Who may use a server, and what they may do there: a small part of Redis' ACL.
#pragma once

#include <parley/core/net/secret.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::resp {

// Empty lists allow everything.
struct server_user {
  std::string name;
  secret password{};
  bool needs_password = true;  // false: every password is right, as `nopass`
  bool is_enabled = true;
  std::vector<std::string> commands{};  // in small letters: "get", "set"
  std::vector<std::string> keys{};      // patterns: "cache:*"
  std::vector<std::string> channels{};

  // False: it may do everything.
  bool is_restricted() const noexcept {
    return !commands.empty() || !keys.empty() || !channels.empty();
  }
  bool may_run(std::string_view command) const noexcept;
  bool may_use_key(std::string_view key) const noexcept;
  // A pattern to subscribe to must stand in `channels` as it is.
  bool may_use_channel(std::string_view channel, bool is_pattern) const noexcept;
};

// The users of a server. There is always one named "default", whom clients are until
// they say otherwise.
class user_list {
 public:
  // With an empty password the default user needs none. A user named "default" in
  // `others` replaces that one.
  user_list(std::string_view password, std::span<const server_user> others);

  const server_user& standard() const noexcept { return users_.front(); }
  // Null: no such user, it is disabled, or the password is wrong; nobody is told which.
  const server_user* authenticate(std::string_view name, std::string_view password) const noexcept;
  bool contains(std::string_view name) const noexcept;
  // The password of the default user; empty: none is needed.
  void set_password(std::string_view password);

 private:
  // Never grows after the constructor: clients point into it.
  std::vector<server_user> users_;
};

}  // namespace parley::resp
