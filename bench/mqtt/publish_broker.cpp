#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "common/loopback.hpp"
#include "common/wrong.hpp"
#include "publish.hpp"

namespace parley::bench {
namespace {

class broker {
 public:
  broker() : port_(free_port()) {
    char name[] = "/tmp/parley-bench-XXXXXX";
    if (!::mkdtemp(name)) wrong("mosquitto", "there is no temporary folder");
    folder_ = name;
    std::ofstream(folder_ + "/conf")
        << "user root\nlog_type none\npersistence false\n"
        << "allow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0\n"
        << "max_inflight_messages 0\nlistener " << port_ << " 127.0.0.1\n";
    process_ = new child([this] {
      use_servers_processor();
      become({"/usr/sbin/mosquitto", "-c", folder_ + "/conf"});
    });
    const client_socket listens(port_);
  }
  broker(const broker&) = delete;
  broker& operator=(const broker&) = delete;
  ~broker() {
    delete process_;
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_;
  std::string folder_;
  child* process_;
};

}  // namespace

std::uint16_t mosquitto_port() {
  static const broker one;
  return one.port();
}

}  // namespace parley::bench
