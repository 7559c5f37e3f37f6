// A callable of a rest_provider that is a client, on libuv.
#include <uv.h>

#include <optional>
#include <parley/adapters/uv/loop.hpp>
#include <parley/codecs/http/rest_provider.hpp>
#include <string>

#include "client.hpp"
#include "served.hpp"

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

class provider_client {
 public:
  provider_client(const std::string& url, std::size_t depth) : depth_(depth) {
    api_.emplace(on_, rest_config{.is_server = false, .base_url = url});
    api_->initialize().then([](result<void> ok) {
      if (!ok) wrong("parley", ok.error().to_string());
    });
    api_->create_callable(calculate_path).then([this](result<callable> made) {
      if (!made) wrong("parley", made.error().to_string());
      calculate_ = *std::move(made);
    });
    while (!calculate_) bare_.turn();
    for (std::size_t i = 0; i < depth_; ++i) call();
  }
  provider_client(const provider_client&) = delete;
  provider_client& operator=(const provider_client&) = delete;
  // What is under way is answered first: being cancelled is no right answer.
  ~provider_client() {
    is_ending_ = true;
    while (under_way_ > 0) bare_.turn();
  }

  void run() {
    const std::size_t until = ended_ + depth_;
    while (ended_ < until) bare_.turn();
  }

 private:
  void call() {
    ++under_way_;
    calculate_->call(fields("value", 21)).then([this](result<value> got) {
      if (!got) wrong("parley", got.error().to_string());
      if ((*got)["result"].as_int() != 42) wrong("parley", "another answer was due");
      --under_way_;
      ++ended_;
      if (!is_ending_) call();
    });
  }

  bare_loop bare_;
  uv::loop on_{bare_.get()};
  std::optional<rest_provider> api_;
  std::optional<callable> calculate_;
  std::size_t depth_;
  std::size_t under_way_ = 0;
  std::size_t ended_ = 0;
  bool is_ending_ = false;
};

[[maybe_unused]] const bool registered = add_client<provider_client>("parley");

}  // namespace
}  // namespace parley::bench
