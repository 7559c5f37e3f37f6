// libwebsockets with RapidJSON, in one thread, on its own loop of poll(): head and body are written
// from the callback for a writeable socket, as its documentation wants it.
#include <libwebsockets.h>

#include <cstring>
#include <new>
#include <string>

#include "rapid.hpp"
#include "served.hpp"

namespace parley::bench {
namespace {

// Of one connection: libwebsockets gives the memory, zeroed, and calls no constructor.
struct session {
  std::string path, body;
  bool is_post = false;
};

rapid_answers& answers() {
  static rapid_answers all;
  return all;
}

std::optional<std::string_view> make(const session& s) {
  if (s.is_post) {
    if (s.path != calculate_path) return std::nullopt;
    return answers().calculate(s.body);
  }
  const auto number = item_number(s.path);
  if (!number) return std::nullopt;
  return answers().article(*number);
}

// Nonzero ends the connection.
int write(lws* at, const session& s) {
  unsigned char room[LWS_PRE + 4096];
  unsigned char* const begin = room + LWS_PRE;
  unsigned char* p = begin;
  unsigned char* const end = room + sizeof room;
  const auto made = make(s);
  const std::string_view text = made.value_or("");
  if (lws_add_http_common_headers(at, made ? HTTP_STATUS_OK : HTTP_STATUS_BAD_REQUEST,
                                  "application/json", text.size(), &p, end) != 0 ||
      lws_finalize_http_header(at, &p, end) != 0 ||
      text.size() > static_cast<std::size_t>(end - p)) {
    return 1;
  }
  // Both in one write, as the library itself does it with HTTP/1.
  std::memcpy(p, text.data(), text.size());
  const std::size_t size = static_cast<std::size_t>(p - begin) + text.size();
  if (lws_write(at, begin, size, LWS_WRITE_HTTP) != static_cast<int>(size)) return 1;
  return lws_http_transaction_completed(at);
}

void begin(lws* at, session& s, std::string_view path) {
  s.path = path;
  s.body.clear();
  s.is_post = lws_hdr_total_length(at, WSI_TOKEN_POST_URI) > 0;
  // A body is awaited first.
  if (!s.is_post) lws_callback_on_writable(at);
}

int on_event(lws* at, lws_callback_reasons why, void* user, void* in, std::size_t size) {
  auto* const s = static_cast<session*>(user);
  switch (why) {
    case LWS_CALLBACK_HTTP_BIND_PROTOCOL:
      new (user) session;
      return 0;
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
      s->~session();
      return 0;
    case LWS_CALLBACK_HTTP:
      begin(at, *s, {static_cast<const char*>(in), size});
      return 0;
    case LWS_CALLBACK_HTTP_BODY:
      s->body.append(static_cast<const char*>(in), size);
      return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
      lws_callback_on_writable(at);
      return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
      return write(at, *s);
    default:
      return lws_callback_http_dummy(at, why, user, in, size);
  }
}

void serve(std::uint16_t port) {
  lws_set_log_level(LLL_ERR, nullptr);
  const lws_protocols protocols[] = {{"http", on_event, sizeof(session), 4096, 0, nullptr, 0},
                                     {nullptr, nullptr, 0, 0, 0, nullptr, 0}};
  lws_context_creation_info info{};
  info.port = port;
  info.iface = "127.0.0.1";
  info.protocols = protocols;
  info.max_http_header_pool = 256;  // else connections wait for one another
  info.gid = -1;
  info.uid = -1;
  lws_context* const context = lws_create_context(&info);
  if (context == nullptr) wrong("libwebsockets", "no context");
  while (lws_service(context, 0) >= 0) {
  }
}

[[maybe_unused]] const bool registered = add_served<serve>("libwebsockets");

}  // namespace
}  // namespace parley::bench
