// libmicrohttpd with RapidJSON: one thread of its own on epoll, as its manual recommends.
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <unistd.h>

#include <string>

#include "rapid.hpp"
#include "served.hpp"

namespace parley::bench {
namespace {

// Of one request, from its head to the end of its answer.
struct request {
  std::string body;
};

std::optional<std::string_view> make(rapid_answers& answers, std::string_view path,
                                     std::string_view method, const request& asked) {
  if (method == MHD_HTTP_METHOD_GET) {
    const auto number = item_number(path);
    if (number) return answers.article(*number);
  } else if (method == MHD_HTTP_METHOD_POST && path == calculate_path) {
    return answers.calculate(asked.body);
  }
  return std::nullopt;
}

MHD_Result send(MHD_Connection* to, std::optional<std::string_view> made) {
  const std::string_view text = made.value_or("");
  // It is copied: the text's room is for the next answer.
  MHD_Response* const response = MHD_create_response_from_buffer(
      text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
  const auto sent = MHD_queue_response(to, made ? MHD_HTTP_OK : MHD_HTTP_BAD_REQUEST, response);
  MHD_destroy_response(response);
  return sent;
}

// Called with the head, with each piece of the body, and at its end.
MHD_Result on_request(void* own, MHD_Connection* from, const char* path, const char* method,
                      const char*, const char* piece, std::size_t* size, void** kept) {
  if (*kept == nullptr) {
    *kept = new request;
    return MHD_YES;
  }
  auto& asked = *static_cast<request*>(*kept);
  if (*size > 0) {
    asked.body.append(piece, *size);
    *size = 0;
    return MHD_YES;
  }
  return send(from, make(*static_cast<rapid_answers*>(own), path, method, asked));
}

void on_completed(void*, MHD_Connection*, void** kept, MHD_RequestTerminationCode) {
  delete static_cast<request*>(*kept);
  *kept = nullptr;
}

void serve(std::uint16_t port) {
  rapid_answers answers;
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  MHD_Daemon* const daemon =
      MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, port, nullptr, nullptr, on_request, &answers,
                       MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
                       nullptr, MHD_OPTION_END);
  if (daemon == nullptr) wrong("libmicrohttpd", "it does not start");
  for (;;) ::pause();
}

[[maybe_unused]] const bool registered = add_served<serve>("libmicrohttpd");

}  // namespace
}  // namespace parley::bench
