#include "reference/wslay.hpp"

#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>

namespace parley::test {
namespace {

class reader {
 public:
  reader(const websocket_stream& stream, std::string_view bytes, std::size_t chunk)
      : bytes_(bytes), chunk_(chunk) {
    wslay_event_callbacks calls{};
    calls.recv_callback = [](wslay_event_context_ptr context, std::uint8_t* to, std::size_t size,
                             int, void* self) {
      return static_cast<reader*>(self)->give(context, to, size);
    };
    calls.send_callback = [](wslay_event_context_ptr, const std::uint8_t* from, std::size_t size,
                             int, void* self) {
      static_cast<reader*>(self)->sent_.append(reinterpret_cast<const char*>(from), size);
      return static_cast<ssize_t>(size);
    };
    // A zero mask: what is sent can be read.
    calls.genmask_callback = [](wslay_event_context_ptr, std::uint8_t* to, std::size_t size,
                                void*) {
      std::memset(to, 0, size);
      return 0;
    };
    calls.on_msg_recv_callback = [](wslay_event_context_ptr,
                                    const wslay_event_on_msg_recv_arg* message,
                                    void* self) { static_cast<reader*>(self)->add(*message); };
    const bool serves = stream.own == websocket::role::server;
    (serves ? wslay_event_context_server_init : wslay_event_context_client_init)(&context_, &calls,
                                                                                 this);
    if (stream.deflate) wslay_event_config_set_allowed_rsv_bits(context_, WSLAY_RSV1_BIT);
    wslay_event_config_set_max_recv_msg_length(context_, stream.bounds.message);
  }
  ~reader() { wslay_event_context_free(context_); }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  websocket_reading read() {
    // A call ends where a read was short.
    while (!bytes_.empty() && wslay_event_get_read_enabled(context_) != 0) {
      if (wslay_event_recv(context_) != 0) {
        all_.refused = 1002;  // a header that its lower layer refuses
        return std::move(all_);
      }
    }
    all_.closed = wslay_event_get_close_received(context_) != 0;
    if (!all_.closed && wslay_event_get_read_enabled(context_) == 0) all_.refused = code_it_sends();
    return std::move(all_);
  }

 private:
  ssize_t give(wslay_event_context_ptr context, std::uint8_t* to, std::size_t size) {
    if (bytes_.empty()) {
      wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
    const std::size_t n = std::min({size, chunk_, bytes_.size()});
    std::memcpy(to, bytes_.data(), n);
    bytes_.remove_prefix(n);
    return static_cast<ssize_t>(n);
  }

  void add(const wslay_event_on_msg_recv_arg& message) {
    all_.messages.push_back(
        {static_cast<websocket::opcode>(message.opcode), wslay_get_rsv1(message.rsv) != 0,
         std::string(reinterpret_cast<const char*>(message.msg), message.msg_length)});
  }

  // It answers a fault with a close frame, the last of what it sends.
  unsigned code_it_sends() {
    wslay_event_send(context_);
    return wslay_event_get_status_code_sent(context_);
  }

  std::string_view bytes_;
  std::size_t chunk_;
  websocket_reading all_;
  std::string sent_;
  wslay_event_context_ptr context_ = nullptr;
};

}  // namespace

websocket_reading wslay_read(const websocket_stream& stream, std::string_view bytes,
                             std::size_t chunk) {
  return reader(stream, bytes, chunk).read();
}

}  // namespace parley::test
