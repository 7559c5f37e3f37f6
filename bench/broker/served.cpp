// Rows `broker/SHAPE_qosN/PEER`: publishers and subscribers of this process at a broker of another
// one, over the loopback: 1 to 1, 1 to 1,000 and 1,000 to 1. The figure is the broker's processor
// time per delivered message, system calls included; `wall_per_s` is what arrived. Both brokers get
// the same bytes, of MQTT 3.1.1, with topics of 13 and payloads of 64 bytes.
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <string>
#include <thread>
#include <vector>

#include "common/process.hpp"
#include "common/wrong.hpp"

namespace parley::bench {
namespace {

using namespace std::string_literals;

constexpr std::size_t payload_size = 64;
// A subscriber acknowledges at the latest so many at once: fewer than what a broker has in flight.
constexpr std::size_t in_flight = 100;
const std::string topic = "bench/message";

void more_descriptors() {
  rlimit most{};
  (void)::getrlimit(RLIMIT_NOFILE, &most);
  most.rlim_cur = most.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &most);
}

sockaddr_in local(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at = local(0);
  socklen_t size = sizeof at;
  (void)::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at);
  (void)::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  ::close(fd);
  return ntohs(at.sin_port);
}

[[noreturn]] void be_parley(std::uint16_t port) {
  use_servers_processor();
  more_descriptors();
  blocking::loop loop;
  mqtt_broker_config config;
  config.port = port;
  mqtt_broker broker(loop, config);
  if (broker.listen()) loop.run();
  std::_Exit(1);
}

[[noreturn]] void be_mosquitto(std::uint16_t port) {
  use_servers_processor();
  more_descriptors();
  std::string path = "/tmp/parley_bench_XXXXXX";
  const int fd = ::mkstemp(path.data());
  const std::string text = "listener " + std::to_string(port) +
                           " 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\n"
                           "max_queued_messages 0\nlog_type none\n";
  if (::write(fd, text.data(), text.size()) < 0) std::_Exit(1);
  become({"mosquitto", "-c", path});
}

// A connection that says bytes and counts what comes.
class talker {
 public:
  talker(std::uint16_t port, const std::string& id) {
    const sockaddr_in at = local(port);
    for (int tries = 0; tries < 500; ++tries) {
      fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
      if (::connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) break;
      ::close(fd_);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    const int on = 1;
    (void)::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    say("\x10"s + static_cast<char>(12 + id.size()) + "\0\4MQTT\4\2\0\0\0"s +
        static_cast<char>(id.size()) + id);
    read_exactly(4);
  }
  talker(const talker&) = delete;
  talker& operator=(const talker&) = delete;
  ~talker() { ::close(fd_); }

  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      if (n <= 0) wrong("broker", "it reads no more");
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  std::string read_exactly(std::size_t size) {
    std::string all(size, '\0');
    for (std::size_t got = 0; got < size;) {
      const ssize_t n = ::read(fd_, all.data() + got, size - got);
      if (n <= 0) wrong("broker", "it has ended a connection");
      got += static_cast<std::size_t>(n);
    }
    return all;
  }

 private:
  int fd_ = -1;
};

std::string publish_packet(int qos, unsigned id) {
  const std::size_t size = 2 + topic.size() + (qos != 0 ? 2U : 0U) + payload_size;
  std::string p;
  p += static_cast<char>(0x30 | qos << 1);
  p += static_cast<char>(size);
  p += '\0';
  p += static_cast<char>(topic.size());
  p += topic;
  if (qos != 0) p += {static_cast<char>(id >> 8), static_cast<char>(id & 0xFF)};
  return p + std::string(payload_size, 'x');
}

struct shape {
  const char* name;
  std::size_t publishers, subscribers, batch;
};
constexpr std::array shapes{shape{"one_to_one", 1, 1, 100}, shape{"one_to_1000", 1, 1000, 10},
                            shape{"1000_to_one", 1000, 1, 1}};

class served_run {
 public:
  served_run(const shape& s, int qos, void (*be)(std::uint16_t)) : shape_(s), qos_(qos) {
    more_descriptors();
    const std::uint16_t port = free_port();
    broker_ = std::make_unique<child>([&] { be(port); });
    for (std::size_t i = 0; i < s.subscribers; ++i) {
      subscribers_.push_back(std::make_unique<talker>(port, "s" + std::to_string(i)));
      std::string ask = "\x82"s + static_cast<char>(5 + topic.size()) + "\0\1\0"s;
      ask += static_cast<char>(topic.size());
      subscribers_.back()->say(ask + topic + static_cast<char>(qos));
      subscribers_.back()->read_exactly(5);
    }
    for (std::size_t i = 0; i < s.publishers; ++i) {
      publishers_.push_back(std::make_unique<talker>(port, "p" + std::to_string(i)));
    }
    for (unsigned i = 1; i <= s.batch; ++i) burst_ += publish_packet(qos, i);
    size_ = publish_packet(qos, 1).size();
  }

  void run(benchmark::State& state) {
    once();
    const auto began = std::chrono::steady_clock::now();
    for (auto _ : state) {
      const double used = used_by(broker_->pid());
      once();
      state.SetIterationTime(used_by(broker_->pid()) - used);
    }
    const std::size_t each = shape_.publishers * shape_.subscribers * shape_.batch;
    const auto items = static_cast<double>(state.iterations()) * static_cast<double>(each);
    state.SetItemsProcessed(static_cast<std::int64_t>(items));
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
    state.counters["wall_per_s"] = items / wall.count();
    state.counters["cpu_ns"] =
        benchmark::Counter(items, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  }

 private:
  void once() {
    for (auto& p : publishers_) p->say(burst_);
    const std::size_t messages = shape_.publishers * shape_.batch;
    for (auto& s : subscribers_) {
      for (std::size_t left = messages; left > 0;) left -= take(*s, std::min(left, in_flight));
    }
    if (qos_ == 0) return;
    for (auto& p : publishers_) p->read_exactly(4 * shape_.batch);
  }

  // Reads so many messages and acknowledges them.
  std::size_t take(talker& s, std::size_t messages) const {
    const std::string got = s.read_exactly(messages * size_);
    if (qos_ == 0) return messages;
    std::string answers;
    for (std::size_t i = 0; i < messages; ++i) {
      answers += "\x40\x02"s + got.substr(i * size_ + 4 + topic.size(), 2);
    }
    s.say(answers);
    return messages;
  }

  const shape& shape_;
  int qos_;
  std::unique_ptr<child> broker_;
  std::vector<std::unique_ptr<talker>> subscribers_, publishers_;
  std::string burst_;
  std::size_t size_ = 0;
};

const bool registered = [] {
  for (const shape& s : shapes) {
    for (const int qos : {0, 1}) {
      for (const bool ours : {true, false}) {
        const std::string name = "broker/" + std::string(s.name) + "_qos" + std::to_string(qos) +
                                 (ours ? "/parley" : "/mosquitto");
        benchmark::RegisterBenchmark(name.c_str(), [&s, qos, ours](benchmark::State& state) {
          use_clients_processor();
          served_run(s, qos, ours ? be_parley : be_mosquitto).run(state);
        })->UseManualTime();
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace parley::bench
