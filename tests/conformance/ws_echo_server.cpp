// A websocket_server for other people's clients and conformance suites; echoes each message with
// its type, at any path.
//   build/conformance/ws_echo_server PORT [--no-deflate] [--max-message N] [LOOP]
// N is in bytes, 64 MiB by default. LOOP is blocking (the default), uv or asio. Runs until it is
// ended by a signal.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <parley/build_config.hpp>
#include <string_view>
#if PARLEY_HAS_WEBSOCKET && PARLEY_HAS_BLOCKING
#include <parley/adapters/blocking/loop.hpp>

#include "support/websocket_echo.hpp"
#if PARLEY_HAS_UV
#include <uv.h>

#include <parley/adapters/uv/loop.hpp>
#endif
#if PARLEY_HAS_ASIO
#include <boost/asio/io_context.hpp>
#include <parley/adapters/asio/loop.hpp>
#endif

namespace {

struct choices {
  parley::websocket_server_config config{};
  std::string_view loop = "blocking";
};

choices read(int argc, char** argv) {
  choices c;
  c.config.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  c.config.limits.max_size = std::uint64_t{64} << 20;
  // Suites send what compresses better than any message of a program does.
  c.config.deflate.max_ratio = 0;
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--no-deflate") {
      c.config.deflate.enabled = false;
    } else if (word == "--max-message" && i + 1 < argc) {
      c.config.limits.max_size = std::strtoull(argv[++i], nullptr, 10);
    } else {
      c.loop = word;
    }
  }
  // An echo that waits, below high_water, must leave room for the largest one.
  const auto most = static_cast<std::size_t>(c.config.limits.max_size);
  c.config.limits.max_output = std::max(c.config.limits.max_output, 2 * most);
  return c;
}

bool listen(parley::websocket_server& server) {
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
  const choices c = read(argc, argv);
  parley::test::websocket_echo echo(c.config.limits.high_water);
#if PARLEY_HAS_UV
  if (c.loop == "uv") {
    parley::uv::loop loop{uv_default_loop()};
    parley::websocket_server server(loop, echo, c.config);
    return listen(server) ? uv_run(uv_default_loop(), UV_RUN_DEFAULT) : 1;
  }
#endif
#if PARLEY_HAS_ASIO
  if (c.loop == "asio") {
    boost::asio::io_context context;
    parley::asio::loop loop(context);
    parley::websocket_server server(loop, echo, c.config);
    if (!listen(server)) return 1;
    context.run();
    return 0;
  }
#endif
  if (c.loop != "blocking") return 2;
  parley::blocking::loop loop;
  parley::websocket_server server(loop, echo, c.config);
  if (!listen(server)) return 1;
  loop.run();
  return 0;
}
#else
int main() {
  std::puts("built without codecs/websocket or adapters/blocking");
  return 2;
}
#endif
