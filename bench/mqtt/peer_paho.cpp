// Paho's MQTTClient without callbacks: it reads and writes on this thread. Of QoS 0 a message is
// written when the call returns.
#if __has_include(<MQTTClient.h>)
#include <MQTTClient.h>

#include <array>

#include "common/wrong.hpp"
#include "publish.hpp"

namespace parley::bench {
namespace {

class paho {
 public:
  paho(std::uint16_t port, int q) : qos_(q) {
    const std::string where = "tcp://127.0.0.1:" + std::to_string(port);
    MQTTClient_createOptions made = MQTTClient_createOptions_initializer;
    MQTTClient_createWithOptions(&client_, where.c_str(), "paho", MQTTCLIENT_PERSISTENCE_NONE,
                                 nullptr, &made);
    MQTTClient_connectOptions how = MQTTClient_connectOptions_initializer;
    how.cleansession = 1;
    how.reliable = 0;
    how.maxInflightMessages = static_cast<int>(publish_window);
    if (MQTTClient_connect(client_, &how) != MQTTCLIENT_SUCCESS) {
      wrong("paho", "there is no connection");
    }
  }
  paho(const paho&) = delete;
  paho& operator=(const paho&) = delete;
  ~paho() {
    MQTTClient_disconnect(client_, 1000);
    MQTTClient_destroy(&client_);
  }

  void run() {
    for (MQTTClient_deliveryToken& token : tokens_) {
      const int code = MQTTClient_publish(client_, publish_topic.data(),
                                          static_cast<int>(publish_payload.size()),
                                          publish_payload.data(), qos_, 0, &token);
      if (code != MQTTCLIENT_SUCCESS) wrong("paho", "it takes no message");
    }
    if (qos_ == 0) return;
    for (const MQTTClient_deliveryToken token : tokens_) {
      if (MQTTClient_waitForCompletion(client_, token, 10'000) != MQTTCLIENT_SUCCESS) {
        wrong("paho", "there is no acknowledgement");
      }
    }
  }

 private:
  MQTTClient client_{};
  int qos_;
  std::array<MQTTClient_deliveryToken, publish_window> tokens_{};
};

[[maybe_unused]] const bool registered = add_publisher<paho>("paho");

}  // namespace
}  // namespace parley::bench
#endif
