// The head of a request, as a client writes it: what the user gave, what is added to it, and the
// checks of both. Internal to http::client.
#pragma once

#include <cstddef>
#include <parley/codecs/http/client.hpp>
#include <parley/core/error.hpp>
#include <string_view>

namespace parley::http::detail {

// Views of the command's arguments: as long as these.
struct request_plan {
  const request* head = nullptr;
  const request_options* options = nullptr;
  std::string_view host;  // what Host is to say, unless it is among the headers
  body_info body;
  method verb = method::get;
  bool adds_host = true;
  bool expects = false;     // 100-continue
  bool asks_coded = false;  // adds Accept-Encoding

  // Another request may be on its way before the response to this one has come.
  bool may_be_pipelined() const noexcept {
    return is_idempotent(verb) && options->upgrade.empty() && !expects;
  }
};

// errc::invalid_argument for what would split or reframe the message. `host` is the connection's.
result<request_plan> plan_request(const request& head, const request_options& options,
                                  std::string_view host, body_info body, bool may_ask_coded);

// How many bytes put_request() writes at most.
std::size_t request_bound(const request_plan&) noexcept;
// The whole head, with its empty line.
std::byte* put_request(std::byte* to, const request_plan&) noexcept;

}  // namespace parley::http::detail
