#include <array>
#include <parley/codecs/http/errc.hpp>

namespace parley::http {
namespace {

using enum error_class;

constexpr std::string_view plain_port =
    "check that an HTTP server answers at this address, and whether it wants TLS (https://)";

constexpr error_info entry(std::string_view name, error_class kind, std::string_view text,
                           std::string_view hint = {}) {
  return {"http", name, kind, text, hint};
}

// In the order of the enumeration.
constexpr auto infos = std::to_array<error_info>({
    entry("bad_request_line", protocol, "the request line is not METHOD SP target SP HTTP/1.1"),
    entry("bad_target", protocol, "the request target has a character or form that none has",
          "percent-encode what is not allowed in a URI; a fragment (#) is never sent"),
    entry("bad_version", protocol, "the version is neither HTTP/1.0 nor HTTP/1.1",
          "HTTP/2 needs a server that speaks it"),
    entry("bad_status_line", protocol, "the status line is not HTTP/1.1 SP three digits"),
    entry("bad_line_end", protocol, "a line does not end with CR LF",
          "leniency::bare_lf accepts LF alone"),
    entry("bad_header_name", protocol,
          "a header's name is empty, no token, or has white space before its colon"),
    entry("bad_header_value", protocol, "a header's value has a control character"),
    entry("obs_fold", protocol, "a header line begins with white space",
          "leniency::obs_fold accepts lines that continue others"),
    entry("missing_host", protocol, "a request of HTTP/1.1 lacks the field Host"),
    entry("bad_host", protocol, "there are several Host fields, or one that names no host"),
    entry("bad_content_length", protocol, "Content-Length is no number, too large, or there twice"),
    entry("bad_transfer_encoding", protocol,
          "Transfer-Encoding does not end with one chunked, or is where none may be"),
    entry("length_conflict", protocol,
          "Transfer-Encoding comes with Content-Length, or in HTTP/1.0"),
    entry("bad_connection", protocol, "Connection is no list of tokens"),
    entry("bad_chunk_size", protocol, "the size of a chunk is not hexadecimal, or too large"),
    entry("bad_chunk_extension", protocol, "the extension of a chunk is malformed"),
    entry("bad_chunk_end", protocol, "a chunk does not end with CR LF where its size ends"),
    entry("bad_trailer", protocol, "a trailer field would frame the message"),
    entry("after_close", protocol, "bytes follow a message that said it was the last"),
    entry("unexpected_response", protocol, "a response came that no request asked for"),
    entry("not_http", protocol, "the peer does not speak HTTP", plain_port),
    entry("start_line_too_long", limit, "the first line exceeds limits::start_line"),
    entry("headers_too_large", limit, "the headers exceed limits::header_block"),
    entry("too_many_headers", limit, "there are more headers than limits::headers"),
    entry("chunk_extensions_too_large", limit,
          "the framing of chunks exceeds limits::chunk_extensions"),
    entry("trailers_too_large", limit, "the trailers exceed limits::trailers"),
    entry("body_too_large", limit, "the body exceeds its limit",
          "raise limits::body, or the limit of this message"),
    entry("bad_coding", protocol, "the compressed body is corrupt or ends too early"),
    entry("unknown_coding", protocol, "the body has a coding that is not known here",
          "gzip and deflate need a build with zlib"),
    entry("inflates_too_far", limit, "the body inflates further than an honest one would"),
    entry("slow_request", transient, "the request did not arrive in time"),
    entry("slow_response", transient, "the server did not answer in time"),
    entry("slow_reader", transient, "the peer does not take what is sent to it"),
    entry("unknown_expectation", protocol, "Expect asks for something unknown"),
});
static_assert(infos.size() == static_cast<std::size_t>(errc::unknown_expectation) + 1);

}  // namespace

const error_info& describe(errc code) noexcept { return infos[static_cast<std::size_t>(code)]; }

std::uint16_t status_of(const error& why) noexcept {
  if (why == errc::body_too_large || why == errc::inflates_too_far) return 413;
  if (why == errc::start_line_too_long) return 414;
  if (why == errc::headers_too_large || why == errc::too_many_headers ||
      why == errc::trailers_too_large) {
    return 431;
  }
  if (why == errc::bad_version) return 505;
  if (why == errc::slow_request) return 408;
  if (why == errc::unknown_expectation) return 417;
  if (why == errc::unknown_coding) return 415;
  return 400;
}

}  // namespace parley::http
