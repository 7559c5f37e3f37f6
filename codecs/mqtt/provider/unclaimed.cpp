#include <algorithm>
#include <parley/codecs/mqtt/provider/unclaimed.hpp>
#include <parley/core/api/topics.hpp>
#include <utility>

namespace parley::detail {

mqtt::message_event mqtt_unclaimed::entry::event() const noexcept {
  const byte_view all(bytes);
  // They were checked when they came; then they are a view again.
  auto props = mqtt::properties::parse(all.first(properties_size), mqtt::property_place::publish,
                                       mqtt::role::server);
  return {.topic = topic,
          .payload = all.subspan(properties_size),
          .qos = qos,
          .retain = retain,
          .dup = dup,
          .props = props ? *props : mqtt::properties(),
          .handle = handle};
}

void mqtt_unclaimed::add(const mqtt::message_event& m, std::uint64_t connection, time_point until) {
  entry e;
  e.topic = m.topic;
  const byte_view block = m.props.block();
  e.bytes.reserve(block.size() + m.payload.size());
  e.bytes.insert(e.bytes.end(), block.begin(), block.end());
  e.bytes.insert(e.bytes.end(), m.payload.begin(), m.payload.end());
  e.properties_size = block.size();
  e.qos = m.qos;
  e.retain = m.retain;
  e.dup = m.dup;
  e.handle = m.handle;
  e.connection = connection;
  e.until = until;
  const std::size_t cost = e.cost();
  all_.push_back(std::move(e));
  cost_ += cost;
}

std::optional<mqtt_unclaimed::entry> mqtt_unclaimed::take_due(time_point now, std::size_t most) {
  if (all_.empty() || (all_.front().until > now && cost_ <= most)) return std::nullopt;
  std::optional<entry> oldest(std::move(all_.front()));
  all_.pop_front();
  cost_ -= oldest->cost();
  return oldest;
}

std::deque<mqtt_unclaimed::entry> mqtt_unclaimed::take_matching(std::string_view topic_filter) {
  std::deque<entry> matching;
  std::deque<entry> others;
  for (entry& e : all_) {
    const bool matches = topic_matches(topic_filter, e.topic);
    if (matches) cost_ -= e.cost();
    (matches ? matching : others).push_back(std::move(e));
  }
  all_ = std::move(others);
  return matching;
}

void mqtt_unclaimed::link_up(bool session_present) {
  if (session_present) {
    std::erase_if(all_, [](const entry& e) { return e.qos != mqtt::qos::at_most_once; });
  }
  cost_ = 0;
  for (entry& e : all_) {
    e.handle = 0;
    cost_ += e.cost();
  }
}

void mqtt_unclaimed::clear() noexcept {
  all_.clear();
  cost_ = 0;
}

std::optional<time_point> mqtt_unclaimed::next_deadline() const noexcept {
  if (all_.empty()) return std::nullopt;
  return all_.front().until;
}

}  // namespace parley::detail
