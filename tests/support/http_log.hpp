// Drives the HTTP decoder and writes down what it says, in a form that does not show how the bytes
// came:
//
//   request GET /x 1.1 keep-alive
//   header Host: a
//   body 5 "hello"
//   trailer Sum: 1
//   end
//   END
//
// The first line of a request goes on with "to FORM AUTHORITY" if its target is not a path, and
// with what the head says: length=5 or chunked, expects-continue, expects-other, upgrades,
// transfer-coded. That of a response has the same words, until-close and tunnel besides, and its
// reason in quotes. The last line is END (nothing is missing), MORE, `tunnel` or `fail bad_host`.
#pragma once

#include <string>
#include <string_view>

#include "support/http_feed.hpp"

namespace parley::test {

// The stream that a block `options` describes, a line for each:
//
//   role response
//   asked HEAD GET                 what the responses answer
//   lenient bare_lf missing_host
//   limit start_line 20
//   body_limit 5                   set_body_limit() behind each head
//   declines                       go_on() behind a request for a tunnel
//
// Fails the test that asks if it says anything else.
http_stream parse_http_options(std::string_view block);

std::string http_log(const http_stream& stream, const http_feeding& how, std::string_view input,
                     guarded* guard = nullptr);

}  // namespace parley::test
