// The HTTP decoder beside llhttp, strict. We may refuse more. What we read llhttp reads as well,
// and as the same messages, but for what is listed here; tests/vectors/http shows each of these
// differences in a block `differs`.
//
// Input: one byte chooses the role and what was asked, one how large the pieces for llhttp are; the
// rest is the stream.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "reference/llhttp.hpp"
#include "support/http_messages.hpp"

namespace {

using namespace parley;
using test::http_message;
using test::http_reading;
using test::http_stream;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

bool has_field(const http_message& m, std::string_view name) {
  return std::ranges::any_of(
      m.headers, [&](const auto& field) { return http::equals_ignoring_case(field.first, name); });
}

bool is_framed(const http_message& m) {
  return has_field(m, "Content-Length") || has_field(m, "Transfer-Encoding");
}

// llhttp finds another end of this message than we do.
bool ends_elsewhere(const http_message& ours) {
  // A body where RFC 9112 section 6.3 says that there is none.
  if (ours.status != 0) {
    return (ours.status < 200 || ours.status == 204 || ours.status == 304) && is_framed(ours);
  }
  // The preface of HTTP/2, no body for CONNECT, and an upgrade in HTTP/1.0.
  return ours.method == "PRI" || (ours.method == "CONNECT" && is_framed(ours)) ||
         has_field(ours, "Upgrade");
}

bool is_interim(const http_message& m) { return m.status != 0 && m.status < 200; }

// llhttp refuses this message, which we accept, or the stream at its first byte.
bool may_refuse(std::string_view why, const http_message& ours, const http_message* before,
                std::string_view input) {
  const bool is_request = ours.status == 0;
  // Any token is a method (RFC 9110 section 9.1), any scheme is one (RFC 3986 section 3.1).
  if (why == "Invalid method encountered" || why == "Expected space after method")
    return is_request;
  if (why == "Unexpected char in url schema") return is_request && ours.target.front() != '/';
  // White space around a value may be a tab, a list may have empty elements (RFC 9110 section 5.6).
  if (why == "Invalid character in Content-Length") return input.find('\t') != input.npos;
  if (why == "Invalid `Transfer-Encoding` header value") return input.find(',') != input.npos;
  // Values without quotes, and what may stand in quotes (RFC 9112 section 7.1.1).
  if (why.starts_with("Invalid character in chunk ")) return input.find(';') != input.npos;
  // An interim response is not the last one.
  if (why == "Data after `Connection: close`") return before != nullptr && is_interim(*before);
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  http_stream stream;
  if ((data[0] & 1) != 0) stream.sender = http::role::response;
  if ((data[0] & 2) != 0) stream.asked = {http::method::head, http::method::connect};
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const http_reading ours = read_http(stream, {}, input);
  const http_reading theirs = llhttp_read(stream, input, data[1] + 1u);
  for (std::size_t i = 0; i < ours.messages.size(); ++i) {
    const http_message& m = ours.messages[i];
    if (!m.complete) break;
    const bool is_there = i < theirs.messages.size() && theirs.messages[i].complete;
    const http_message* const before = i > 0 ? &ours.messages[i - 1] : nullptr;
    if (!is_there && theirs.failed && may_refuse(theirs.error, m, before, input)) return 0;
    if (ends_elsewhere(m)) return 0;
    require(is_there && theirs.messages[i] == m);
  }
  return 0;
}
