#include <parley/codecs/http/head.hpp>
#include <parley/codecs/http/provider/client_call.hpp>
#include <parley/codecs/http/provider/client_reply.hpp>
#include <parley/codecs/http/rest/media_type.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/codecs/json/json.hpp>
#include <parley/core/text/utf8.hpp>
#include <utility>

namespace parley::detail {
namespace {

using http::rest_errc;

// Of what a server writes about an error.
constexpr std::size_t most_words = 300;

rest_errc code_of(std::uint16_t status) noexcept {
  switch (status) {
    case 401:
      return rest_errc::unauthorized;
    case 403:
      return rest_errc::forbidden;
    case 404:
    case 410:
      return rest_errc::not_found;
    case 405:
    case 501:
      return rest_errc::method_refused;
    case 406:
    case 415:
      return rest_errc::type_refused;
    case 407:
      return rest_errc::proxy_unauthorized;
    case 408:
    case 425:
    case 502:
    case 503:
    case 504:
      return rest_errc::server_unavailable;
    case 409:
    case 412:
    case 428:
      return rest_errc::conflict;
    case 413:
    case 414:
    case 431:
      return rest_errc::request_too_large;
    case 429:
      return rest_errc::too_many_requests;
    default:
      break;
  }
  if (status < 400) return rest_errc::bad_redirect;
  return status < 500 ? rest_errc::refused : rest_errc::server_failed;
}

std::string shortened(std::string_view text) {
  if (text.size() <= most_words) return std::string(text);
  return std::string(text.substr(0, most_words)) + "...";
}

// Title and detail of problem details (RFC 9457); else the member that most APIs have.
std::string words_of_json(const value& v) {
  const std::string_view title = v["title"].text(), detail = v["detail"].text();
  if (!title.empty() && !detail.empty()) return std::string(title) + ": " + std::string(detail);
  for (const std::string_view name : {"detail", "title", "message", "error"}) {
    if (const std::string_view text = v[name].text(); !text.empty()) return std::string(text);
    if (const std::string_view text = v[name]["message"].text(); !text.empty()) {
      return std::string(text);
    }
  }
  return {};
}

std::string words_of(const http_reply& reply) {
  const std::string_view type = reply.headers.find("Content-Type").value_or("");
  if (http::is_json(type)) {
    const auto v = json::parse(reply.text());
    return v ? shortened(words_of_json(*v)) : std::string();
  }
  // Pages are for browsers.
  const auto media = http::parse_media_type(type);
  const bool is_plain = media && media->is("text", "plain") && text::valid_utf8(reply.text());
  return is_plain ? shortened(reply.text()) : std::string();
}

}  // namespace

error error_of(const http_reply& reply, wall_time now) {
  std::string text = std::to_string(reply.status);
  const std::string_view known = http::reason_of(reply.status);
  const std::string_view reason = reply.reason.empty() ? known : std::string_view(reply.reason);
  if (!reason.empty()) text.append(" ").append(reason.substr(0, most_words));
  std::string words = words_of(reply);
  if (words.starts_with(std::string(reason) + ": ")) words.erase(0, reason.size() + 2);
  if (!words.empty() && words != reason) text.append(": ").append(words);
  error why(code_of(reply.status), std::move(text));
  const auto wait = retry_after_of(reply.headers.find("Retry-After").value_or(""), now);
  return wait ? std::move(why).with_retry_after(*wait) : why;
}

result<value> value_of(const http_reply& reply, wall_time now) {
  // A redirection that was not followed is nothing that a caller could use.
  if (reply.status >= 300) return std::unexpected(error_of(reply, now));
  if (reply.body.empty()) return value();
  if (http::is_json(reply.headers.find("Content-Type").value_or(""))) {
    return json::parse(reply.text());
  }
  if (text::valid_utf8(reply.text())) return value(reply.text());
  return value::from_bytes(reply.bytes());
}

}  // namespace parley::detail
