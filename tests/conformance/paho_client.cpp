// Eclipse Paho's C client as a client of the broker: a program of its own, as it has threads.
//   paho_client URL 3.1.1|5 [CA]      tcp://, ssl://, ws://, wss://
// Prints "ok" after a conversation in which everything was right; else what was not.
#include <MQTTClient.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace {

std::string url, ca;
bool five = false;

void must(bool condition, const char* what, int code = 0) {
  if (condition) return;
  std::printf("WRONG: %s (%d)\n", what, code);
  std::exit(1);
}

struct heard {
  std::string topic{}, text{};
  int qos = 0;
  bool retained = false;
  int subscription = 0;  // identifier
  std::string response_topic{};
};

class client {
 public:
  explicit client(const std::string& id) {
    MQTTClient_createOptions how = MQTTClient_createOptions_initializer;
    how.MQTTVersion = five ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
    const int code = MQTTClient_createWithOptions(&handle_, url.c_str(), id.c_str(),
                                                  MQTTCLIENT_PERSISTENCE_NONE, nullptr, &how);
    must(code == MQTTCLIENT_SUCCESS, "create", code);
  }
  ~client() {
    // Without it the library keeps the TLS session of a connection that was lost.
    (void)MQTTClient_disconnect(handle_, 0);
    MQTTClient_destroy(&handle_);
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  // Whether the server has kept a session; with MQTT 5 the library does not say it.
  bool connect(bool clean, const char* will = nullptr) {
    MQTTClient_connectOptions how = MQTTClient_connectOptions_initializer;
    MQTTClient_connectOptions how5 = MQTTClient_connectOptions_initializer5;
    MQTTClient_connectOptions& o = five ? how5 : how;
    MQTTClient_willOptions last = MQTTClient_willOptions_initializer;
    MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
    MQTTProperties props = MQTTProperties_initializer;
    o.MQTTVersion = five ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
    (five ? o.cleanstart : o.cleansession) = clean ? 1 : 0;
    o.connectTimeout = 10;
    if (will != nullptr) {
      last.topicName = will;
      last.message = "gone";
      last.qos = 1;
      o.will = &last;
    }
    if (!ca.empty()) {
      tls.trustStore = ca.c_str();
      tls.verify = 1;
      o.ssl = &tls;
    }
    if (!five) {
      const int code = MQTTClient_connect(handle_, &o);
      must(code == MQTTCLIENT_SUCCESS, "connect", code);
      return o.returned.sessionPresent != 0;
    }
    MQTTProperty expiry{};
    expiry.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL;
    expiry.value.integer4 = clean ? 0 : 100;
    MQTTProperties_add(&props, &expiry);
    const MQTTResponse r = MQTTClient_connect5(handle_, &o, &props, nullptr);
    MQTTProperties_free(&props);
    must(r.reasonCode == MQTTREASONCODE_SUCCESS, "connect", r.reasonCode);
    MQTTResponse_free(r);
    return false;
  }
  void disconnect() {
    const int code = five ? MQTTClient_disconnect5(handle_, 1000, MQTTREASONCODE_SUCCESS, nullptr)
                          : MQTTClient_disconnect(handle_, 1000);
    must(code == MQTTCLIENT_SUCCESS, "disconnect", code);
  }
  // DISCONNECT with 4: the will is published all the same (MQTT 5).
  void leave_with_will() {
    (void)MQTTClient_disconnect5(handle_, 1000, MQTTREASONCODE_DISCONNECT_WITH_WILL_MESSAGE,
                                 nullptr);
  }

  void subscribe(const char* filter, int qos, int identifier = 0) {
    if (!five) {
      must(MQTTClient_subscribe(handle_, filter, qos) == MQTTCLIENT_SUCCESS, "subscribe");
      return;
    }
    MQTTSubscribe_options how = MQTTSubscribe_options_initializer;
    MQTTProperties props = MQTTProperties_initializer;
    if (identifier != 0) {
      MQTTProperty p{};
      p.identifier = MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER;
      p.value.integer4 = static_cast<unsigned>(identifier);
      MQTTProperties_add(&props, &p);
    }
    const MQTTResponse r = MQTTClient_subscribe5(handle_, filter, qos, &how, &props);
    must(static_cast<int>(r.reasonCode) == qos, "subscribe", r.reasonCode);
    MQTTProperties_free(&props);
    MQTTResponse_free(r);
  }

  // To the end of its quality of service.
  void publish(const char* topic, const std::string& text, int qos, bool retained = false,
               const char* response_topic = nullptr) {
    MQTTClient_message m = MQTTClient_message_initializer;
    m.payload = const_cast<char*>(text.data());
    m.payloadlen = static_cast<int>(text.size());
    m.qos = qos;
    m.retained = retained ? 1 : 0;
    MQTTClient_deliveryToken token = 0;
    if (five) {
      if (response_topic != nullptr) {
        MQTTProperty p{};
        p.identifier = MQTTPROPERTY_CODE_RESPONSE_TOPIC;
        p.value.data.data = const_cast<char*>(response_topic);
        p.value.data.len = static_cast<int>(std::string(response_topic).size());
        MQTTProperties_add(&m.properties, &p);
      }
      const MQTTResponse r = MQTTClient_publishMessage5(handle_, topic, &m, &token);
      must(r.reasonCode == MQTTREASONCODE_SUCCESS, "publish", r.reasonCode);
      MQTTProperties_free(&m.properties);
      MQTTResponse_free(r);
    } else {
      must(MQTTClient_publishMessage(handle_, topic, &m, &token) == MQTTCLIENT_SUCCESS, "publish");
    }
    if (qos == 0) return;
    must(MQTTClient_waitForCompletion(handle_, token, 10'000) == MQTTCLIENT_SUCCESS, "delivery");
  }

  heard hear(const char* what) {
    char* topic = nullptr;
    int length = 0;
    MQTTClient_message* m = nullptr;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (m == nullptr && std::chrono::steady_clock::now() < until) {
      // An error may be that of another client: all sockets are read by whoever waits.
      (void)MQTTClient_receive(handle_, &topic, &length, &m, 1000);
    }
    must(m != nullptr, what);
    heard got{topic,
              std::string(static_cast<char*>(m->payload), static_cast<std::size_t>(m->payloadlen)),
              m->qos, m->retained != 0};
    if (five) {
      if (MQTTProperties_hasProperty(&m->properties, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER)) {
        got.subscription = static_cast<int>(MQTTProperties_getNumericValue(
            &m->properties, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER));
      }
      if (const MQTTProperty* p =
              MQTTProperties_getProperty(&m->properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC)) {
        got.response_topic.assign(p->value.data.data, static_cast<std::size_t>(p->value.data.len));
      }
    }
    MQTTClient_freeMessage(&m);
    MQTTClient_free(topic);
    return got;
  }

 private:
  MQTTClient handle_ = nullptr;
};

void qualities() {
  client one("paho");
  one.connect(true);
  one.subscribe("q/#", 2);
  for (const int qos : {0, 1, 2}) {
    const std::string text(static_cast<std::size_t>(qos) * 100'000, 'x');
    one.publish(("q/" + std::to_string(qos)).c_str(), text, qos);
    const heard got = one.hear("a message");
    must(got.topic == "q/" + std::to_string(qos) && got.qos == qos, "topic and quality", got.qos);
    must(got.text == text, "content");
  }
  one.disconnect();
}

void retained() {
  client one("paho");
  one.connect(true);
  one.publish("kept", "last", 1, true);
  one.subscribe("kept", 1);
  const heard got = one.hear("what is retained");
  must(got.retained && got.text == "last", "retained");
  one.publish("kept", "", 1, true);
  one.disconnect();
}

void sessions() {
  client one("paho session");
  one.connect(true);  // whatever an earlier run has left
  one.disconnect();
  must(!one.connect(false), "no session at first");
  one.subscribe("s", 2);
  one.disconnect();
  client other("paho other");
  other.connect(true);
  other.publish("s", "meanwhile", 2);
  other.disconnect();
  must(one.connect(false) || five, "the session");
  must(one.hear("what came meanwhile").text == "meanwhile", "what came meanwhile");
  one.disconnect();
  one.connect(true);
  one.disconnect();
}

// 3.1.1 has no goodbye with a will: another client with the same identifier throws it out.
void will() {
  client watching("paho watching");
  watching.connect(true);
  watching.subscribe("will", 1);
  client lost("paho lost");
  lost.connect(true, "will");
  client same("paho lost");
  if (five) {
    lost.leave_with_will();
  } else {
    same.connect(true);
  }
  must(watching.hear("the will").text == "gone", "the will");
  watching.disconnect();
}

void properties() {
  client one("paho");
  one.connect(true);
  one.subscribe("p/+", 1, 7);
  one.publish("p/1", "x", 1, false, "answers");
  const heard got = one.hear("a message with properties");
  must(got.subscription == 7 && got.response_topic == "answers", "properties");
  one.disconnect();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  url = argv[1];
  five = std::string(argv[2]) == "5";
  if (argc > 3) ca = argv[3];
  MQTTClient_init_options global = MQTTClient_init_options_initializer;
  global.do_openssl_init = 1;
  MQTTClient_global_init(&global);
  qualities();
  retained();
  sessions();
  will();
  if (five) properties();
  std::puts("ok");
  return 0;
}
