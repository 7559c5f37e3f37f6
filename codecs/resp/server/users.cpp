#include <algorithm>
#include <parley/codecs/resp/server/detail/glob.hpp>
#include <parley/codecs/resp/server/users.hpp>

namespace parley::resp {
namespace {

// Takes the same time wherever the first difference is, so that a password cannot be
// found letter by letter.
bool same_secret(std::string_view a, std::string_view b) noexcept {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned char>(a[i] ^ other);
  }
  return difference == 0;
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) noexcept {
  return patterns.empty() || std::ranges::any_of(patterns, [&](const std::string& pattern) {
           return glob_match(pattern, text);
         });
}

}  // namespace

bool server_user::may_run(std::string_view command) const noexcept {
  return commands.empty() || std::ranges::find(commands, command) != commands.end();
}

bool server_user::may_use_key(std::string_view key) const noexcept {
  return any_matches(keys, key);
}

bool server_user::may_use_channel(std::string_view channel, bool is_pattern) const noexcept {
  if (!is_pattern || channels.empty()) return any_matches(channels, channel);
  return std::ranges::find(channels, channel) != channels.end();
}

user_list::user_list(std::string_view password, std::span<const server_user> others) {
  users_.reserve(others.size() + 1);
  server_user& standard = users_.emplace_back();
  standard.name = "default";
  set_password(password);
  for (const server_user& user : others) {
    if (user.name == standard.name) {
      users_.front() = user;
    } else {
      users_.push_back(user);
    }
  }
}

const server_user* user_list::authenticate(std::string_view name,
                                           std::string_view password) const noexcept {
  const auto user = std::ranges::find(users_, name, &server_user::name);
  if (user == users_.end() || !user->is_enabled) return nullptr;
  if (user->needs_password && !same_secret(password, user->password.reveal())) return nullptr;
  return &*user;
}

bool user_list::contains(std::string_view name) const noexcept {
  return std::ranges::find(users_, name, &server_user::name) != users_.end();
}

void user_list::set_password(std::string_view password) {
  users_.front().password = secret(std::string(password));
  users_.front().needs_password = !password.empty();
}

}  // namespace parley::resp
