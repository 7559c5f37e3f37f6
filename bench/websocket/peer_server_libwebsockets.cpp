// libwebsockets, in one thread, on its own loop of poll() and on libuv. What is received waits with
// the room that lws_write() asks for, and is written from the callback for a writeable socket, as
// its documentation wants it: more than one message while the socket takes more.
#include <libwebsockets.h>

#include <cstring>
#include <new>
#include <vector>

#include "echo.hpp"

namespace parley::bench {
namespace {

// Of one connection: libwebsockets gives the memory, zeroed, and calls no constructor.
class session {
 public:
  void keep(lws* at, const void* data, std::size_t size) {
    const auto type = lws_frame_is_binary(at) ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
    const int flags =
        lws_write_ws_flags(type, lws_is_first_fragment(at), lws_is_final_fragment(at));
    const std::size_t begin = room_.size() + LWS_PRE;
    room_.resize(begin + size);
    std::memcpy(&room_[begin], data, size);
    waiting_.push_back({begin, size, static_cast<lws_write_protocol>(flags)});
  }

  // False if the connection is lost.
  bool write(lws* at) {
    while (next_ < waiting_.size()) {
      const piece& p = waiting_[next_++];
      if (lws_write(at, &room_[p.begin], p.size, p.flags) < static_cast<int>(p.size)) return false;
      if (next_ < waiting_.size() && lws_send_pipe_choked(at) != 0) {
        lws_callback_on_writable(at);
        return true;
      }
    }
    room_.clear();
    waiting_.clear();
    next_ = 0;
    return true;
  }

 private:
  struct piece {
    std::size_t begin, size;
    lws_write_protocol flags;
  };

  std::vector<unsigned char> room_;  // kept, as large as it was once
  std::vector<piece> waiting_;
  std::size_t next_ = 0;
};

int on_event(lws* at, lws_callback_reasons why, void* user, void* in, std::size_t size) {
  auto* const s = static_cast<session*>(user);
  switch (why) {
    case LWS_CALLBACK_ESTABLISHED:
      new (user) session;
      break;
    case LWS_CALLBACK_CLOSED:
      s->~session();
      break;
    case LWS_CALLBACK_RECEIVE:
      s->keep(at, in, size);
      lws_callback_on_writable(at);
      break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return s->write(at) ? 0 : -1;
    default:
      break;
  }
  return 0;
}

void serve_with(std::uint16_t port, std::uint64_t options) {
  lws_set_log_level(LLL_ERR, nullptr);
  const lws_protocols protocols[] = {{"echo", on_event, sizeof(session), 4096, 0, nullptr, 0},
                                     {nullptr, nullptr, 0, 0, 0, nullptr, 0}};
  lws_context_creation_info info{};
  info.port = port;
  info.iface = "127.0.0.1";
  info.protocols = protocols;
  info.options = options;
  info.gid = -1;
  info.uid = -1;
  lws_context* const context = lws_create_context(&info);
  if (context == nullptr) wrong("libwebsockets", "no context");
  while (lws_service(context, 0) >= 0) {
  }
}

void serve(std::uint16_t port) { serve_with(port, 0); }
void serve_uv(std::uint16_t port) { serve_with(port, LWS_SERVER_OPTION_LIBUV); }

[[maybe_unused]] const bool registered =
    add_echo<serve>("libwebsockets") && add_echo<serve_uv>("libwebsockets_uv");

}  // namespace
}  // namespace parley::bench
