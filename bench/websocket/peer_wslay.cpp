// wslay's interface for messages, the one that validates text.
#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>

#include "harness.hpp"

namespace parley::bench {
namespace {

class wslay_reader {
 public:
  explicit wslay_reader(const workload& w) : work_(w) {
    wslay_event_callbacks calls{};
    calls.recv_callback = [](wslay_event_context_ptr context, std::uint8_t* to, std::size_t size,
                             int, void* self) {
      return static_cast<wslay_reader*>(self)->give(context, to, size);
    };
    calls.on_msg_recv_callback = [](wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* m,
                                    void* self) {
      static_cast<wslay_reader*>(self)->all_.add(
          m->opcode == WSLAY_TEXT_FRAME, {reinterpret_cast<const char*>(m->msg), m->msg_length});
    };
    if (wslay_event_context_server_init(&context_, &calls, this) != 0) wrong("wslay", "no memory");
  }
  ~wslay_reader() { wslay_event_context_free(context_); }
  wslay_reader(const wslay_reader&) = delete;
  wslay_reader& operator=(const wslay_reader&) = delete;

  const seen& due() const noexcept { return work_.expected; }

  seen read() {
    all_ = {};
    rest_ = work_.bytes;
    while (!rest_.empty()) wslay_event_recv(context_);
    return all_;
  }

 private:
  ssize_t give(wslay_event_context_ptr context, std::uint8_t* to, std::size_t size) {
    if (rest_.empty()) {
      wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
    const std::size_t n = std::min(size, rest_.size());
    std::memcpy(to, rest_.data(), n);
    rest_.remove_prefix(n);
    return static_cast<ssize_t>(n);
  }

  const workload& work_;
  std::string_view rest_;
  seen all_;
  wslay_event_context_ptr context_ = nullptr;
};

[[maybe_unused]] const bool registered = add_readers<wslay_reader>("wslay");

}  // namespace
}  // namespace parley::bench
