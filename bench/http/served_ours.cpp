// parley::http_server on libuv and on Boost.Asio, and what an idle connection costs it.
#include <uv.h>

#include <memory>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/uv/loop.hpp>
#include <parley/build_config.hpp>
#include <parley/codecs/http/http_server.hpp>
#include <variant>
#include <vector>

#include "common/loopback.hpp"
#include "memory.hpp"
#include "served.hpp"

#if PARLEY_HAS_ASIO
#include <boost/asio/io_context.hpp>
#include <parley/adapters/asio/loop.hpp>
#endif

namespace parley::bench {
namespace {

struct hello_handler final : http_handler {
  void on_event(http_peer& peer, http::server::event& event, time_point now) override {
    if (const auto* end = std::get_if<http::request_end>(&event)) {
      (void)peer.machine().respond(end->id, {.headers = fields}, hello, now);
    }
  }

  std::vector<http::header> fields{{"Content-Type", "text/plain"}};
};

// Serves on `on` until the process ends; turn() waits for something to happen.
template <class Turn>
void serve_on(loop& on, std::uint16_t port, Turn turn) {
  hello_handler handler;
  http_server server(on, handler, {.port = port});
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

class idle_sessions {
 public:
  idle_sessions() {
    if (auto ok = server_.listen(); !ok) wrong("parley", ok.error().to_string());
    clients_.reserve(1024);
  }

  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      clients_.emplace_back(server_.local_address()->port());
      ask(clients_.back(), [this] { on_.run_once(duration::zero()); });
    }
  }
  // For longer than a connection waits before it frees what it does not need.
  void settle() {
    const time_point until = on_.now() + std::chrono::milliseconds(2500);
    while (on_.now() < until) on_.run_once(until - on_.now());
  }

 private:
  blocking::loop on_;
  hello_handler handler_;
  http_server server_{on_, handler_, {.port = 0}};
  std::vector<client_socket> clients_;
};

[[maybe_unused]] const bool registered = add_served<serve_uv>("parley_uv") &&
#if PARLEY_HAS_ASIO
                                         add_served<serve_asio>("parley_asio") &&
#endif
                                         add_memory<idle_sessions>("parley");

}  // namespace
}  // namespace parley::bench
