// parley::websocket_provider on libuv.
#include <uv.h>

#include <optional>
#include <parley/adapters/uv/loop.hpp>
#include <parley/build_config.hpp>

#include "broadcast.hpp"

#if PARLEY_HAS_WEBSOCKET_PROVIDER
#include <parley/codecs/websocket/websocket_provider.hpp>

namespace parley::bench {
namespace {

// libuv frees our handles in the turn after the loop has gone.
struct owned_loop {
  uv_loop_t uv;
  owned_loop() { uv_loop_init(&uv); }
  owned_loop(const owned_loop&) = delete;
  owned_loop& operator=(const owned_loop&) = delete;
  ~owned_loop() {
    uv_run(&uv, UV_RUN_DEFAULT);
    uv_loop_close(&uv);
  }
};

class our_sender {
 public:
  static constexpr bool queues = true;

  explicit our_sender(bool compressed) : provider_(loop_, config_for(compressed)) {
    finish(provider_.initialize());
    speaker_.emplace(finish(provider_.create_speaker("updates")));
    readers_.emplace(provider_.local_address()->port(), receivers, compressed,
                     use_clients_processor);
    auto what = readers::news::none;
    while ((what = readers_->look()) == readers::news::none) uv_run(&own_.uv, UV_RUN_NOWAIT);
    if (what == readers::news::gone) wrong("parley", "not everybody could connect");
  }

  void send(std::string_view text) {
    auto sent = speaker_->shout_bytes(as_bytes(text));
    std::move(sent).then([](result<delivery> r) {
      if (!r || r->receivers != receivers) wrong("parley", "not everybody takes it");
    });
  }
  void flush() {
    do {
      uv_run(&own_.uv, UV_RUN_NOWAIT);
    } while (provider_.status().queued_bytes != 0);
  }
  readers& who() { return *readers_; }

 private:
  static websocket_config config_for(bool compressed) {
    websocket_config c;
    c.host = "127.0.0.1";
    c.port = 0;
    if (compressed) c.compression = "deflate";
    return c;
  }

  template <class T>
  T finish(operation<T> op) {
    while (!op.is_complete()) uv_run(&own_.uv, UV_RUN_ONCE);
    auto outcome = op.await_resume();
    if (!outcome) wrong("parley", outcome.error().to_string());
    if constexpr (!std::is_void_v<T>) return *std::move(outcome);
  }

  owned_loop own_;
  uv::loop loop_{&own_.uv};
  websocket_provider provider_;
  std::optional<speaker> speaker_;
  std::optional<readers> readers_;
};

[[maybe_unused]] const bool registered =
    add_broadcast<our_sender>(false, "parley") && add_broadcast<our_sender>(true, "parley");

}  // namespace
}  // namespace parley::bench
#endif
