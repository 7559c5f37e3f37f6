// libmosquitto on this thread: mosquitto_loop().
#if __has_include(<mosquitto.h>)
#include <mosquitto.h>

#include "common/wrong.hpp"
#include "publish.hpp"

namespace parley::bench {
namespace {

class libmosquitto {
 public:
  libmosquitto(std::uint16_t port, int q) : qos_(q) {
    mosquitto_lib_init();
    made_ = mosquitto_new(nullptr, true, this);
    mosquitto_int_option(made_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_max_inflight_messages_set(made_, publish_window);
    mosquitto_connect_callback_set(made_, [](mosquitto*, void* self, int code) {
      if (code != 0) wrong("libmosquitto", "the server refuses");
      static_cast<libmosquitto*>(self)->is_up_ = true;
    });
    mosquitto_publish_callback_set(
        made_, [](mosquitto*, void* self, int) { --static_cast<libmosquitto*>(self)->left_; });
    if (mosquitto_connect(made_, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS) {
      wrong("libmosquitto", "there is no connection");
    }
    while (!is_up_) turn();
  }
  libmosquitto(const libmosquitto&) = delete;
  libmosquitto& operator=(const libmosquitto&) = delete;
  ~libmosquitto() { mosquitto_destroy(made_); }

  void run() {
    left_ = publish_window;
    for (std::size_t i = 0; i < publish_window; ++i) {
      const int code = mosquitto_publish(made_, nullptr, publish_topic.data(),
                                         static_cast<int>(publish_payload.size()),
                                         publish_payload.data(), qos_, false);
      if (code != MOSQ_ERR_SUCCESS) wrong("libmosquitto", mosquitto_strerror(code));
    }
    while (left_ > 0 || mosquitto_want_write(made_)) turn();
  }

 private:
  void turn() {
    if (mosquitto_loop(made_, 10'000, 1) != MOSQ_ERR_SUCCESS) wrong("libmosquitto", "it broke");
  }

  mosquitto* made_ = nullptr;
  int qos_;
  std::size_t left_ = 0;
  bool is_up_ = false;
};

[[maybe_unused]] const bool registered = add_publisher<libmosquitto>("libmosquitto");

}  // namespace
}  // namespace parley::bench
#endif
