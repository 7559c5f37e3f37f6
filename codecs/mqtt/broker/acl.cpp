#include <parley/codecs/mqtt/broker/acl.hpp>

#include <optional>
#include <parley/core/api/topics.hpp>
#include <utility>

namespace parley::mqtt {
namespace {

// Takes the first level away. Nothing: there was none.
std::optional<std::string_view> take_level(std::optional<std::string_view>& rest) noexcept {
  if (!rest) return std::nullopt;
  const std::size_t end = rest->find('/');
  const std::string_view level = rest->substr(0, end);
  rest = end == std::string_view::npos ? std::nullopt : std::optional(rest->substr(end + 1));
  return level;
}

bool begins_with_wildcard(std::string_view filter) noexcept {
  return filter.starts_with('+') || filter.starts_with('#');
}

// All that `filter` matches is matched by `pattern`.
bool covers(std::string_view pattern, std::string_view filter) noexcept {
  if (filter.starts_with('$') && begins_with_wildcard(pattern)) return false;
  std::optional<std::string_view> wide = pattern;
  std::optional<std::string_view> narrow = filter;
  for (;;) {
    const auto p = take_level(wide);
    if (p == "#") return true;
    const auto f = take_level(narrow);
    if (!p || !f) return !p && !f;
    if (*f == "#" || (*p != "+" && *p != *f)) return false;
  }
}

// Some topic is matched by both.
bool meet(std::string_view a, std::string_view b) noexcept {
  if (a.starts_with('$') != b.starts_with('$') &&
      (begins_with_wildcard(a) || begins_with_wildcard(b))) {
    return false;
  }
  std::optional<std::string_view> one = a;
  std::optional<std::string_view> other = b;
  for (;;) {
    const auto x = take_level(one);
    const auto y = take_level(other);
    // "a/#" matches "a" as well.
    if (x == "#" || y == "#") return true;
    if (!x || !y) return !x && !y;
    if (*x != "+" && *y != "+" && *x != *y) return false;
  }
}

// The pattern with its names in place; nothing if one of them cannot stand in a level.
std::optional<std::string> filled(std::string_view pattern, std::string_view user,
                                  std::string_view client_id) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view two = pattern.substr(i, 2);
    if (two != "%u" && two != "%c") {
      out += pattern[i];
      continue;
    }
    const std::string_view name = two == "%u" ? user : client_id;
    if (name.empty() || name.find_first_of("/+#") != std::string_view::npos) return std::nullopt;
    out += name;
    ++i;
  }
  return out;
}

bool concerns(const topic_rule& r, topic_access what, std::string_view user) noexcept {
  const auto bits = [](topic_access a) { return static_cast<unsigned>(a); };
  return (bits(r.access) & bits(what)) != 0 && (r.everyone || r.user == user);
}

template <class Permits, class Denies>
bool is_permitted(const std::vector<topic_rule>& rules, topic_access what, std::string_view user,
                  std::string_view client_id, Permits permits, Denies denies) {
  if (rules.empty()) return true;
  bool permitted = false;
  for (const topic_rule& r : rules) {
    if (!concerns(r, what, user) || (permitted && !r.deny)) continue;
    const auto pattern = filled(r.pattern, user, client_id);
    if (!pattern) continue;
    if (r.deny && denies(*pattern)) return false;
    if (!r.deny && permits(*pattern)) permitted = true;
  }
  return permitted;
}

std::string_view take_word(std::string_view& line) noexcept {
  const std::size_t end = line.find_first_of(" \t");
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(word.size(), line.size()));
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return word;
}

// "[read|write|readwrite|deny] FILTER"
bool read_rule(std::string_view rest, topic_rule& out) {
  std::string_view after = rest;
  const std::string_view word = take_word(after);
  const bool is_read = word == "read", is_write = word == "write", is_deny = word == "deny";
  if (!after.empty() && (is_read || is_write || is_deny || word == "readwrite")) {
    if (is_read) out.access = topic_access::read;
    if (is_write) out.access = topic_access::write;
    out.deny = is_deny;
    rest = after;
  }
  out.pattern = rest;
  return is_topic_filter(out.pattern);
}

}  // namespace

result<topic_acl> topic_acl::parse(std::string_view text) {
  std::vector<topic_rule> rules;
  std::string user;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const std::string_view kind = take_word(line);
    if (kind == "user" && !line.empty()) {
      user = line;
      continue;
    }
    topic_rule rule{.user = user, .everyone = kind == "pattern"};
    if ((kind != "topic" && kind != "pattern") || !read_rule(line, rule)) {
      return fail(parley::errc::bad_configuration,
                  "line " + std::to_string(number) +
                      " is none of: user NAME, topic ACCESS FILTER, pattern ACCESS FILTER");
    }
    rules.push_back(std::move(rule));
  }
  return topic_acl(std::move(rules));
}

bool topic_acl::may_publish(std::string_view user, std::string_view client_id,
                            std::string_view topic) const {
  const auto matches = [&](const std::string& pattern) { return topic_matches(pattern, topic); };
  return is_permitted(rules_, topic_access::write, user, client_id, matches, matches);
}

bool topic_acl::may_subscribe(std::string_view user, std::string_view client_id,
                              std::string_view filter) const {
  return is_permitted(
      rules_, topic_access::read, user, client_id,
      [&](const std::string& pattern) { return covers(pattern, filter); },
      [&](const std::string& pattern) { return meet(pattern, filter); });
}

}  // namespace parley::mqtt
