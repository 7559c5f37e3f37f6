// What can be wrong with a request beyond its framing, and with what a program asks of this room.
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>

namespace parley::http {

enum class rest_errc : std::uint16_t {
  // The router.
  bad_pattern,      // a pattern that cannot be added; the message says why
  route_conflict,   // another route answers the same requests already
  too_many_routes,  // router_limits
  // Queries, forms, cookies, credentials.
  bad_escape,         // '%' without two hexadecimal digits
  too_many_fields,    // form_limits::max_fields
  form_too_large,     // form_limits::max_size
  bad_cookie,         // a cookie that browsers would refuse, or that would split the head
  bad_credentials,    // Authorization is malformed, or of another scheme
  bad_cors_settings,  // settings that would open the server, or do nothing
  bad_media_type,     // Content-Type or Content-Encoding is none that is taken
  bad_range,          // Range or Content-Range is malformed
  bad_uri_reference,  // no URI reference, or it leads out of http and https
  // Multipart.
  not_multipart,        // not multipart/form-data, or without a boundary
  bad_boundary,         // something else than white space behind a boundary, or no boundary at all
  bad_part_head,        // a part's head is malformed, or is no form-data with a name
  parts_truncated,      // the body ended inside a part or before the last boundary
  too_many_parts,       // multipart_limits::max_parts
  part_head_too_large,  // multipart_limits::max_part_head
  part_too_large,       // multipart_limits::max_part
  multipart_too_large,  // multipart_limits::max_total
  // What a server has answered to a client's call; status and text are in the message.
  refused,             // 400, 422 and every other 4xx
  conflict,            // 409, 412, 428
  unauthorized,        // 401: no credentials, or wrong ones
  forbidden,           // 403
  not_found,           // 404, 410
  method_refused,      // 405, 501
  type_refused,        // 406, 415
  request_too_large,   // 413, 414, 431
  too_many_requests,   // 429
  server_failed,       // 500, and every other 5xx
  server_unavailable,  // 408, 425, 502, 503, 504
  // On the way to an answer.
  proxy_unauthorized,  // 407: the proxy wants other credentials
  proxy_refused,       // the proxy makes no tunnel
  too_many_redirects,  // rest_config::max_redirects
  bad_redirect,        // one that would leave TLS, or cannot be followed
  no_event_stream,     // the answer is no text/event-stream
};

const error_info& describe(rest_errc) noexcept;

// The status that tells a client of an error that a handler or this library returned (RFC 9110
// section 15). Codes of this room, of http::errc and of parley::errc have their own; of all others
// the class decides: protocol 400, authentication 403, limit 413, transient 503, reply 502, and 500
// for what is the server's own fault.
std::uint16_t status_for(const error& why) noexcept;

}  // namespace parley::http
