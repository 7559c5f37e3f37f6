#include <parley/codecs/mqtt/provider/publishes.hpp>
#include <utility>

namespace parley::detail {

mqtt_publishes::~mqtt_publishes() {
  while (waiter* w = all_.first) {
    all_.erase(*w);
    delete w;
  }
  spare_.free_all();
}

std::unique_ptr<mqtt_publishes::waiter> mqtt_publishes::make() {
  by_id_.reserve(size_ + 1);
  return std::unique_ptr<waiter>(spare_.take());
}

void mqtt_publishes::add(std::unique_ptr<waiter> made, std::uint64_t id, time_point now) noexcept {
  made->hash = id;
  made->since = now;
  all_.push_back(*made);
  by_id_.insert(*made.release());
  ++size_;
}

mqtt_publishes::ended mqtt_publishes::end(waiter& w, time_point now) noexcept {
  all_.erase(w);
  by_id_.erase(w);
  --size_;
  ended e{std::move(w.done), std::exchange(w.call, 0), now - w.since};
  spare_.put(&w);
  return e;
}

std::optional<mqtt_publishes::ended> mqtt_publishes::take(std::uint64_t id,
                                                          time_point now) noexcept {
  waiter* const w = by_id_.find(id, [](const waiter&) { return true; });
  if (w == nullptr) return std::nullopt;
  return end(*w, now);
}

std::optional<mqtt_publishes::ended> mqtt_publishes::take_first(time_point now) noexcept {
  if (all_.first == nullptr) return std::nullopt;
  return end(*all_.first, now);
}

result<delivery> outcome_of(const mqtt::publish_event& told) {
  if (told.why) return std::unexpected(*told.why);
  if (mqtt::is_error(told.reason)) {
    return fail(told.reason,
                std::string(told.props.text(mqtt::property::reason_string).value_or("")));
  }
  // MQTT counts nobody, but knows none.
  return delivery(told.reason == mqtt::reason_code::no_matching_subscribers ? 0 : -1);
}

}  // namespace parley::detail
