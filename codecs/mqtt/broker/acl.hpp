// Which topics a client may publish and subscribe to (S147).
//
//   auto acl = mqtt::topic_acl::parse("user sensor\ntopic write plant/#\n"
//                                     "pattern readwrite device/%c/#\n");
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::mqtt {

enum class topic_access : std::uint8_t { read = 1, write = 2, read_write = 3 };

// One rule. In the pattern "%u" is the user's name and "%c" the client identifier; a name that has
// a separator or a wildcard itself matches no pattern that asks for it, so that nobody widens a
// rule by choosing one.
struct topic_rule {
  std::string user{};     // who is meant, by name
  bool everyone = false;  // instead: all, with or without a name
  topic_access access = topic_access::read_write;
  bool deny = false;      // forbids; counts more than what permits
  std::string pattern{};  // a topic filter
};

// Without rules everything is permitted; with rules, what one of them permits and none denies. A
// client that goes on with a session loses what its user may not read, or may no more.
class topic_acl {
 public:
  topic_acl() = default;
  explicit topic_acl(std::vector<topic_rule> rules) : rules_(std::move(rules)) {}

  // The lines of a file: "user NAME" begins the rules of that user, before it they are of clients
  // without a name; "topic [read|write|readwrite|deny] FILTER"; "pattern ..." the same for
  // everyone, with %u and %c; '#' begins a comment. Errors: bad_configuration with the line.
  static result<topic_acl> parse(std::string_view text);

  bool empty() const noexcept { return rules_.empty(); }
  const std::vector<topic_rule>& rules() const noexcept { return rules_; }

  bool may_publish(std::string_view user, std::string_view client_id, std::string_view topic) const;
  // Whether all that the filter could match may be read. Shared subscriptions: their filter.
  bool may_subscribe(std::string_view user, std::string_view client_id,
                     std::string_view filter) const;

 private:
  std::vector<topic_rule> rules_;
};

}  // namespace parley::mqtt
