// rest_provider on libuv and on Boost.Asio, and `parley_http`: the same answers by a handler that
// is written against http_server by hand, on libuv, with the same values and JSON.
#include <uv.h>

#include <memory>
#include <optional>
#include <parley/adapters/uv/loop.hpp>
#include <parley/build_config.hpp>
#include <parley/codecs/http/http_server.hpp>
#include <parley/codecs/http/rest_provider.hpp>
#include <parley/codecs/json/json.hpp>
#include <string>
#include <variant>

#include "client.hpp"
#include "ours.hpp"
#include "served.hpp"

#if PARLEY_HAS_ASIO
#include <boost/asio/io_context.hpp>
#include <parley/adapters/asio/loop.hpp>
#endif

namespace parley::bench {
namespace {

void must(const result<void>& ok) {
  if (!ok) wrong("parley", ok.error().to_string());
}

result<rest_reply> calculate(rest_request& request) {
  auto made = calculated(request["body"]);
  if (!made) return std::unexpected(std::move(made).error());
  return *std::move(made);
}

result<rest_reply> find_item(rest_request& request) {
  return article(*request.parameters().as_uint("id"));
}

// Serves on `on` until the process ends; turn() waits for something to happen.
template <class Turn>
void provide_on(loop& on, std::uint16_t port, Turn turn) {
  rest_provider server(on, {.host = "127.0.0.1", .port = port});
  server.initialize().then(must);
  std::optional<callable> served;
  server.create_callable(calculate_path, rest_handler(calculate)).then([&](result<callable> made) {
    if (!made) wrong("parley", made.error().to_string());
    served = *std::move(made);
  });
  if (const auto made = server.route("GET", "/api/items/{id:uint}", rest_handler(find_item));
      !made) {
    wrong("parley", made.error().to_string());
  }
  for (;;) turn();
}

// A connection has one request at a time: what comes behind it waits.
class bare_handler final : public http_handler {
 public:
  void on_event(http_peer& peer, http::server::event& event, time_point now) override {
    auto* asked = static_cast<request*>(peer.user);
    if (const auto* head = std::get_if<http::request_event>(&event)) {
      if (!asked) peer.user = asked = new request;
      asked->is_post = head->head->verb == http::method::post;
      asked->path = head->head->path();
      asked->body.clear();
    } else if (const auto* body = std::get_if<http::body_event>(&event)) {
      asked->body += as_text(body->data);
    } else if (const auto* end = std::get_if<http::request_end>(&event)) {
      answer(peer, end->id, *asked, now);
    } else if (std::holds_alternative<closed>(event)) {
      delete asked;
      peer.user = nullptr;
    }
  }

 private:
  struct request {
    std::string path, body;
    bool is_post = false;
  };

  void answer(http_peer& peer, http::request_id id, const request& asked, time_point now) {
    const auto made = make(asked);
    text_.clear();
    const bool is_good = made && json::write(*made, text_);
    const http::header type{"Content-Type", "application/json"};
    const http::response head{.status = static_cast<std::uint16_t>(is_good ? 200 : 400),
                              .headers = std::span(&type, 1)};
    (void)peer.machine().respond(id, head, text_, now);
  }

  static result<value> make(const request& asked) {
    if (const auto number = item_number(asked.path); number && !asked.is_post) {
      return article(*number);
    }
    if (asked.path != calculate_path || !asked.is_post) return fail(errc::invalid_argument);
    const auto body = json::parse(asked.body);
    if (!body) return std::unexpected(body.error());
    return calculated(*body);
  }

  std::string text_;
};

template <class Turn>
void serve_bare_on(loop& on, std::uint16_t port, Turn turn) {
  bare_handler handler;
  http_server server(on, handler, {.port = port});
  must(server.listen());
  for (;;) turn();
}

void serve_uv(std::uint16_t port) {
  uv_loop_t bare;
  uv_loop_init(&bare);
  uv::loop on(&bare);
  provide_on(on, port, [&] { uv_run(&bare, UV_RUN_ONCE); });
}

void serve_bare_uv(std::uint16_t port) {
  uv_loop_t bare;
  uv_loop_init(&bare);
  uv::loop on(&bare);
  serve_bare_on(on, port, [&] { uv_run(&bare, UV_RUN_ONCE); });
}

#if PARLEY_HAS_ASIO
void serve_asio(std::uint16_t port) {
  boost::asio::io_context context(1);
  asio::loop on(context);
  provide_on(on, port, [&] { context.run_one(); });
}
#endif

[[maybe_unused]] const bool registered = add_served<serve_uv>("parley_uv") &&
#if PARLEY_HAS_ASIO
                                         add_served<serve_asio>("parley_asio") &&
#endif
                                         add_served<serve_bare_uv>("parley_http");

}  // namespace

const std::string& calculating_url() {
  static const loopback_server one = start_loopback_server(serve_bare_uv);
  static const std::string url = "http://127.0.0.1:" + std::to_string(one.port);
  return url;
}

}  // namespace parley::bench
