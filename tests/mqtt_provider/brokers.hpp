// The brokers that the provider's suite runs against, on every loop with real sockets: mosquitto,
// and the embedded one on the provider's own loop. Both get the same wish, and the same assertions.
#pragma once

#include <memory>
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <parley/core/store/memory_store.hpp>
#include <string>
#include <utility>
#include <vector>

#include "mqtt_provider/provider_on.hpp"
#include "support/mosquitto.hpp"
#include "support/tls_files.hpp"

namespace parley::test {

struct broker_wish {
  bool tls = false;
  bool wants_certificates = false;
  std::vector<std::pair<std::string, std::string>> users{};  // empty: everybody
  std::string rules{};  // who may use which topics, as mosquitto writes it
};

class external_broker {
 public:
  static constexpr const char* name = "mosquitto";
  external_broker(loop&, transports&, broker_wish wish) : server_(options_of(wish)) {}

  std::uint16_t port() const { return server_.port(); }
  void stop() { server_.stop(); }
  void start() { server_.restart(); }

 private:
  mosquitto_options options_of(const broker_wish& wish) {
    mosquitto_options o;
    o.tls = wish.tls;
    o.wants_certificates = wish.wants_certificates;
    for (const auto& [user, password] : wish.users) o.users.push_back(user + ":" + password);
    if (!wish.rules.empty()) o.lines.push_back("acl_file " + folder_.write("acl", wish.rules));
    return o;
  }

  temporary_folder folder_;
  mosquitto server_;
};

class embedded_broker {
 public:
  static constexpr const char* name = "embedded";
  embedded_broker(loop& home, transports& lower, broker_wish wish) : home_(home) {
    config_.port = 0;
    config_.with = &lower;
    config_.kept = &kept_;
    config_.ssl = wish.tls;
    if (wish.tls) {
      config_.tls.certfile = files().chain;
      config_.tls.keyfile = files().key;
    }
    if (wish.wants_certificates) {
      config_.tls.ca_certs = files().ca;
      config_.tls.clients = client_certificates::required;
    }
    for (const auto& [user, password] : wish.users) {
      config_.settings.users.push_back({user, secret(password)});
      config_.settings.allow_anonymous = false;
    }
    if (!wish.rules.empty()) {
      auto rules = mqtt::topic_acl::parse(wish.rules);
      if (!rules) throw std::runtime_error(rules.error().to_string());
      config_.settings.acl = *std::move(rules);
    }
    start();
  }

  std::uint16_t port() const { return config_.port; }
  // Without a word to anybody.
  void stop() { broker_.reset(); }
  void start() {
    broker_ = std::make_unique<mqtt_broker>(home_, config_);
    if (auto ok = broker_->listen(); !ok) throw std::runtime_error(ok.error().to_string());
    config_.port = broker_->local_address()->port();
  }

 private:
  loop& home_;
  memory_store kept_;
  mqtt_broker_config config_;
  std::unique_ptr<mqtt_broker> broker_;
};

// A loop, and a broker on it or beside it.
template <class L, class B>
struct against {
  using loop_type = L;
  using broker_type = B;
};
struct against_names {
  template <class Case>
  static std::string GetName(int) {
    return std::string(Case::loop_type::name) + "_" + Case::broker_type::name;
  }
};
template <class List>
struct against_each;
template <class... L>
struct against_each<::testing::Types<L...>> {
  using types = ::testing::Types<against<L, external_broker>..., against<L, embedded_broker>...>;
};
using every_broker = against_each<real_loops>::types;

template <class Case>
class mqtt_provider_real : public mqtt_provider_base<typename Case::loop_type> {
 protected:
  mqtt_provider_real() {
    lower.add("tls", parley::files::tls_maker());
    lower.add("tls_server", parley::files::tls_server_maker());
  }

  // Starts it; once in a test.
  void begin(broker_wish wish = {}) {
    is_tls = wish.tls;
    server = std::make_unique<typename Case::broker_type>(this->home, lower, std::move(wish));
  }
  mqtt_config config_of(std::string id = {}) {
    mqtt_config c;
    c.broker = "127.0.0.1";
    c.port = server->port();
    c.tls_enable = is_tls;
    if (is_tls) c.tls_ca_certs = files().ca;
    c.client_id = std::move(id);
    c.qos = qos::at_least_once;
    c.reconnect.base = 10ms;
    c.reconnect.cap = 100ms;
    c.with = &lower;
    c.watch = &this->watch;
    return c;
  }
  // mosquitto_pub with these words, to its end; its exit code.
  int publish(std::vector<std::string> more) {
    auto words = mosquitto::client_words("mosquitto_pub", server->port(), is_tls);
    words.insert(words.end(), more.begin(), more.end());
    child publisher(words);
    return this->at.run_until([&] { return publisher.has_ended(); }) ? publisher.code() : -1;
  }
  // mosquitto_sub that has subscribed.
  std::unique_ptr<child> listen_for(const std::string& filter, std::vector<std::string> more) {
    auto words = mosquitto::listener_words(filter, server->port(), is_tls);
    words.insert(words.end(), more.begin(), more.end());
    auto made = std::make_unique<child>(words);
    const bool ok =
        this->at.run_until([&] { return mosquitto::has_subscribed(*made) || made->has_ended(); });
    if (!ok || made->has_ended()) throw std::runtime_error(made->out() + made->err());
    return made;
  }
  strings heard(const child& listener, std::size_t n) {
    (void)this->at.run_until([&] { return mosquitto::lines_of(listener).size() >= n; });
    return mosquitto::lines_of(listener);
  }

  transports lower;
  std::unique_ptr<typename Case::broker_type> server;
  bool is_tls = false;
};

}  // namespace parley::test
