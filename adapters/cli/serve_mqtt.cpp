#include <fmt/format.h>

#include <memory>
#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/serve_mqtt.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/build_config.hpp>
#include <parley/core/api/tables.hpp>
#if PARLEY_HAS_MQTT
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#endif
#if PARLEY_HAS_FILE_STORE
#include <parley/adapters/files/store/file_store.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_MQTT
namespace {

template <class Place>
std::string url_of(const address& at, const Place& how) {
  std::string scheme = how.websocket ? "mqtt+ws" : "mqtt";
  if (how.ssl) scheme += 's';
  return at.is_local() ? scheme + "+unix://" + std::string(at.path())
                       : scheme + "://" + at.to_string();
}

result<std::unique_ptr<store>> open_store(const std::string& path) {
  if (path.empty()) return std::unique_ptr<store>();
#if PARLEY_HAS_FILE_STORE
  files::file_store_settings settings;
  settings.path = path;
  auto opened = files::file_store::open(std::move(settings));
  if (!opened) return std::unexpected(std::move(opened).error());
  return std::unique_ptr<store>(*std::move(opened));
#else
  return std::unexpected(unavailable_part("file_store"));
#endif
}

std::string ready_lines(const mqtt_broker& broker) {
  const mqtt_broker_config& c = broker.config();
  std::string lines = url_of(*broker.local_address(), c) + "\n";
  for (std::size_t i = 0; i < c.also.size(); ++i) {
    lines += url_of(*broker.local_address(i + 1), c.also[i]) + "\n";
  }
  return lines;
}

result<mqtt_broker_config> config_of(const options& o) {
  // Alone it takes all options, and says which one it has no use for.
  const auto where = o.beside.empty() ? target(o) : target_beside(o, o.url);
  if (!where) return std::unexpected(where.error());
  auto config = mqtt_broker_config::from_uri(*where);
  if (!config) return config;
  for (const std::string& each : o.beside) {
    const auto other = target_beside(o, each);
    if (!other) return std::unexpected(other.error());
    auto place = mqtt_listener::from_uri(*other);
    if (!place) return std::unexpected(std::move(place).error());
    config->also.push_back(*std::move(place));
  }
  return config;
}

result<mqtt::topic_acl> read_acl(const std::string& path) {
  if (path.empty()) return mqtt::topic_acl();
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  return mqtt::topic_acl::parse(*text);
}

}  // namespace

task<int> serve_mqtt(loop& home, const options& o, stop& end, transports& lower, observer& watch) {
  auto config = config_of(o);
  if (!config) co_return ended_by(end, "cannot use this URL", config.error());
  auto kept = open_store(o.store_file);
  if (!kept) co_return ended_by(end, "cannot open the store", kept.error());
  auto acl = read_acl(o.acl_file);
  if (!acl) co_return ended_by(end, "cannot use the rules", acl.error());
  config->settings.acl = *std::move(acl);
  config->kept = kept->get();
  config->with = &lower;
  config->watch = &watch;
  mqtt_broker broker(home, *std::move(config));
  if (auto ok = broker.listen(); !ok) co_return ended_by(end, "cannot listen", ok.error());
  // For whoever started it: the lines say that it is ready, and on which ports.
  if (auto ok = write_output(ready_lines(broker)); !ok) {
    stop_for_output(end, ok.error());
    co_return ended_by(end, "cannot print", ok.error());
  }
  (void)co_await end.requested();
  if (o.verbose) note(fmt::format("stopping; {} clients are connected", broker.clients()));
  (void)co_await broker.stop();
  co_return end.exit_code();
}
#else
task<int> serve_mqtt(loop&, const options&, stop& end, transports&, observer&) {
  co_return ended_by(end, "cannot serve", unavailable_part("mqtt"));
}
#endif

}  // namespace parley::cli
