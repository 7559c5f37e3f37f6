#include <algorithm>
#include <parley/codecs/resp/server/detail/glob.hpp>
#include <parley/codecs/resp/server/subscriptions.hpp>

namespace parley::resp {

// One message on its way to many.
class subscription_registry::message {
 public:
  message(std::string_view pattern, std::string_view channel, std::string_view payload) noexcept
      : pattern_(pattern), channel_(channel), payload_(payload) {}

  const shared_bytes& encoded(version v) {
    shared_bytes& bytes = v == version::resp3 ? resp3_ : resp2_;
    if (bytes.empty()) bytes = encode(v);
    return bytes;
  }

 private:
  shared_bytes encode(version v) const {
    const std::size_t bound = header_bound + bulk_bound(8) + bulk_bound(pattern_.size()) +
                              bulk_bound(channel_.size()) + bulk_bound(payload_.size());
    std::span<std::byte> storage;
    const shared_bytes all = shared_bytes::allocate(bound, storage);
    std::byte* to = storage.data();
    // A null view is no pattern; an empty one is.
    if (pattern_.data() == nullptr) {
      to = put_bulk(put_aggregate(to, kind::push, 3, v), "message");
    } else {
      to = put_bulk(put_aggregate(to, kind::push, 4, v), "pmessage");
      to = put_bulk(to, pattern_);
    }
    to = put_bulk(put_bulk(to, channel_), payload_);
    return all.slice(0, static_cast<std::size_t>(to - storage.data()));
  }

  std::string_view pattern_;
  std::string_view channel_;
  std::string_view payload_;
  shared_bytes resp2_;
  shared_bytes resp3_;
};

// Takes back what was done of add(), where memory ends in it: a subject without a name could not be
// found again, and a listener whom nobody removes would be told when it is gone.
struct subscription_registry::half_done {
  ~half_done() {
    if (!kept) all.drop(who, from, what);
  }
  subscription_registry& all;
  peer& who;
  table& from;
  subject& what;
  bool kept = false;
};

bool subscription_registry::add(peer& who, subject_kind kind, std::string_view name) {
  peer_extras& extras = who.extras();
  subject_map& own = kind == subject_kind::channel ? extras.channels : extras.patterns;
  if (own.contains(name)) return false;
  table& all = table_of(kind);
  auto at = all.find(name);
  if (at == all.end()) {
    at = all.emplace(std::string(name), subject{.name = std::string(name), .listeners = {}}).first;
  }
  subject& what = at->second;
  half_done begun{*this, who, all, what};
  what.listeners.push_back(&who);
  own.emplace(what.name, &what);
  begun.kept = true;
  return true;
}

bool subscription_registry::remove(peer& who, subject_kind kind, std::string_view name) {
  if (who.find_extras() == nullptr) return false;
  peer_extras& extras = who.extras();
  subject_map& own = kind == subject_kind::channel ? extras.channels : extras.patterns;
  const auto at = own.find(name);
  if (at == own.end()) return false;
  subject& what = *at->second;
  own.erase(at);
  drop(who, table_of(kind), what);
  return true;
}

void subscription_registry::remove_all(peer& who) noexcept {
  if (who.find_extras() == nullptr) return;
  peer_extras& extras = who.extras();
  for (const auto& [name, what] : extras.channels) drop(who, channels_, *what);
  for (const auto& [name, what] : extras.patterns) drop(who, patterns_, *what);
  extras.channels.clear();
  extras.patterns.clear();
}

void subscription_registry::drop(peer& who, table& from, subject& what) noexcept {
  // In order: who came first is served first.
  std::erase(what.listeners, &who);
  if (what.listeners.empty()) from.erase(from.find(what.name));
}

void subscription_registry::deliver(message& m, const subject& to, time_point now) {
  for (peer* const who : to.listeners) {
    const shared_bytes& bytes = m.encoded(who->machine.protocol());
    // Also if it was too much: the machine has ended then, and must be heard.
    who->machine.push(bytes, now);
    who->stirred();
  }
}

std::size_t subscription_registry::publish(std::string_view channel, std::string_view payload,
                                           time_point now) {
  std::size_t receivers = 0;
  if (const auto at = channels_.find(channel); at != channels_.end()) {
    message m({}, channel, payload);
    deliver(m, at->second, now);
    receivers += at->second.listeners.size();
  }
  for (const auto& [pattern, what] : patterns_) {
    if (!glob_match(pattern, channel)) continue;
    message m(pattern, channel, payload);
    deliver(m, what, now);
    receivers += what.listeners.size();
  }
  return receivers;
}

std::size_t subscription_registry::listeners(std::string_view channel) const noexcept {
  const auto at = channels_.find(channel);
  return at == channels_.end() ? 0 : at->second.listeners.size();
}

std::vector<std::string_view> subscription_registry::matching(
    const std::string_view* pattern) const {
  std::vector<std::string_view> names;
  for (const auto& [name, what] : channels_) {
    if (pattern == nullptr || glob_match(*pattern, name)) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace parley::resp
