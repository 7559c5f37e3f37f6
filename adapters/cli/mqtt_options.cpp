#include <CLI/CLI.hpp>
#include <parley/adapters/cli/mqtt_options.hpp>
#include <parley/adapters/cli/url.hpp>

namespace parley::cli {

void add_mqtt(CLI::App& app, options& o) {
  app.add_option("--qos", o.qos, "mqtt: at most once (0, the default), at least once, exactly once")
      ->check(CLI::Range(0, 2))
      ->type_name("0|1|2");
  app.add_option("--will-topic", o.will_topic, "mqtt: the server publishes there if it loses us")
      ->type_name("TOPIC");
  app.add_option("--will-payload", o.will_payload, "mqtt: what it publishes")->type_name("TEXT");
  app.add_option("--will-qos", o.will_qos, "mqtt: how it does (0)")
      ->check(CLI::Range(0, 2))
      ->type_name("0|1|2");
  app.add_flag("--will-retain", o.will_retain, "mqtt: the server keeps it");
  app.add_option("--version", o.version, "mqtt: 5, and 3.1.1 where 5 is not known (the default)")
      ->check(CLI::IsMember({"3.1.1", "5"}))
      ->type_name("VERSION");
  app.add_option("--client-id", o.client_id, "mqtt: who we are (a random name)")->type_name("NAME");
  app.add_option("--keepalive", o.keepalive, "mqtt: PINGREQ after so long (60); 0: never")
      ->check(CLI::Range(0, 65'535))
      ->type_name("SECONDS");
  app.add_flag("--persistent", o.persistent,
               "mqtt: the server keeps subscriptions and messages for --client-id");
}

void check_mqtt(const options& o) {
  if (is_mqtt(o.url)) return;
  const bool asks = o.qos || o.retain || !o.will_topic.empty() || !o.will_payload.empty() ||
                    o.will_qos || o.will_retain || !o.version.empty() || !o.client_id.empty() ||
                    o.keepalive || o.persistent;
  if (!asks) return;
  if (!o.fallback.empty()) {
    throw CLI::ValidationError("--fallback",
                               "takes what is MQTT's from its URL: mqtt://host?qos=1&client_id=me");
  }
  throw CLI::ValidationError(
      "--qos, --retain, --will-..., --version, --client-id, --keepalive and --persistent",
      "are for mqtt URLs");
}

}  // namespace parley::cli
