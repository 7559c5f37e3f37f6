// An embedded MQTT broker as a process, for tests that kill it: `mqtt_broker STORE [PORT]`. Prints
// its port, and serves until it is ended.
#include <cstdio>
#include <cstdlib>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/files/store/file_store.hpp>
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <string>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  auto kept = parley::files::file_store::open({.path = argv[1]});
  if (!kept) {
    std::fprintf(stderr, "%s\n", kept.error().to_string().c_str());
    return 1;
  }
  parley::blocking::loop loop;
  parley::mqtt_broker_config config;
  config.port = argc > 2 ? static_cast<std::uint16_t>(std::atoi(argv[2])) : std::uint16_t{0};
  config.kept = kept->get();
  parley::mqtt_broker broker(loop, config);
  if (auto ok = broker.listen(); !ok) {
    std::fprintf(stderr, "%s\n", ok.error().to_string().c_str());
    return 1;
  }
  std::printf("%u\n", static_cast<unsigned>(broker.local_address()->port()));
  std::fflush(stdout);
  loop.run();
  return 0;
}
