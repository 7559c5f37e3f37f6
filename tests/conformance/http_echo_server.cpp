// An http_server for other people's clients and conformance suites; echoes the body of any method.
//   build/conformance/http_echo_server PORT [LOOP]
// LOOP is blocking (the default), uv or asio. Runs until it is ended by a signal.
#include <cstdio>
#include <cstdlib>
#include <parley/build_config.hpp>
#include <string_view>
#if PARLEY_HAS_HTTP && PARLEY_HAS_BLOCKING
#include <parley/adapters/blocking/loop.hpp>

#include "support/http_echo.hpp"
#if PARLEY_HAS_UV
#include <uv.h>

#include <parley/adapters/uv/loop.hpp>
#endif
#if PARLEY_HAS_ASIO
#include <boost/asio/io_context.hpp>
#include <parley/adapters/asio/loop.hpp>
#endif

namespace {

parley::http_server_config config_of(const char* port) {
  parley::http_server_config c{.port = static_cast<std::uint16_t>(std::atoi(port))};
  // Bodies go through in pieces, so that their size does not matter.
  c.limits.message.body = std::uint64_t{1} << 40;
  return c;
}

bool listen(parley::http_server& server) {
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
  parley::test::http_echo echo;
  const parley::http_server_config config = config_of(argv[1]);
  const std::string_view kind = argc > 2 ? argv[2] : "blocking";
#if PARLEY_HAS_UV
  if (kind == "uv") {
    parley::uv::loop loop{uv_default_loop()};
    parley::http_server server(loop, echo, config);
    return listen(server) ? uv_run(uv_default_loop(), UV_RUN_DEFAULT) : 1;
  }
#endif
#if PARLEY_HAS_ASIO
  if (kind == "asio") {
    boost::asio::io_context context;
    parley::asio::loop loop(context);
    parley::http_server server(loop, echo, config);
    if (!listen(server)) return 1;
    context.run();
    return 0;
  }
#endif
  if (kind != "blocking") return 2;
  parley::blocking::loop loop;
  parley::http_server server(loop, echo, config);
  if (!listen(server)) return 1;
  loop.run();
  return 0;
}
#else
int main() {
  std::puts("built without codecs/http or adapters/blocking");
  return 2;
}
#endif
