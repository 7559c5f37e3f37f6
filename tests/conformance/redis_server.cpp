// A redis_server for other people's clients and benchmarks:
//   build/conformance/redis_server PORT [LOOP]
// LOOP is blocking (the default) or uv. Runs until it is ended by a signal.
#include <cstdio>
#include <cstdlib>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/build_config.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>
#include <string_view>
#if PARLEY_HAS_UV
#include <uv.h>

#include <parley/adapters/uv/loop.hpp>
#endif

namespace {

bool listen(parley::redis_server& server) {
  const auto ok = server.listen();
  if (!ok) {
    std::puts(ok.error().to_string().c_str());
    return false;
  }
  std::printf("listening on %s\n", server.local_address()->to_string().c_str());
  std::fflush(stdout);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const parley::redis_server_config config{.port = static_cast<std::uint16_t>(std::atoi(argv[1]))};
#if PARLEY_HAS_UV
  if (argc > 2 && std::string_view(argv[2]) == "uv") {
    parley::uv::loop loop{uv_default_loop()};
    parley::redis_server server(loop, config);
    return listen(server) ? uv_run(uv_default_loop(), UV_RUN_DEFAULT) : 1;
  }
#endif
  parley::blocking::loop loop;
  parley::redis_server server(loop, config);
  if (!listen(server)) return 1;
  loop.run();
  return 0;
}
