#include <memory>
#include <parley/codecs/json/json.hpp>
#include <parley/codecs/json/payload.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <parley/codecs/mqtt/provider/call_topics.hpp>
#include <parley/codecs/mqtt/provider/served.hpp>
#include <parley/codecs/mqtt/text.hpp>
#include <parley/codecs/mqtt/topic.hpp>
#include <parley/core/text/utf8.hpp>
#include <utility>

namespace parley::detail {

// The error counts that comes first.
struct mqtt_served::grants {
  completer<callable> done;
  callable made;
  mqtt_served& served;
  int missing = 2;

  void take(const result<void>& r) {
    if (!r) {
      served.end();
      return done.complete(std::unexpected(r.error()));
    }
    if (--missing == 0) done.complete(callable(made));
  }
};

mqtt_served::mqtt_served(mqtt_core& core, std::string_view name, call_handler handler)
    : core_(core), name_(name), handler_(std::move(handler)) {
  if (const auto shared = mqtt::parse_shared(name)) {
    group_ = name.substr(0, name.size() - shared->filter.size());
    name_ = shared->filter;
  }
  core_.retain();
}

mqtt_served::~mqtt_served() { core_.release(); }

void mqtt_served::end() noexcept {
  const callable self(this);
  mqtt_subscriptions& all = core_.subscriptions();
  all.leave(group_ + name_, *this, false, {});
  all.leave(group_ + name_ + "/call/+/+", *this, false, {});
  forget();
  core_.drop_served(*this);
}

operation<value> mqtt_served::call(const value&, call_options) {
  return ended<value>(core_, fail(errc::not_supported, "this one answers; make another to call"));
}

operation<callable> mqtt_served::begin() {
  completer<callable> done(core_.home());
  auto op = done.op();
  op.state()->set_fault_sink(&core_);
  op.state()->set_canceller(&core_);
  auto both = std::make_shared<grants>(std::move(done), callable(this), *this);
  mqtt_wish wish{.qos = mqtt::qos::at_least_once,
                 .handling = mqtt::retain_handling::do_not_send,
                 .only_5 = true};
  for (const std::string& filter : {group_ + name_, group_ + name_ + "/call/+/+"}) {
    completer<void> granted(core_.home());
    granted.op().then([both](result<void> r) { both->take(r); });
    core_.subscriptions().join(filter, *this, wish, std::move(granted));
    wish.only_5 = false;
  }
  return op;
}

void mqtt_served::hear(const mqtt::message_event& m) {
  if (m.topic != name_) {
    if (const auto topic = mqtt_reply_topic(name_, m.topic)) answer(m, *topic, false);
    return;
  }
  const auto topic = m.props.text(mqtt::property::response_topic);
  if (!topic) {
    return core_.log(log_level::warning, "a message for the callable " + name_ +
                                             " has no response topic, and is not answered");
  }
  answer(m, *topic, true);
}

void mqtt_served::answer(const mqtt::message_event& m, std::string_view topic,
                         bool has_properties) {
  const result<value> outcome = handler_.run(m.payload, &json::decode, core_);
  if (!outcome) return answer_failure(m, topic, has_properties, outcome.error());
  const auto payload = json::payload::of(*outcome);
  if (!payload) return answer_failure(m, topic, has_properties, payload.error());
  mqtt_core::manner how{.qos = mqtt::qos::at_least_once};
  std::vector<std::byte> room;
  if (const auto data = m.props.bytes(mqtt::property::correlation_data)) {
    room.resize(mqtt::text_property_size(data->size()));
    mqtt::property_writer w(room, mqtt::property_place::publish, mqtt::role::client);
    how.props = w.add(mqtt::property::correlation_data, *data).finish().value_or(how.props);
  }
  core_.publish_reply(topic, payload->bytes(), how);
}

void mqtt_served::answer_failure(const mqtt::message_event& m, std::string_view topic,
                                 bool has_properties, const error& why) {
  mqtt_core::manner how{.qos = mqtt::qos::at_least_once};
  if (!has_properties) {
    const std::string text = std::string(why.name()) + "\n" + std::string(why.message());
    return core_.publish_reply(std::string(topic) + "/error", as_bytes(text), how);
  }
  const byte_view data = m.props.bytes(mqtt::property::correlation_data).value_or(byte_view());
  std::vector<std::byte> room(
      mqtt::text_property_size(data.size()) +
      mqtt::user_property_size(mqtt_error_property.size(), why.name().size()));
  mqtt::property_writer w(room, mqtt::property_place::publish, mqtt::role::client);
  if (!data.empty()) w.add(mqtt::property::correlation_data, data);
  how.props = w.add_user(mqtt_error_property, why.name()).finish().value_or(how.props);
  core_.publish_reply(topic, as_bytes(why.message()), how);
}

operation<callable> mqtt_core::serve(std::string_view name, call_handler handler) {
  if (!is_ready()) return ended<callable>(*this, std::unexpected(not_ready()));
  const auto shared = mqtt::parse_shared(name);
  if (!is_topic_name(shared ? shared->filter : name) || !mqtt::detail::is_text(name) || !handler) {
    return ended<callable>(*this, fail(errc::invalid_argument,
                                       "a callable needs a name without wildcards, and a "
                                       "handler"));
  }
  // The handler of the same name before gives way.
  for (std::size_t i = served_.size(); i > 0; --i) {
    if (i <= served_.size() && served_[i - 1].first->full_name() == name)
      served_[i - 1].first->end();
  }
  auto* const made = new mqtt_served(*this, name, std::move(handler));
  served_.emplace_back(made, callable(made));
  return made->begin();
}

void mqtt_core::drop_served(const mqtt_served& who) noexcept {
  std::erase_if(served_, [&](const auto& each) { return each.first == &who; });
}

}  // namespace parley::detail
