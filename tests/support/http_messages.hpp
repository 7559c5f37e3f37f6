// A stream of HTTP/1.1 as messages that own what they hold: the shape in which two readers are
// compared.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/http_feed.hpp"

namespace parley::test {

using http_fields = std::vector<std::pair<std::string, std::string>>;

struct http_message {
  std::string method;  // of a request
  std::string target;
  int status = 0;  // of a response
  http_fields headers;
  http_fields trailers;
  std::string body;
  bool complete = false;

  friend bool operator==(const http_message&, const http_message&) = default;
};

struct http_reading {
  std::vector<http_message> messages;  // those whose head is complete
  bool failed = false;
  bool tunnel = false;  // what follows is not HTTP, or need not be
  std::string error;    // what the reader says about it

  friend bool operator==(const http_reading&, const http_reading&) = default;
};

inline http_fields copy_of(const http::header_list& list) {
  http_fields copy;
  for (const http::header h : list) copy.emplace_back(h.name, h.value);
  return copy;
}

// What our decoder makes of a whole stream.
inline http_reading read_http(const http_stream& stream, const http_feeding& how,
                              std::string_view input, guarded* guard = nullptr) {
  http_reading all;
  http_feeder feeder(stream, how, input, guard);
  const http_ending ending = feeder.run([&](const http::part& p) {
    if (p.what == http::part_kind::head) {
      http_message& m = all.messages.emplace_back();
      if (stream.sender == http::role::request) {
        const http::request_head head = feeder.decoder.request(p, feeder.fields);
        m.method = head.method_name;
        m.target = head.target;
        m.headers = copy_of(head.headers);
      } else {
        const http::response_head head = feeder.decoder.response(p, feeder.fields);
        m.status = head.status;
        m.headers = copy_of(head.headers);
      }
    } else if (p.what == http::part_kind::body) {
      all.messages.back().body += as_text(p.data);
    } else if (p.what == http::part_kind::end) {
      all.messages.back().trailers = copy_of(feeder.decoder.trailers(p, feeder.fields));
      all.messages.back().complete = true;
    } else if (p.what == http::part_kind::failed) {
      all.error = describe(p.fault).name;
    }
  });
  all.failed = ending == http_ending::failed;
  all.tunnel = ending == http_ending::tunnel;
  return all;
}

}  // namespace parley::test
