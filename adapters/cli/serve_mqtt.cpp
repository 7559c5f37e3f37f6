#include <fmt/format.h>

#include <memory>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/served.hpp>
#include <parley/build_config.hpp>
#include <span>
#if PARLEY_HAS_MQTT
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#endif
#if PARLEY_HAS_FILE_STORE
#include <parley/adapters/files/store/file_store.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_MQTT
namespace {

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

// `fault` is the URL that is wrong.
result<mqtt_broker_config> config_of(const serving_needs& with,
                                     const std::vector<std::string>& urls, std::string& fault) {
  fault = urls.front();
  const auto where = with.where(fault);
  if (!where) return std::unexpected(where.error());
  auto config = mqtt_broker_config::from_uri(*where);
  if (!config) return config;
  for (const std::string& each : std::span(urls).subspan(1)) {
    fault = each;
    const auto other = with.where(each);
    if (!other) return std::unexpected(other.error());
    auto place = mqtt_listener::from_uri(*other);
    if (!place) return std::unexpected(std::move(place).error());
    config->also.push_back(*std::move(place));
    if (auto ok = config->validate(); !ok) return std::unexpected(std::move(ok).error());
  }
  return config;
}

result<mqtt::topic_acl> read_acl(const std::string& path) {
  if (path.empty()) return mqtt::topic_acl();
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  return mqtt::topic_acl::parse(*text);
}

template <class Place>
std::string url_at(const address& at, const Place& how) {
  std::string scheme = how.websocket ? "mqtt+ws" : "mqtt";
  if (how.ssl) scheme += 's';
  return url_of(scheme, at);
}

class served_broker final : public served {
 public:
  served_broker(loop& home, mqtt_broker_config config, std::unique_ptr<store> kept)
      : kept_(std::move(kept)), broker_(home, std::move(config)) {}

  std::vector<address> places() const override {
    std::vector<address> all{*broker_.config().where()};
    for (const mqtt_listener& each : broker_.config().also) all.push_back(*each.where());
    return all;
  }
  task<result<void>> open() override { co_return broker_.listen(); }
  std::vector<std::string> urls() const override {
    const mqtt_broker_config& c = broker_.config();
    std::vector<std::string> all{url_at(*broker_.local_address(), c)};
    for (const mqtt_listener& each : c.also) {
      all.push_back(url_at(*broker_.local_address(all.size()), each));
    }
    return all;
  }
  std::string load() const override {
    return fmt::format("{} clients are connected", broker_.clients());
  }
  task<void> close() override { (void)co_await broker_.stop(); }

 private:
  std::unique_ptr<store> kept_;
  mqtt_broker broker_;
};

}  // namespace

made_server make_mqtt_server(const serving_needs& with, const std::vector<std::string>& urls) {
  std::string fault;
  auto config = config_of(with, urls, fault);
  if (!config) {
    return std::unexpected(serving_fault{.why = std::move(config).error(), .url = fault});
  }
  auto kept = open_store(with.o.store_file);
  if (!kept) {
    return std::unexpected(serving_fault{"cannot open the store", std::move(kept).error()});
  }
  auto acl = read_acl(with.o.acl_file);
  if (!acl) return std::unexpected(serving_fault{"cannot use the rules", std::move(acl).error()});
  config->settings.acl = *std::move(acl);
  config->kept = kept->get();
  config->with = &with.lower;
  config->watch = &with.watch;
  return std::make_unique<served_broker>(with.home, *std::move(config), *std::move(kept));
}
#else
made_server make_mqtt_server(const serving_needs&, const std::vector<std::string>&) {
  return std::unexpected(serving_fault{.what = "cannot serve", .why = unavailable_part("mqtt")});
}
#endif

}  // namespace parley::cli
