// The upgrade from HTTP (RFC 6455 section 4, RFC 9110 section 7.8), both sides, as functions on the
// heads of http::server and http::client.
//
//   server  const auto asked = check_request(head, settings);
//           if (!asked) return refuse(http_status_of(asked.error()),
//           refusal_headers(asked.error())); const handshake_response answer(*asked); s.upgrade(id,
//           "websocket", answer.headers(), now);
//
//   client  const auto fields = handshake_request::make(wish, random);
//           c.send({.target = "/feed", .headers = fields->headers()}, {}, tag,
//                  {.upgrade = "websocket"}, now);
//           ...                                     // upgraded{head}, or response_event{head}
//           const auto agreed = check_response(head, fields->key(), wish);
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/head.hpp>
#include <parley/codecs/websocket/deflate_agreement.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/core/error.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace parley::websocket {

// What Sec-WebSocket-Accept is for this Sec-WebSocket-Key (section 4.2.2): its SHA-1 together with
// a fixed text, in Base64. Zeros, which no field can have, if libcrypto has no memory.
std::array<char, 28> accept_of(std::string_view key) noexcept;

// A Sec-WebSocket-Key of 16 random bytes, which must be new for each handshake (section 4.1).
std::array<char, 24> make_key(std::span<const std::byte, 16> random) noexcept;

// --- a server ----------------------------------------------------------------------------------

// What a server accepts. Texts are borrowed.
struct handshake_settings {
  // The pages that may connect, besides those of the same origin (section 10.2): a browser lets any
  // page open a WebSocket to us, with our cookies, and only we can refuse. "https://example.com",
  // with the port if it is not the usual one; "*": every page; "null": pages without an origin of
  // their own, such as files and sandboxes, which "*" does not include. A request without Origin
  // does not come from a browser, and passes.
  std::span<const std::string_view> origins{};
  // A page is of the same origin if its scheme, host and port are ours: the authority of the
  // request, and https if clients reach us by TLS, be it one that a proxy in front ends.
  bool is_tls = false;
  bool allows_same_origin = true;

  // The subprotocols that we speak (section 1.9), best first: the first of ours that the client has
  // offered is chosen, whatever the client's order.
  std::span<const std::string_view> subprotocols{};
  bool needs_subprotocol = false;  // refuses a client that offers none of them

  deflate_settings deflate{};
};

// A request that may be answered with 101.
struct accepted_handshake {
  std::string_view key;                       // of the request's head
  std::string_view origin;                    // the same; "" if it has none
  std::string_view subprotocol;               // of the settings; "" for none
  std::optional<deflate_parameters> deflate;  // our answer; agreement_of() says what it means
};

// Checks a request and chooses. Errors:
//   not_a_handshake        not a GET of HTTP/1.1 that asks for WebSocket, or a field of the
//                          handshake is malformed (the message names it)
//   bad_handshake_version  another version than 13, or none
//   bad_key, bad_origin    see errc
//   bad_subprotocol        with needs_subprotocol
// The first that is found; nothing is chosen by a request that is refused.
result<accepted_handshake> check_request(const http::request_head& head,
                                         const handshake_settings& settings);

// Whether the page of this Origin may connect to this authority (Host).
bool is_origin_allowed(std::string_view origin, std::string_view authority,
                       const handshake_settings& settings) noexcept;

// The status of the refusal: 403 for bad_origin, 426 for bad_handshake_version, else 400.
std::uint16_t http_status_of(const error& why) noexcept;
// The fields that go with it: with 426 the version that we speak (section 4.4).
std::span<const http::header> refusal_headers(const error& why) noexcept;

// The fields of the 101 beside Upgrade and Connection, which http::server::upgrade() writes. Views
// of the fields show this object and what the settings have.
class handshake_response {
 public:
  explicit handshake_response(const accepted_handshake& accepted) noexcept;
  handshake_response(const handshake_response&) = delete;
  handshake_response& operator=(const handshake_response&) = delete;

  std::span<const http::header> headers() const noexcept { return {headers_.data(), count_}; }

 private:
  void add(http::field name, std::string_view value) noexcept;

  std::array<char, 28> accept_;
  deflate_text extension_;
  std::array<http::header, 3> headers_;
  std::size_t count_ = 0;
};

// --- a client ----------------------------------------------------------------------------------

// What a client asks with. Texts are borrowed until the response was checked.
struct handshake_wish {
  std::span<const std::string_view> subprotocols{};  // in the order of liking
  bool needs_subprotocol = false;
  std::string_view origin{};  // "": none is sent, as befits what is not a browser
  // Further fields: Authorization, Cookie and the like.
  std::span<const http::header> headers{};
  deflate_settings deflate{};
};

// The fields of a request, beside Host, Upgrade and Connection, which http::client writes.
class handshake_request {
 public:
  // Errors: invalid_argument if a subprotocol is no token or there twice, or if a field is one that
  // the handshake writes itself or could split the message. `random` must be new each time.
  static result<handshake_request> make(const handshake_wish& wish,
                                        std::span<const std::byte, 16> random);
  handshake_request(handshake_request&&) noexcept = default;
  handshake_request& operator=(handshake_request&&) noexcept = default;

  // Valid as long as this object or the one that it was moved to, and as what the wish shows.
  std::span<const http::header> headers() const noexcept { return headers_; }
  std::string_view key() const noexcept { return {text_.data(), 24}; }

 private:
  handshake_request() = default;

  std::vector<char> text_;  // the key, the subprotocols, the extension
  std::vector<http::header> headers_;
};

// What client and server agreed upon.
struct agreed_handshake {
  std::string_view subprotocol;  // of the wish; "" for none
  std::optional<deflate_agreement> deflate;
};

// Checks the final response to that request. Errors:
//   unauthorized       401 or 403
//   peer_unavailable   429, 502, 503 or 504: may pass; with Retry-After if it says seconds
//   handshake_refused  every other status than 101
//   bad_upgrade, bad_accept, bad_subprotocol, bad_extension   a 101 that does not fit the request
// Messages have status and reason, of a redirect its Location, of 426 the versions that are spoken.
result<agreed_handshake> check_response(const http::response_head& head, std::string_view key,
                                        const handshake_wish& wish);

}  // namespace parley::websocket
