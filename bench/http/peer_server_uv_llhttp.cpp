// Bare libuv with llhttp: no framework between them, one write for all requests of one read.
#include <arpa/inet.h>
#include <llhttp.h>
#include <uv.h>

#include <string>
#include <vector>

#include "served.hpp"

namespace parley::bench {
namespace {

class session {
 public:
  static void accept_from(uv_stream_t* listener) {
    auto* s = new session(listener->loop);
    if (uv_accept(listener, s->stream()) != 0) return s->close();
    uv_tcp_nodelay(&s->tcp_, 1);
    uv_read_start(s->stream(), give_room, [](uv_stream_t* on, ssize_t n, const uv_buf_t* buffer) {
      static_cast<session*>(on->data)->take(n, buffer->base);
    });
  }

 private:
  explicit session(uv_loop_t* loop) {
    uv_tcp_init(loop, &tcp_);
    tcp_.data = this;
    static const llhttp_settings_t settings = [] {
      llhttp_settings_t s;
      llhttp_settings_init(&s);
      s.on_message_complete = [](llhttp_t* p) {
        static_cast<session*>(p->data)->out_.append(hello_response);
        return 0;
      };
      return s;
    }();
    llhttp_init(&parser_, HTTP_REQUEST, &settings);
    parser_.data = this;
  }

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp_); }

  void close() {
    uv_close(reinterpret_cast<uv_handle_t*>(&tcp_),
             [](uv_handle_t* h) { delete static_cast<session*>(h->data); });
  }

  // What is read is parsed at once, so that one buffer does for all.
  static void give_room(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
    static std::vector<char> room(64 * 1024);
    *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
  }

  void take(ssize_t n, const char* bytes) {
    if (n == 0) return;
    if (n < 0 || llhttp_execute(&parser_, bytes, static_cast<std::size_t>(n)) != HPE_OK) {
      return close();
    }
    if (!out_.empty()) flush();
  }

  void flush() {
    uv_buf_t all = uv_buf_init(out_.data(), static_cast<unsigned>(out_.size()));
    const int n = uv_try_write(stream(), &all, 1);
    if (n < 0 || static_cast<std::size_t>(n) != out_.size()) {
      wrong("uv_llhttp", "cannot write all");
    }
    out_.clear();
  }

  uv_tcp_t tcp_;
  llhttp_t parser_;
  std::string out_;
};

void serve(std::uint16_t port) {
  uv_loop_t* const loop = uv_default_loop();
  uv_tcp_t listener;
  uv_tcp_init(loop, &listener);
  sockaddr_in at{};
  uv_ip4_addr("127.0.0.1", port, &at);
  uv_tcp_bind(&listener, reinterpret_cast<const sockaddr*>(&at), 0);
  const int error = uv_listen(reinterpret_cast<uv_stream_t*>(&listener), SOMAXCONN,
                              [](uv_stream_t* l, int status) {
                                if (status == 0) session::accept_from(l);
                              });
  if (error != 0) wrong("uv_llhttp", uv_strerror(error));
  uv_run(loop, UV_RUN_DEFAULT);
}

[[maybe_unused]] const bool registered = add_served<serve>("uv_llhttp");

}  // namespace
}  // namespace parley::bench
