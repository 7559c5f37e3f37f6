// The head of a request or response, as decoded. All views show the decoder's input.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/codecs/http/field.hpp>
#include <parley/codecs/http/method.hpp>
#include <string_view>

namespace parley::http {

// How the end of a body is found (RFC 9112 section 6.3).
enum class framing : std::uint8_t {
  none,         // there is no body
  length,       // Content-Length
  chunked,      // Transfer-Encoding: chunked
  until_close,  // a response that ends with its connection
  tunnel,       // what follows is not HTTP any more: 101, or CONNECT that was accepted
};

// The body of one message, as its head announces it.
struct body_info {
  framing how = framing::none;
  std::uint64_t length = 0;  // with framing::length
};

// The four forms of RFC 9112 section 3.2.
enum class target_form : std::uint8_t { origin, absolute, authority, asterisk };

// What a request begins with.
struct request_head {
  method verb = method::other;
  target_form form = target_form::origin;
  std::uint8_t minor = 1;          // HTTP/1.minor, 0 or 1
  bool keep_alive = true;          // the connection may be used for another request
  bool expects_continue = false;   // Expect: 100-continue
  bool upgrades = false;           // Connection: upgrade, and an Upgrade field
  bool transfer_coded = false;     // a transfer coding besides chunked: 501 (RFC 9112 section 6.1)
  bool other_expectation = false;  // Expect with something else: 417
  std::string_view method_name;
  std::string_view target;  // opaque; as it came
  // Who is meant: the authority of an absolute target, else Host (RFC 9112 section 3.3). "" if
  // neither names one.
  std::string_view authority;
  header_list headers;
  body_info body;

  // The path of the target, without its query: "*" and CONNECT's authority have none.
  std::string_view path() const noexcept;
  // What follows the first '?', or nothing.
  std::optional<std::string_view> query() const noexcept;
};

// What a response begins with.
struct response_head {
  std::uint16_t status = 0;
  std::uint8_t minor = 1;
  bool keep_alive = true;
  bool upgrades = false;
  bool transfer_coded = false;
  std::string_view reason;  // for people; may be empty
  header_list headers;
  body_info body;

  // 1xx but 101: another head follows for the same request (RFC 9110 section 15.2).
  bool is_interim() const noexcept { return status < 200 && status != 101; }
};

// "Not Found"; empty if the status is unknown (RFC 9110 section 15).
std::string_view reason_of(std::uint16_t status) noexcept;

}  // namespace parley::http
