// grpc_provider on libuv, at both ends: calls of one loop, answered on the other's.
#include <uv.h>

#include <parley/adapters/grpc/grpc_provider.hpp>
#include <parley/adapters/uv/loop.hpp>
#include <parley/core/async/task.hpp>

#include "common/wrong.hpp"
#include "harness.hpp"

namespace parley::bench {
namespace {

class bare_loop {
 public:
  bare_loop() { uv_loop_init(&loop_); }
  bare_loop(const bare_loop&) = delete;
  bare_loop& operator=(const bare_loop&) = delete;
  ~bare_loop() {
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }
  uv_loop_t* get() noexcept { return &loop_; }
  void turn() { uv_run(&loop_, UV_RUN_ONCE); }

 private:
  uv_loop_t loop_;
};

template <class T>
T must(result<T> r) {
  if (!r) wrong("parley", r.error().to_string());
  if constexpr (!std::is_void_v<T>) return *std::move(r);
}

// --- the server ----------------------------------------------------------------------------------

result<value> calculate(const value& v) {
  return fields("result", *v["x"].as_int() + *v["y"].as_int());
}

void echo(grpc_answer a) {
  grpc_message same = a.request();
  a.reply(std::move(same));
}

// {"count": n, "body": what to send so often}: bytes are sent as raw ones.
task<> feed(grpc_stream s) {
  const auto asked = must(co_await s.read());
  const value wish = asked->content();
  for (std::int64_t left = *wish["count"].as_int(); left > 0; --left) {
    const value& body = wish["body"];
    grpc_message each = body.is_bytes() ? grpc_message::from_bytes(body.bytes()) : body;
    if (const auto ok = co_await s.write(std::move(each)); !ok) co_return;
  }
  s.end();
}

void serve(const std::string& path) {
  use_servers_processor();
  bare_loop bare;
  uv::loop on(bare.get());
  grpc_provider server(on, {.socket_path = path});
  server.initialize().then([](result<void> ok) { must(std::move(ok)); });
  must(server.serve("echo", &echo));
  server.create_callable("calculate", call_handler(&calculate)).then([](result<callable> made) {
    must(std::move(made));
  });
  must(server.serve_stream("feed", [&](grpc_stream s) { (void)spawn(on, feed(std::move(s))); }));
  for (;;) bare.turn();
}

// --- the client ----------------------------------------------------------------------------------

class provider_client final : public grpc_client {
 public:
  provider_client(const std::string& path, bool is_value)
      : is_value_(is_value), raw_(raw_size, 'x') {
    grpc_config c;
    c.socket_path = path;
    c.is_server = false;
    c.connect_timeout = std::chrono::seconds(30);
    api_ = std::make_unique<grpc_provider>(on_, std::move(c));
    bool is_up = false;
    api_->initialize().then([&](result<void> ok) {
      must(std::move(ok));
      is_up = true;
    });
    while (!is_up) bare_.turn();
    api_->create_callable("calculate").then([this](result<callable> made) {
      calculate_ = must(std::move(made));
    });
    while (!calculate_) bare_.turn();
  }

  void call(std::size_t count, std::size_t depth, latencies& to) override {
    left_ = count;
    under_way_ = 0;
    to_ = &to;
    for (std::size_t i = 0; i < depth; ++i) next();
    while (under_way_ > 0) bare_.turn();
  }

  void stream(std::size_t count) override {
    std::optional<result<std::size_t>> got;
    spawn(on_, receive(count)).then([&](result<std::size_t> n) { got = std::move(n); });
    while (!got) bare_.turn();
    if (must(*std::move(got)) != count) wrong("parley", "messages are missing");
  }

 private:
  void next() {
    if (left_ == 0) return;
    --left_;
    ++under_way_;
    const auto began = latencies::clock::now();
    if (is_value_) {
      calculate_->call(fields("x", 10, "y", 32)).then([this, began](result<value> got) {
        to_->add(began);
        if (must(std::move(got))["result"].as_int() != 42) wrong("parley", "another answer");
        ended();
      });
    } else {
      api_->call("echo", grpc_message::from_bytes(as_bytes(raw_)))
          .then([this, began](result<grpc_reply> got) {
            to_->add(began);
            if (as_text(must(std::move(got)).message.bytes()) != raw_) {
              wrong("parley", "another answer");
            }
            ended();
          });
    }
  }
  void ended() {
    --under_way_;
    next();
  }

  task<result<std::size_t>> receive(std::size_t count) {
    const value body = is_value_ ? fields("x", 10, "y", 32) : value::from_bytes(as_bytes(raw_));
    value wish = fields("count", count, "body", body);
    auto opened = api_->open("feed", grpc_kind::server_stream, std::move(wish));
    if (!opened) co_return std::unexpected(opened.error());
    for (std::size_t got = 0;; ++got) {
      auto each = co_await opened->read();
      if (!each) co_return std::unexpected(each.error());
      if (!*each) co_return got;
      const grpc_message& m = **each;
      const bool is_right =
          is_value_ ? m.content()["y"].as_int() == 32 : as_text(m.bytes()) == raw_;
      if (!is_right) wrong("parley", "another message was due");
    }
  }

  bool is_value_;
  std::string raw_;
  bare_loop bare_;
  uv::loop on_{bare_.get()};
  std::unique_ptr<grpc_provider> api_;
  std::optional<callable> calculate_;
  std::size_t left_ = 0;
  std::size_t under_way_ = 0;
  latencies* to_ = nullptr;
};

[[maybe_unused]] const bool registered = add_grpc_peer({
    "parley",
    &serve,
    [](const std::string& path, bool is_value) -> std::unique_ptr<grpc_client> {
      return std::make_unique<provider_client>(path, is_value);
    },
});

}  // namespace
}  // namespace parley::bench
