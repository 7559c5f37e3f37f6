// parley::websocket_server on libuv and on Boost.Asio.
#include <uv.h>

#include <parley/adapters/uv/loop.hpp>
#include <parley/build_config.hpp>
#include <parley/codecs/websocket/websocket_server.hpp>
#include <variant>

#include "echo.hpp"

#if PARLEY_HAS_ASIO
#include <boost/asio/io_context.hpp>
#include <parley/adapters/asio/loop.hpp>
#endif

namespace parley::bench {
namespace {

struct echo_handler final : websocket_handler {
  void on_event(websocket_peer& peer, websocket::event& event, time_point now) override {
    if (const auto* m = std::get_if<websocket::message_event>(&event)) {
      (void)peer.machine().send(m->type, m->data, now);
    }
  }
};

// Serves on `on` until the process ends; turn() waits for something to happen.
template <class Turn>
void serve_on(loop& on, std::uint16_t port, Turn turn) {
  echo_handler handler;
  websocket_server server(on, handler, {.port = port});
  if (auto ok = server.listen(); !ok) wrong("parley", ok.error().to_string());
  for (;;) turn();
}

void serve_uv(std::uint16_t port) {
  uv_loop_t bare;
  uv_loop_init(&bare);
  uv::loop on(&bare);
  serve_on(on, port, [&] { uv_run(&bare, UV_RUN_ONCE); });
}

#if PARLEY_HAS_ASIO
void serve_asio(std::uint16_t port) {
  boost::asio::io_context context(1);
  asio::loop on(context);
  serve_on(on, port, [&] { context.run_one(); });
}
#endif

[[maybe_unused]] const bool registered = add_echo<serve_uv>("parley_uv")
#if PARLEY_HAS_ASIO
                                         && add_echo<serve_asio>("parley_asio")
#endif
    ;

}  // namespace
}  // namespace parley::bench
