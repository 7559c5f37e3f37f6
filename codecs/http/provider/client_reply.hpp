// What a reply means to who called: a value, or an error.
#pragma once

#include <parley/codecs/http/http_message.hpp>
#include <parley/core/error.hpp>
#include <parley/core/time.hpp>
#include <parley/core/value/value.hpp>
#include <string_view>

namespace parley::detail {

// The reply of a callable: its JSON, or its text, or its bytes if it is no text; null without a
// body. Statuses of 400 and above are errors of http::rest_errc with what the server says of them
// (problem details, or the begin of a text), and how long it wants us to wait.
result<value> value_of(const http_reply& reply, wall_time now);

// The error that a status is; `reply` has one of 400 and above, or a redirection.
error error_of(const http_reply& reply, wall_time now);

}  // namespace parley::detail
