// A socket and packets that are made beforehand: what the system itself takes.
#include <array>

#include "common/loopback.hpp"
#include "common/wrong.hpp"
#include "publish.hpp"

namespace parley::bench {
namespace {

using namespace std::string_view_literals;

class raw {
 public:
  raw(std::uint16_t port, int q) : socket_(port), qos_(q) {
    socket_.send("\x10\x0F\x00\x04MQTT\x04\x02\x00\x00\x00\x03raw"sv);
    expect(4);
    for (std::size_t i = 0; i < publish_window; ++i) {
      const std::size_t length =
          2 + publish_topic.size() + (q > 0 ? 2 : 0) + publish_payload.size();
      publishes_ += static_cast<char>(0x30 | (q << 1));
      publishes_ += static_cast<char>(length);
      publishes_ += '\0';
      publishes_ += static_cast<char>(publish_topic.size());
      publishes_ += publish_topic;
      if (q > 0) publishes_ += {'\0', static_cast<char>(i + 1)};
      publishes_ += publish_payload;
      releases_ += {'\x62', '\x02', '\0', static_cast<char>(i + 1)};
    }
  }

  void run() {
    socket_.send(publishes_);
    if (qos_ == 0) return;
    expect(4 * publish_window);
    if (qos_ == 1) return;
    socket_.send(releases_);
    expect(4 * publish_window);
  }

 private:
  void expect(std::size_t bytes) const {
    while (bytes > 0) {
      const std::size_t n = socket_.receive().size();
      if (n == 0 || n > bytes) wrong("raw", "the answers are not those that were due");
      bytes -= n;
    }
  }

  client_socket socket_;
  int qos_;
  std::string publishes_;
  std::string releases_;
};

[[maybe_unused]] const bool registered = add_publisher<raw>("raw");

}  // namespace
}  // namespace parley::bench
