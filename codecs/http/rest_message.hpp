// A request as its handler sees it, and the reply that it makes, on a rest_provider.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/http/http_message.hpp>
#include <parley/codecs/http/method.hpp>
#include <parley/codecs/http/rest/fields_view.hpp>
#include <parley/codecs/http/rest/problem.hpp>
#include <parley/codecs/http/rest/router.hpp>
#include <parley/core/buffer/shared_bytes.hpp>
#include <parley/core/net/address.hpp>
#include <parley/core/value/value.hpp>
#include <string>
#include <string_view>

namespace parley {

namespace detail {
class rest_exchange;
}

// A request, from the handler's begin to the answer. Views and references live as long.
class rest_request {
 public:
  rest_request(const rest_request&) = delete;
  rest_request& operator=(const rest_request&) = delete;

  http::method verb() const noexcept;
  std::string_view method() const noexcept;
  std::string_view target() const noexcept;  // path and query, as they came
  std::string_view path() const noexcept;    // without the query; percent-encoded
  // Who is meant: Host.
  std::string_view authority() const noexcept;

  http::fields_view headers() const noexcept;
  std::optional<std::string_view> header(std::string_view name) const noexcept;
  std::optional<std::string_view> cookie(std::string_view name) const noexcept;
  // What the route's {name} stood for, decoded; "" if there is no such parameter.
  std::string_view parameter(std::string_view name) const noexcept;
  const http::path_parameters& parameters() const noexcept;
  // The first value of that name in the query, decoded. Nothing too if the query is malformed.
  std::optional<std::string_view> query(std::string_view name) const;

  // The body, as it came and, where the client has compressed it, inflated.
  byte_view bytes() const noexcept;
  std::string_view text() const noexcept;
  // The body as a value, read at the first call: JSON, or a form as an object of texts. null if
  // there is no body. Errors: those of json::parse() (400), a form's (400), and
  // rest_errc::bad_media_type (415) if it says that it is something else.
  const result<value>& json() const;
  // The same, with null in place of an error: for handlers behind which the provider has checked.
  const value& body() const;

  // What the specification's handlers look into (S85): "body", "method", "path", "query",
  // "headers", "parameters"; null for every other name. Made at the first look.
  const value& operator[](std::string_view part) const;

  const address& from() const noexcept;
  // The name of this request in all logs: X-Request-Id, the client's or our own.
  std::string_view id() const noexcept;
  // The pattern of the route; "" if there is none.
  std::string_view route() const noexcept;

  // Left by a middleware for those behind it: who asks, and whatever else.
  std::string_view user() const noexcept;
  void set_user(std::string_view name);
  value& notes();

 private:
  friend detail::rest_exchange;
  rest_request() = default;
  ~rest_request() = default;
  const detail::rest_exchange& own() const noexcept;
  detail::rest_exchange& own() noexcept;
};

// What goes back. Made from a value it is JSON with 200.
//   return parley::rest_reply::text("created", 201);
class rest_reply {
 public:
  // 204, without a body.
  rest_reply() noexcept = default;
  // Templates, so that whatever makes a value makes a reply.
  template <class V>
    requires(std::convertible_to<V &&, parley::value> &&
             !std::same_as<std::remove_cvref_t<V>, rest_reply>)
  rest_reply(V&& content) : rest_reply(json(parley::value(std::forward<V>(content)))) {}

  static rest_reply json(const value& content, std::uint16_t status = 200);
  static rest_reply text(std::string_view content, std::uint16_t status = 200);
  static rest_reply bytes(shared_bytes content, std::string_view type, std::uint16_t status = 200);
  // No body: 204, 304.
  static rest_reply empty(std::uint16_t status = 204);
  static rest_reply problem(const http::problem& what);
  // By the error's class: 400, 401, 404, 413, 500, 503; what is the server's own fault is not told.
  static rest_reply problem(const error& why);
  // 303 by default: see there, with GET.
  static rest_reply redirect(std::string location, std::uint16_t status = 303);

  std::uint16_t status = 204;
  std::string content_type;  // "": no field
  http_headers headers;
  std::string body;
  shared_bytes shared;  // instead of `body`: sent without a copy
  // A tag of the body is made and compared with what the client has: 304 then (RFC 9110 section
  // 13). Only for answers to GET and HEAD with 200.
  bool tag = false;
  // May be compressed, where the client accepts it: not for secrets beside what others can choose.
  bool compress = true;
};

}  // namespace parley
