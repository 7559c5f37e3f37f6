// SUBSCRIBE and UNSUBSCRIBE (sections 3.8 and 3.10).
#include <parley/codecs/mqtt/broker/broker.hpp>

#include <algorithm>
#include <parley/codecs/mqtt/topic.hpp>
#include <utility>

namespace parley::mqtt {
namespace {

std::string_view matched_part(std::string_view filter) noexcept {
  const auto parts = parse_shared(filter);
  return parts ? parts->filter : filter;
}

}  // namespace

bool broker::may_subscribe(const session_state& s, std::string_view filter) const {
  const std::string_view matched = matched_part(filter);
  if (!settings_.acl.may_subscribe(s.user, s.client_id(), matched)) return false;
  return settings_.policy == nullptr || settings_.policy->may_subscribe(identity(s), matched);
}

void broker::enter_index(const std::string& filter, subscription_state& state) {
  const auto parts = parse_shared(filter);
  if (!parts) return index_.add(filter, state);
  auto& group = groups_[filter];
  if (!group) {
    group = std::make_unique<share_group>();
    group->name = filter;
    group->id = next_group_++;
    groups_by_id_[group->id] = group.get();
    shared_.add(parts->filter, *group);
  }
  group->members.push_back(&state);
  state.group = group.get();
}

void broker::leave_index(const std::string& filter, subscription_state& state) noexcept {
  share_group* const group = std::exchange(state.group, nullptr);
  if (group == nullptr) return void(index_.remove(filter, state));
  const auto at = std::ranges::find(group->members, &state);
  const auto place = static_cast<std::size_t>(at - group->members.begin());
  group->members.erase(at);
  if (place < group->next) --group->next;
  if (!group->members.empty()) return;
  (void)shared_.remove(matched_part(filter), *group);
  groups_by_id_.erase(group->id);
  groups_.erase(groups_.find(filter));
}

reason_code broker::add_subscription(session_state& s, const subscription& asked,
                                     std::uint32_t identifier, bool& is_new) {
  const bool is_v5 = s.connection->machine.version() == version::v5;
  const auto refused = [&](reason_code why) {
    return is_v5 ? why : reason_code::unspecified_error;
  };
  if (!may_subscribe(s, asked.filter)) return refused(reason_code::not_authorized);
  auto at = s.subscriptions.find(asked.filter);
  is_new = at == s.subscriptions.end();
  if (is_new) {
    const broker_limits& l = settings_.limits;
    if (s.subscriptions.size() >= l.max_subscriptions ||
        s.filter_bytes + asked.filter.size() > l.max_filter_bytes) {
      return refused(reason_code::quota_exceeded);
    }
    at = s.subscriptions.emplace(asked.filter, subscription_state{.owner = &s}).first;
    enter_index(at->first, at->second);
    s.filter_bytes += asked.filter.size();
    ++subscription_count_;
  }
  subscription_state& state = at->second;
  state.identifier = identifier;
  state.qos = asked.qos;
  state.no_local = asked.no_local;
  // 3.1.1 clears the flag of what is sent on [MQTT-3.3.1-9 of 3.1.1].
  state.retain_as_published = asked.retain_as_published;
  state.handling = asked.handling;
  if (s.is_stored) put_subscription(s, at->first, state);
  return static_cast<reason_code>(asked.qos);
}

void broker::take_subscribe(peer& who, const subscribe& p, time_point now) {
  session_state& s = *who.session;
  const std::uint32_t identifier = p.props.number(property::subscription_identifier).value_or(0);
  std::vector<reason_code> reasons;
  std::vector<bool> retained;
  for (const subscription& asked : p.filters) {
    bool is_new = false;
    reasons.push_back(add_subscription(s, asked, identifier, is_new));
    const bool wants = asked.handling == retain_handling::send ||
                       (asked.handling == retain_handling::send_if_new && is_new);
    retained.push_back(!is_error(reasons.back()) && wants && !is_shared(asked.filter));
  }
  if (store_fault_) return;
  who.machine.send(suback{p.packet_id, reasons, {}}, now);
  std::size_t i = 0;
  for (const subscription& asked : p.filters) {
    if (retained[i++]) send_retained(s, asked, identifier, now);
  }
}

void broker::send_retained(session_state& s, const subscription& asked, std::uint32_t identifier,
                           time_point now) {
  std::vector<message_ptr> found;
  retained_.match(asked.filter, [&](retained_message& r, std::string_view) {
    const bool is_own = asked.no_local && r.publisher == s.client_id();
    if (!is_own && !r.what->is_expired(now)) found.push_back(r.what);
  });
  const std::span<const std::uint32_t> ids(&identifier, identifier != 0 ? 1 : 0);
  for (const message_ptr& m : found) {
    (void)deliver(s, m, {std::min(asked.qos, m->qos()), true, 0, ids}, now);
    if (m->stored_references > 0) put_message(*m);
  }
}

void broker::remove_subscription(session_state& s, subscription_map::iterator at) {
  leave_index(at->first, at->second);
  s.filter_bytes -= at->first.size();
  --subscription_count_;
  erase_record(s, "f" + at->first);
  s.subscriptions.erase(at);
}

// Before a client goes on with a session: it may be another user than the one who subscribed, or
// the rules have changed since then, in a process before. What waits for it was matched for those.
void broker::drop_forbidden(session_state& s, time_point now) {
  bool dropped = false;
  for (auto at = s.subscriptions.begin(); at != s.subscriptions.end();) {
    const auto each = at++;
    if (may_subscribe(s, each->first)) continue;
    remove_subscription(s, each);
    dropped = true;
  }
  if (!dropped) return;
  left_behind others;
  for (delivery* d = s.queue.first; d != nullptr;) {
    delivery* const after = d->after;
    if (!is_wanted(s, *d)) drop(s, *d, others);
    d = after;
  }
  share_again(others, now);
}

// Whether a subscription that is left asks for it.
bool broker::is_wanted(const session_state& s, const delivery& d) {
  if (!d.what) return true;  // the client has had it
  bool wanted = false;
  const auto look = [&](const subscription_state& each) { wanted |= each.owner == &s; };
  if (d.group == 0) {
    index_.match(d.what->topic(), [&](subscription_state& each, std::string_view) { look(each); });
    return wanted;
  }
  const auto group = groups_by_id_.find(d.group);
  if (group == groups_by_id_.end()) return false;
  for (const subscription_state* each : group->second->members) look(*each);
  return wanted;
}

void broker::take_unsubscribe(peer& who, const unsubscribe& p, time_point now) {
  session_state& s = *who.session;
  std::vector<reason_code> reasons;
  for (const std::string_view filter : p.filters) {
    const auto at = s.subscriptions.find(filter);
    if (at == s.subscriptions.end()) {
      reasons.push_back(reason_code::no_subscription_existed);
      continue;
    }
    remove_subscription(s, at);
    reasons.push_back(reason_code::success);
  }
  if (store_fault_) return;
  const bool is_v5 = who.machine.version() == version::v5;
  who.machine.send(unsuback{p.packet_id, is_v5 ? reason_codes(reasons) : reason_codes(), {}}, now);
}

}  // namespace parley::mqtt
