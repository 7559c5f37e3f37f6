#include <array>
#include <parley/codecs/http/errc.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>

namespace parley::http {
namespace {

using enum error_class;

constexpr error_info entry(std::string_view name, error_class kind, std::string_view text,
                           std::string_view hint = {}) {
  return {"rest", name, kind, text, hint};
}

// In the order of the enumeration.
constexpr auto infos = std::to_array<error_info>({
    entry("bad_pattern", misuse, "the pattern of a route is malformed",
          "segments are literals, {name}, {name:uint} or, at the end, {name...}"),
    entry("route_conflict", misuse, "another route answers the same requests already"),
    entry("too_many_routes", limit, "there are more routes than router_limits::max_routes"),
    entry("bad_escape", protocol, "'%' is not followed by two hexadecimal digits"),
    entry("too_many_fields", limit, "the form has more fields than form_limits::max_fields"),
    entry("form_too_large", limit, "the form exceeds form_limits::max_size"),
    entry("bad_cookie", misuse, "browsers would refuse this cookie, or it would split the head",
          "encode the value, in Base64 for example"),
    entry("bad_credentials", protocol, "the credentials are malformed or of another scheme"),
    entry("bad_cors_settings", configuration, "the CORS settings have faults"),
    entry("bad_media_type", protocol, "the body is of another kind than is taken here"),
    entry("bad_range", protocol, "the range of bytes is malformed"),
    entry("bad_uri_reference", protocol, "the reference leads to no http or https URI"),
    entry("not_multipart", protocol, "the body is not multipart/form-data with a boundary"),
    entry("bad_boundary", protocol, "a boundary is missing, or more than white space follows it"),
    entry("bad_part_head", protocol, "the head of a part is malformed or names no field"),
    entry("parts_truncated", protocol, "the multipart body ended before its last boundary"),
    entry("too_many_parts", limit, "there are more parts than multipart_limits::max_parts"),
    entry("part_head_too_large", limit, "the head of a part exceeds its limits",
          "raise multipart_limits::max_part_head or max_part_fields"),
    entry("part_too_large", limit, "a part exceeds multipart_limits::max_part"),
    entry("multipart_too_large", limit, "the multipart body exceeds multipart_limits::max_total"),
    entry("refused", reply, "the server has refused the request"),
    entry("conflict", reply, "the request does not fit the state of what it is about"),
    entry("unauthorized", authentication, "the server wants other credentials",
          "check user and password of base_url, the token, or the API key in headers"),
    entry("forbidden", authentication, "the server does not allow that with these credentials"),
    entry("not_found", configuration, "the server has nothing there",
          "check base_url and the name of the callable"),
    entry("method_refused", configuration, "the server does not take this method there",
          "check call_options::method"),
    entry("type_refused", configuration, "the server does not speak this media type"),
    entry("request_too_large", limit, "the request exceeds a limit of the server"),
    entry("too_many_requests", transient, "the server wants fewer requests"),
    entry("server_failed", reply, "the server has failed over the request"),
    entry("server_unavailable", transient, "the server cannot serve now"),
    entry("proxy_unauthorized", authentication, "the proxy wants other credentials",
          "check user and password of `proxy`"),
    entry("proxy_refused", configuration, "the proxy makes no tunnel"),
    entry("too_many_redirects", protocol, "there are more redirections than max_redirects",
          "a loop, mostly: look where the first of them leads"),
    entry("bad_redirect", protocol, "a redirection cannot be followed"),
    entry("no_event_stream", protocol, "the answer is no stream of events",
          "check base_url, and that the server has channels"),
});
static_assert(infos.size() == static_cast<std::size_t>(rest_errc::no_event_stream) + 1);

// What a server of others has said to this one: its state is no state of ours.
bool is_upstream(const error& why) noexcept {
  for (auto i = static_cast<std::size_t>(rest_errc::refused); i < infos.size(); ++i) {
    if (&why.info() == &infos[i]) return true;
  }
  return false;
}

// The codes of core whose status differs from that of their class.
std::uint16_t core_status(const error& why) noexcept {
  if (why == parley::errc::timed_out) return 504;
  if (why == parley::errc::not_supported) return 501;
  if (why == parley::errc::bad_value) return 400;
  if (why == parley::errc::too_large) return 413;
  if (why == parley::errc::queue_full || why == parley::errc::out_of_memory) return 503;
  return 0;
}

std::uint16_t rest_status(const error& why) noexcept {
  if (why == rest_errc::bad_credentials) return 401;
  if (why == rest_errc::bad_media_type || why == rest_errc::not_multipart) return 415;
  if (why == rest_errc::bad_range) return 416;
  // Where a client is the cause: here a redirect that some origin sent.
  if (why == rest_errc::bad_uri_reference) return 502;
  if (why == rest_errc::too_many_routes) return 500;
  if (is_upstream(why)) return why.is_transient() ? 503 : 502;
  return 0;
}

std::uint16_t class_status(error_class kind) noexcept {
  switch (kind) {
    case protocol:
      return 400;
    case authentication:
      return 403;
    case limit:
      return 413;
    case transient:
    case cancelled:
      return 503;
    case reply:
      return 502;
    case misuse:
    case configuration:
      break;
  }
  return 500;
}

}  // namespace

const error_info& describe(rest_errc code) noexcept {
  return infos[static_cast<std::size_t>(code)];
}

std::uint16_t status_for(const error& why) noexcept {
  // What http::errc says of a client's bytes; what it says of a server's is this one's upstream.
  if (why.info().domain == "http") return why == errc::slow_response ? 504 : status_of(why);
  if (const auto status = core_status(why)) return status;
  if (const auto status = rest_status(why)) return status;
  return class_status(why.kind());
}

}  // namespace parley::http
