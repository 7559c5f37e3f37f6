#include <algorithm>
#include <array>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <parley/codecs/mqtt/provider/subscriptions.hpp>
#include <parley/codecs/mqtt/topic.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {
namespace {

constexpr std::uint32_t largest_id = 268'435'455;  // MQTT 5 section 3.8.2.1.2

// From the filter alone, so that a later process has the same identifiers for a session that an
// earlier one has left (FNV-1a, folded).
std::uint32_t id_of(std::string_view filter) noexcept {
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : filter) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  }
  const std::uint32_t folded = (hash >> 28) ^ (hash & largest_id);
  return folded == 0 ? 1 : folded;
}

// The most that either wants.
mqtt_wish merged(const mqtt_wish& a, const mqtt_wish& b) noexcept {
  return {.qos = std::max(a.qos, b.qos),
          .no_local = a.no_local && b.no_local,
          .retain_as_published = a.retain_as_published || b.retain_as_published,
          .handling = std::min(a.handling, b.handling),
          .only_5 = a.only_5};
}

bool is_same(const mqtt_wish& a, const mqtt_wish& b) noexcept {
  return a.qos == b.qos && a.no_local == b.no_local &&
         a.retain_as_published == b.retain_as_published;
}

error refusal(const mqtt::subscribe_event& answer, std::string_view filter) {
  std::string text(filter);
  if (const auto said = answer.props.text(mqtt::property::reason_string)) {
    text += ": ";
    text += *said;
  }
  error why(answer.reasons[0], std::move(text));
  // All that 3.1.1 has is one number.
  if (answer.reasons[0] != mqtt::reason_code::unspecified_error) return why;
  return std::move(why).with_hint(
      "the server refuses this filter: check its access rules (mosquitto: acl_file)");
}

}  // namespace

mqtt_subscriptions::~mqtt_subscriptions() {
  for (const auto& [filter, e] : by_filter_) by_topic_.remove(e->topic(), *e);
}

// --- who listens ----------------------------------------------------------------------

mqtt_subscriptions::entry* mqtt_subscriptions::find(std::string_view filter) noexcept {
  const auto at = by_filter_.find(filter);
  return at == by_filter_.end() ? nullptr : &*at->second;
}

mqtt_subscriptions::entry* mqtt_subscriptions::find(std::uint64_t request) noexcept {
  const auto at = by_request_.find(request);
  return at == by_request_.end() ? nullptr : at->second;
}

// Two filters with one number are as good as none in 2^28; then the next that is free.
std::uint32_t mqtt_subscriptions::free_id(std::string_view filter) const noexcept {
  std::uint32_t id = id_of(filter);
  while (ids_.contains(id)) id = id == largest_id ? 1 : id + 1;
  return id;
}

// Where memory ends on the way, nothing of it stays.
mqtt_subscriptions::entry& mqtt_subscriptions::make(std::string_view filter) {
  entries fresh;
  entry& made = fresh.emplace_back();
  made.filter = filter;
  if (const auto shared = mqtt::parse_shared(filter)) {
    made.topic_at = filter.size() - shared->filter.size();
  }
  made.id = free_id(filter);
  std::map<std::string_view, entries::iterator> by_filter;
  by_filter.emplace(made.filter, fresh.begin());
  std::set<std::uint32_t> id{made.id};
  by_topic_.add(made.topic(), made);
  by_filter_.merge(by_filter);
  ids_.merge(id);
  due_.splice(due_.end(), fresh);
  return made;
}

void mqtt_subscriptions::erase(entry& e) noexcept {
  if (e.is_asked()) by_request_.erase(e.request);
  by_topic_.remove(e.topic(), e);
  ids_.erase(e.id);
  const auto at = by_filter_.find(e.filter);
  const auto place = at->second;
  by_filter_.erase(at);
  (e.is_due() ? due_ : settled_).erase(place);
}

void mqtt_subscriptions::enter(entry& e, standing next) noexcept {
  if (e.is_asked()) by_request_.erase(e.request);
  entries& from = e.is_due() ? due_ : settled_;
  e.at = next;
  entries& to = e.is_due() ? due_ : settled_;
  if (&from != &to) to.splice(to.end(), from, by_filter_.find(e.filter)->second);
}

void mqtt_subscriptions::join(std::string_view filter, mqtt_listener& who, const mqtt_wish& wish,
                              completer<void> done) {
  entry* e = find(filter);
  const bool is_new = e == nullptr || e->members.empty();
  if (e == nullptr) e = &make(filter);
  const mqtt_wish before = e->wish;
  e->wish = is_new ? wish : merged(before, wish);
  e->members.push_back(&who);
  const bool is_asked = e->at == standing::asked && is_same(before, e->wish);
  // Subscribing again is what brings the newcomer the retained messages (section 3.8.4).
  const bool as_it_is = e->at == standing::granted && is_same(before, e->wish) &&
                        wish.handling != mqtt::retain_handling::send;
  if (!is_asked && !as_it_is && e->at != standing::wanted) {
    enter(*e, standing::wanted);
    ++e->generation;
  }
  who.generation = e->generation;
  if (as_it_is) return done.complete({});
  for (auto& each : std::exchange(e->left, {})) each.complete({});
  e->joining.push_back({&who, std::move(done)});
  ask_for_all();
}

void mqtt_subscriptions::wait(std::string_view filter, mqtt_listener& who, completer<void> done) {
  entry* const e = find(filter);
  if (e == nullptr || e->at == standing::granted) return done.complete({});
  if (e->at == standing::refused) enter(*e, standing::wanted);
  e->joining.push_back({&who, std::move(done)});
  ask_for_all();
}

void mqtt_subscriptions::leave(std::string_view filter, mqtt_listener& who, bool keep,
                               completer<void> done) noexcept {
  entry* const e = find(filter);
  if (e == nullptr || std::erase(e->members, &who) == 0) return done.complete({});
  std::erase_if(e->joining, [&](const waiter& w) { return w.who == &who; });
  if (!e->members.empty()) return done.complete({});
  const bool may_be_known = e->at != standing::refused;
  if (keep || !may_be_known) {
    erase(*e);
    return done.complete({});
  }
  enter(*e, standing::leaving);
  (void)guarded([&] {
    if (link_.is_up()) {
      e->left.push_back(std::move(done));
    } else {
      done.complete({});
    }
    ask_for_all();
  });
}

void mqtt_subscriptions::shut(const error& why) noexcept {
  by_filter_.clear();
  by_request_.clear();
  ids_.clear();
  entries ended = std::exchange(due_, {});
  ended.splice(ended.end(), settled_);
  // All are kept before: forgetting one may drop others.
  for (entry& each : ended) {
    by_topic_.remove(each.topic(), each);
    for (mqtt_listener* who : each.members) who->retain();
  }
  for (entry& each : ended) {
    for (waiter& w : each.joining) w.done.complete(std::unexpected(why));
    for (auto& done : each.left) done.complete(std::unexpected(why));
    for (mqtt_listener* who : each.members) {
      who->forget();
      who->release();
    }
  }
}

std::size_t mqtt_subscriptions::waiting() const noexcept {
  std::size_t n = 0;
  for (const auto& [filter, e] : by_filter_) n += e->joining.size() + e->left.size();
  return n;
}

// --- messages -------------------------------------------------------------------------

// A server that names subscriptions may send one message for each of them, or one for all. Without
// names, or from one who has not learnt ours, the topic decides.
bool mqtt_subscriptions::is_meant(const entry& e, const mqtt::message_event& m) const noexcept {
  if (!m.props.has(mqtt::property::subscription_identifier)) return true;
  const auto ids = m.props.subscription_identifiers();
  return std::ranges::any_of(ids.begin(), ids.end(), [&](std::uint32_t id) { return id == e.id; });
}

mqtt_subscriptions::outcome mqtt_subscriptions::deliver(const mqtt::message_event& m) {
  told_listeners<mqtt_listener> told(telling_);
  bool is_unwanted = false;
  bool is_heard = false;
  by_topic_.match(m.topic, [&](entry& e, std::string_view) {
    if (!is_meant(e, m)) return;
    if (e.is_leaving()) is_unwanted = true;
    for (mqtt_listener* who : e.members) {
      is_heard = true;
      // Retained messages come for the newest member; the others have had theirs.
      if (m.retain && !e.wish.retain_as_published && who->generation != e.generation) continue;
      told.add(*who);
    }
  });
  told.tell([&](mqtt_listener& who) { who.hear(m); });
  if (is_heard) return outcome::heard;
  return is_unwanted ? outcome::unwanted : outcome::unclaimed;
}

// --- what the server knows ---------------------------------------------------------------

std::size_t mqtt_subscriptions::link_up(bool session_present) {
  std::size_t lost = 0;
  for (auto i = by_filter_.begin(); i != by_filter_.end();) {
    entry& e = *(i++)->second;  // it may be erased
    if (e.at == standing::refused) enter(e, standing::wanted);
    if (session_present) continue;
    if (e.is_leaving()) {
      erase(e);
    } else if (e.at == standing::granted) {
      enter(e, standing::wanted);
      // All have lost it, and all get what is retained.
      ++e.generation;
      for (mqtt_listener* who : e.members) who->generation = e.generation;
      ++lost;
    }
  }
  ask_for_all();
  return lost;
}

void mqtt_subscriptions::link_down(const error& why, bool final) {
  std::vector<completer<void>> left;
  std::vector<waiter> joining;
  for (auto i = by_filter_.begin(); i != by_filter_.end();) {
    entry& e = *(i++)->second;  // it may be erased
    if (e.at == standing::asked) enter(e, standing::wanted);
    if (e.at == standing::asked_to_leave) enter(e, standing::leaving);
    for (auto& done : std::exchange(e.left, {})) left.push_back(std::move(done));
    if (!final) continue;
    for (waiter& w : std::exchange(e.joining, {})) {
      std::erase(e.members, w.who);
      w.who->retain();
      joining.push_back(std::move(w));
    }
    if (e.members.empty() && !e.is_leaving()) erase(e);
  }
  // No message comes any more: that is all that was asked for.
  for (auto& done : left) done.complete({});
  for (waiter& w : joining) {
    w.done.complete(std::unexpected(why));
    w.who->forget();
    w.who->release();
  }
}

// What the server has not been asked for yet, until there are too many at once: each answer asks
// again.
void mqtt_subscriptions::ask_for_all() {
  if (!link_.is_up() || !link_.client().is_open()) return;
  while (!due_.empty() && ask_for(due_.front())) {
  }
  link_.wake();
}

result<std::uint64_t> mqtt_subscriptions::subscribe(const entry& e, time_point now) {
  mqtt::client& c = link_.client();
  mqtt::subscription one[] = {{.filter = e.filter, .qos = e.wish.qos}};
  std::array<std::byte, 8> room{};
  mqtt::properties props;
  // 3.1.1 knows filter and quality of service alone.
  if (c.version() == mqtt::version::v5) {
    one[0].no_local = e.wish.no_local;
    one[0].retain_as_published = e.wish.retain_as_published;
    one[0].handling = e.wish.handling;
    if (c.server().subscription_identifiers) {
      mqtt::property_writer w(room, mqtt::property_place::subscribe, mqtt::role::client);
      w.add(mqtt::property::subscription_identifier, e.id);
      props = w.finish().value_or(mqtt::properties());
    }
  }
  return c.subscribe(one, props, now);
}

bool mqtt_subscriptions::ask_for(entry& e) {
  const bool is_for_5 = e.wish.only_5 && link_.version() != mqtt::version::v5;
  if (is_for_5) {
    if (e.at == standing::leaving) {
      for (auto& done : std::exchange(e.left, {})) done.complete({});
      erase(e);
    } else {
      granted(e, mqtt::reason_code::success);
    }
    return true;
  }
  const bool wants = e.at == standing::wanted;
  const std::string_view one[] = {e.filter};
  const auto asked =
      wants ? subscribe(e, loop_.now()) : link_.client().unsubscribe(one, {}, loop_.now());
  if (asked) {
    by_request_.emplace(*asked, &e);
    e.request = *asked;
    enter(e, wants ? standing::asked : standing::asked_to_leave);
    return true;
  }
  if (asked.error() == errc::queue_full) return false;
  if (wants) {
    refuse(e, asked.error());
  } else {
    for (auto& done : std::exchange(e.left, {})) done.complete(std::unexpected(asked.error()));
    erase(e);
  }
  return true;
}

void mqtt_subscriptions::granted(entry& e, mqtt::reason_code) {
  enter(e, standing::granted);
  for (waiter& w : std::exchange(e.joining, {})) w.done.complete({});
}

// Those that wait are told and leave; those that were granted it before stay, and ask again on the
// next connection.
void mqtt_subscriptions::refuse(entry& e, const error& why) {
  const std::string filter = e.filter;
  std::vector<waiter> gone = std::exchange(e.joining, {});
  for (const waiter& w : gone) std::erase(e.members, w.who);
  enter(e, standing::refused);
  const bool is_restored = !e.members.empty();
  if (!is_restored) erase(e);
  for (waiter& w : gone) {
    w.who->retain();
    w.done.complete(std::unexpected(why));
    w.who->forget();
    w.who->release();
  }
  if (is_restored) owner_.filter_refused(filter, why);
}

void mqtt_subscriptions::answered(const mqtt::subscribe_event& answer) {
  entry* const e = find(answer.id);
  // Asked for anew meanwhile.
  if (e == nullptr) return;
  if (answer.why) {
    enter(*e, standing::wanted);
    return;
  }
  if (mqtt::is_error(answer.reasons[0])) {
    refuse(*e, refusal(answer, e->filter));
  } else {
    granted(*e, answer.reasons[0]);
    const std::string filter = e->filter;
    owner_.filter_granted(filter);
  }
  ask_for_all();
}

void mqtt_subscriptions::answered(const mqtt::unsubscribe_event& answer) {
  entry* const e = find(answer.id);
  if (e == nullptr) return;
  if (answer.why) {
    enter(*e, standing::leaving);
    return;
  }
  const bool is_refused = !answer.reasons.empty() && mqtt::is_error(answer.reasons[0]);
  for (auto& done : std::exchange(e->left, {})) {
    done.complete(is_refused ? fail(answer.reasons[0], e->filter) : result<void>());
  }
  erase(*e);
  ask_for_all();
}

}  // namespace parley::detail
