// From a PUBLISH to the sessions that it is for (sections 3.3 and 4.8).
#include <parley/codecs/mqtt/broker/broker.hpp>

#include <algorithm>
#include <parley/codecs/mqtt/client_errc.hpp>
#include <parley/codecs/mqtt/encoder.hpp>
#include <utility>

namespace parley::mqtt {

bool broker::may_publish(const session_state& s, std::string_view topic) const {
  if (!settings_.acl.may_publish(s.user, s.client_id(), topic)) return false;
  return settings_.policy == nullptr || settings_.policy->may_publish(identity(s), topic);
}

void broker::acknowledge(peer& who, const mqtt::publish& p, reason_code reason, time_point now) {
  // 3.1.1 has no word for a refusal (section 3.3.5): it acknowledges what it throws away.
  if (who.machine.version() != version::v5) reason = reason_code::success;
  if (p.qos == qos::at_least_once) who.machine.send(puback{p.packet_id, reason, {}}, now);
  if (p.qos == qos::exactly_once) who.machine.send(pubrec{p.packet_id, reason, {}}, now);
}

// Counts what it would take at most.
bool broker::has_room(const mqtt::publish& p) {
  const std::size_t cost = message::overhead + p.topic.size() + p.payload.size();
  return pool_.bytes() + cost <= settings_.limits.max_bytes;
}

void broker::take_publish(peer& who, const mqtt::publish& p, time_point now) {
  session_state& s = *who.session;
  ++stats_.received;
  const bool once = p.qos == qos::exactly_once;
  if (once && s.find_inbound(p.packet_id) != nullptr) {
    // Sent again, because our PUBREC was lost.
    return acknowledge(who, p, reason_code::success, now);
  }
  if (!may_publish(s, p.topic)) return acknowledge(who, p, reason_code::not_authorized, now);
  if (!has_room(p)) {
    ++stats_.dropped;
    // 3.1.1 must not be told that it was taken; the client comes again with it.
    if (p.qos != qos::at_most_once && who.machine.version() != version::v5) {
      return who.machine.end(error(reason_code::quota_exceeded), reason_code::quota_exceeded, now);
    }
    return acknowledge(who, p, reason_code::quota_exceeded, now);
  }
  const message_ptr m = pool_.make(p, now);
  const bool stores = once && s.is_stored;
  if (once) s.inbound.push_back({p.packet_id, {}});
  if (stores) {
    // First, as long as nothing says that the message is whole: see broker_store.cpp.
    m->number = next_message_++;
    put_inbound(s, p.packet_id, m->number);
  }
  rejected_ = false;
  const std::size_t told = publish_message(m, &s, now);
  if (stores && m->stored_references > 0) {
    s.inbound.back().stored = m;
    ++m->stored_references;
  } else if (stores) {
    put_inbound(s, p.packet_id, 0);
  }
  if (store_fault_) return;
  const bool is_refused = told == 0 && rejected_;
  reason_code reason = told == 0 ? reason_code::no_matching_subscribers : reason_code::success;
  if (is_refused) reason = reason_code::quota_exceeded;
  if (once && is_refused && who.machine.version() == version::v5) {
    // An error ends the exchange.
    if (stores) erase_inbound(s, p.packet_id);
    s.inbound.pop_back();
  }
  acknowledge(who, p, reason, now);
}

result<void> broker::publish(const mqtt::publish& p, time_point now) {
  mqtt::publish checked = p;
  checked.packet_id = p.qos == qos::at_most_once ? 0 : 1;
  if (p.topic.empty() || p.props.has(property::topic_alias)) {
    return fail(parley::errc::invalid_argument, "a message needs a topic, and has no alias");
  }
  if (auto size = encoder(role::client).size(checked); !size) {
    return std::unexpected(std::move(size).error());
  }
  if (!has_room(p)) return fail(parley::errc::queue_full, "max_bytes of messages are held");
  store_fault_.reset();
  (void)publish_message(pool_.make(p, now), nullptr, now);
  if (store_fault_) return std::unexpected(*std::exchange(store_fault_, std::nullopt));
  return {};
}

// How many sessions got it, or have it waiting.
std::size_t broker::publish_message(const message_ptr& m, session_state* from, time_point now) {
  if (m->retain()) set_retained(m, from, now);
  const std::size_t told = route(m, from, now);
  // Last: its record says that all of its deliveries are there.
  if (m->stored_references > 0) put_message(*m);
  return told;
}

// --- who it is for -------------------------------------------------------------------------------

// One copy for each session, whatever the number of its filters that match: with the highest QoS
// and all identifiers [MQTT-3.3.4-2, MQTT-3.3.4-3].
void broker::match(const message& m, const session_state* from) {
  targets_.clear();
  identifiers_.clear();
  identifiers_.push_back({});
  ++round_;
  index_.match(m.topic(), [&](subscription_state& each, std::string_view) {
    session_state& s = *each.owner;
    if (each.no_local && &s == from) return;
    if (s.round != round_) {
      s.round = round_;
      s.target = static_cast<std::uint32_t>(targets_.size());
      targets_.push_back({&s, 0, qos::at_most_once, false});
    }
    target& t = targets_[s.target];
    t.qos = std::max(t.qos, each.qos);
    t.retain |= each.retain_as_published && m.retain();
    if (each.identifier == 0) return;
    identifiers_.push_back({each.identifier, t.first_identifier});
    t.first_identifier = static_cast<std::uint32_t>(identifiers_.size() - 1);
  });
}

std::span<const std::uint32_t> broker::identifiers_of(const target& t) {
  gathered_.clear();
  for (std::uint32_t at = t.first_identifier; at != 0; at = identifiers_[at].next) {
    gathered_.push_back(identifiers_[at].identifier);
  }
  return gathered_;
}

std::size_t broker::route(const message_ptr& m, const session_state* from, time_point now) {
  match(*m, from);
  std::size_t told = 0;
  for (const target& t : targets_) {
    const routing how{std::min(t.qos, m->qos()), t.retain, 0, identifiers_of(t)};
    if (deliver(*t.to, m, how, now)) ++told;
  }
  return told + share(m, now);
}

// --- shared subscriptions (section 4.8.2) --------------------------------------------------------

std::size_t broker::share(const message_ptr& m, time_point now) {
  if (groups_.empty()) return 0;
  turns_.clear();
  shared_.match(m->topic(), [&](share_group& g, std::string_view) { turns_.push_back(&g); });
  std::size_t told = 0;
  for (share_group* g : turns_) {
    if (share_with(*g, m, now)) ++told;
  }
  return told;
}

// Round robin over those that are connected; else over those that will be again.
bool broker::share_with(share_group& group, const message_ptr& m, time_point now) {
  for (const bool connected : {true, false}) {
    for (std::size_t i = 0; i < group.members.size(); ++i) {
      const std::size_t at = (group.next + i) % group.members.size();
      subscription_state& each = *group.members[at];
      const peer* const p = each.owner->connection;
      if ((p != nullptr && p->machine.is_open()) != connected) continue;
      const std::span<const std::uint32_t> ids(&each.identifier, each.identifier != 0 ? 1 : 0);
      const bool retain = each.retain_as_published && m->retain();
      const routing how{std::min(each.qos, m->qos()), retain, group.id, ids};
      if (!deliver(*each.owner, m, how, now)) continue;
      group.next = at + 1;
      return true;
    }
  }
  return false;
}

// --- retained messages (section 3.3.1.3) ---------------------------------------------------------

void broker::set_retained(const message_ptr& m, const session_state* from, time_point now) {
  const std::string_view topic = m->topic();
  retained_message* const old = retained_.find(topic);
  if (old != nullptr) retained_bytes_ -= old->what->cost();
  if (m->payload().empty()) {
    if (old == nullptr) return;
    (void)retained_.erase(topic);
    if (store_ != nullptr) note(store_->erase(as_bytes("r"), as_bytes(topic)));
    return;
  }
  if (retained_bytes_ + m->cost() > settings_.limits.max_retained) sweep_retained(now);
  if (retained_bytes_ + m->cost() > settings_.limits.max_retained) {
    // The old one would be wrong from now on.
    ++stats_.dropped;
    if (old == nullptr) return;
    (void)retained_.erase(topic);
    if (store_ != nullptr) note(store_->erase(as_bytes("r"), as_bytes(topic)));
    return;
  }
  const std::string_view publisher = from != nullptr ? from->client_id() : std::string_view();
  retained_.set(topic, {m, std::string(publisher)});
  retained_bytes_ += m->cost();
  if (store_ != nullptr) put_retained(*m, publisher);
}

// Takes away those that have expired.
void broker::sweep_retained(time_point now) {
  std::vector<std::string> gone;
  const auto look = [&](retained_message& r, std::string_view topic) {
    if (r.what->is_expired(now)) gone.emplace_back(topic);
  };
  retained_.match("#", look);
  for (const std::string& topic : gone) {
    retained_bytes_ -= retained_.find(topic)->what->cost();
    (void)retained_.erase(topic);
    if (store_ != nullptr) note(store_->erase(as_bytes("r"), as_bytes(topic)));
  }
}

}  // namespace parley::mqtt
