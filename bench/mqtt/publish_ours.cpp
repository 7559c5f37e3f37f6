// mqtt_client with a completion for each message, on the blocking loop and on libuv.
#include <uv.h>

#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/uv/loop.hpp>
#include <parley/codecs/mqtt/mqtt_client.hpp>

#include "common/wrong.hpp"
#include "publish.hpp"

namespace parley::bench {
namespace {

struct on_blocking {
  blocking::loop loop;
  void turn() { loop.run_once(std::chrono::seconds(10)); }
};

struct raw_uv {
  uv_loop_t raw;
  raw_uv() { uv_loop_init(&raw); }
  raw_uv(const raw_uv&) = delete;
  raw_uv& operator=(const raw_uv&) = delete;
  ~raw_uv() {
    uv_run(&raw, UV_RUN_DEFAULT);
    uv_loop_close(&raw);
  }
};
struct on_uv : raw_uv {
  uv::loop loop{&raw};
  void turn() { uv_run(&raw, UV_RUN_ONCE); }
};

mqtt_config config_for(std::uint16_t port, int q) {
  mqtt_config c;
  c.broker = "127.0.0.1";
  c.port = port;
  c.qos = static_cast<mqtt::qos>(q);
  return c;
}

template <class Loop>
class ours {
 public:
  ours(std::uint16_t port, int q) : client_(on_.loop, config_for(port, q)) {
    bool is_up = false;
    client_.connect().then([&](result<void> r) {
      if (!r) wrong("parley", r.error().to_string());
      is_up = true;
    });
    while (!is_up) on_.turn();
  }
  void run() {
    left_ = publish_window;
    for (std::size_t i = 0; i < publish_window; ++i) {
      client_.publish(publish_topic, std::string_view(publish_payload))
          .then([this](result<mqtt::reason_code> r) {
            if (!r) wrong("parley", r.error().to_string());
            --left_;
          });
    }
    while (left_ > 0 || client_.machine().buffered() > 0) on_.turn();
  }

 private:
  Loop on_;
  mqtt_client client_;
  std::size_t left_ = 0;
};

[[maybe_unused]] const bool registered =
    add_publisher<ours<on_blocking>>("parley") && add_publisher<ours<on_uv>>("parley_uv");

}  // namespace
}  // namespace parley::bench
