#include <fmt/format.h>

#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/mqtt.hpp>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/printer.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/build_config.hpp>
#if PARLEY_HAS_MQTT
#include <parley/codecs/mqtt/mqtt_client.hpp>
#include <parley/core/api/topics.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_MQTT
namespace {

result<mqtt_config> config_of(const options& o) {
  auto where = target(o);
  if (!where) return std::unexpected(std::move(where).error());
  auto read = mqtt_config::from_uri(*where);
  if (!read) return read;
  // What was not printed, because the end was near, is not acknowledged: it comes again.
  read->manual_acknowledgement = true;
  return read;
}

class printing final : public mqtt_client_handler {
 public:
  printing(const options& o, printer& out) noexcept : options_(o), out_(out) {}

  void on_message(mqtt_client& from, const mqtt::message_event& m) override {
    std::string_view filter;
    if (has_wildcard(options_.topic)) filter = options_.topic;
    const message one(m.topic, m.payload, filter, decode_policy::text);
    if (out_.print(one) && m.handle != 0) (void)from.acknowledge(m.handle);
  }

 private:
  const options& options_;
  printer& out_;
};

// The session goes on trying for as long as it takes, over any number of connections. Whoever waits
// for the program does not.
class answer_deadline final : private timer {
 public:
  answer_deadline(loop& home, mqtt_client& client, stop& end) noexcept
      : home_(home), client_(client), end_(end) {}

  // From now on an answer is due.
  void begin() { home_.set_timer(*this, home_.now() + client_.config().connect_timeout); }
  void stop_waiting() { home_.set_timer(*this, std::nullopt); }

 private:
  void fired(time_point) override {
    error why(errc::timed_out, "no answer of the server");
    if (const auto& last = client_.last_error()) why = std::move(why).with_cause(*last);
    const int code = exit_code_of(why);
    end_.request(code, std::move(why));
  }

  loop& home_;
  mqtt_client& client_;
  stop& end_;
};

task<int> publish(loop& home, mqtt_client& client, const options& o, stop& end) {
  answer_deadline deadline(home, client, end);
  for (const std::string& text : o.messages) {
    deadline.begin();
    auto sent = co_await end.unless_stopped(client.publish(o.topic, std::string_view(text)));
    if (!sent) co_return ended_by(end, "cannot publish", sent.error());
    deadline.stop_waiting();
    if (o.quiet) continue;
    const bool nobody = *sent == mqtt::reason_code::no_matching_subscribers;
    auto printed = write_output(receipt(o, text.size(), nobody ? 0 : -1));
    if (!printed) stop_for_output(end, printed.error());
    if (!printed) co_return ended_by(end, "cannot print", printed.error());
  }
  co_return exit_ok;
}

task<int> subscribe(loop& home, mqtt_client& client, const options& o, stop& end, printer& out) {
  const mqtt_subscribe_options how(client.config().qos);
  answer_deadline deadline(home, client, end);
  deadline.begin();
  auto granted = co_await end.unless_stopped(client.subscribe(o.topic, how));
  if (!granted) co_return ended_by(end, "cannot subscribe", granted.error());
  deadline.stop_waiting();
  if (o.verbose) {
    note(fmt::format("subscribed to {} with QoS {}", o.topic, static_cast<int>(*granted)));
  }
  out.wait_until(home);
  (void)co_await end.requested();
  if (const error* why = end.why()) report("cannot go on", *why);
  co_return end.exit_code();
}

}  // namespace

task<int> run_mqtt(loop& home, const options& o, stop& end, transports& lower, observer& watch) {
  auto config = config_of(o);
  if (!config) {
    report("cannot use this URL", config.error());
    co_return exit_code_of(config.error());
  }
  config->with = &lower;
  config->watch = &watch;
  printer out(o, end);
  printing handler(o, out);
  mqtt_client client(home, handler, *std::move(config));
  if (auto up = co_await end.unless_stopped(client.connect()); !up) {
    co_return ended_by(end, "cannot connect", up.error());
  }
  int code = exit_ok;
  if (o.what == options::verb::pub) {
    code = co_await publish(home, client, o, end);
  } else {
    code = co_await subscribe(home, client, o, end, out);
  }
  (void)co_await client.close();
  co_return code;
}
#else
task<int> run_mqtt(loop&, const options&, stop& end, transports&, observer&) {
  co_return ended_by(end, "cannot use this URL", unavailable_part("mqtt"));
}
#endif

}  // namespace parley::cli
