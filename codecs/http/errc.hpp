// What can go wrong with HTTP: faults in the bytes of a peer and limits of ours.
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>

namespace parley::http {

enum class errc : std::uint16_t {
  // The peer broke the protocol. The stream cannot be read any further.
  bad_request_line,       // not METHOD SP target SP HTTP/1.x
  bad_target,             // a character or form that no request target has
  bad_version,            // not HTTP/1.0 or HTTP/1.1
  bad_status_line,        // not HTTP/1.x SP three digits
  bad_line_end,           // CR without LF, or LF without CR
  bad_header_name,        // empty, not a token, or white space before the colon
  bad_header_value,       // a control character
  obs_fold,               // a line that continues another
  missing_host,           // HTTP/1.1 without Host
  bad_host,               // several Host, or one that is none
  bad_content_length,     // not a number, too large, or several
  bad_transfer_encoding,  // chunked is not the last, is there twice, or the list is none
  length_conflict,        // Content-Length and Transfer-Encoding, or HTTP/1.0 and chunked
  bad_connection,         // Connection is no list of tokens
  bad_chunk_size,         // not hexadecimal, or too large
  bad_chunk_extension,    // not as RFC 9112 section 7.1.1 has it
  bad_chunk_end,          // data is not followed by CRLF where its size ends
  bad_trailer,            // a field in the trailers that frames the message
  after_close,            // bytes after a message that said it was the last
  unexpected_response,    // a response that no request asked for
  not_http,               // the very first bytes are no HTTP: another server
  // A limit of ours (limits.hpp).
  start_line_too_long,
  headers_too_large,
  too_many_headers,
  chunk_extensions_too_large,
  trailers_too_large,
  body_too_large,
  // Bodies that were compressed.
  bad_coding,        // corrupt, or ends too early
  unknown_coding,    // a content or transfer coding that this build cannot read
  inflates_too_far,  // a ratio that no honest body has
  // Of a connection.
  slow_request,   // the client sends too slowly, or not at all
  slow_response,  // the server does not answer in time
  slow_reader,    // the peer does not take what it asked for
  unknown_expectation,
};

const error_info& describe(errc) noexcept;

// The status that tells a client of the fault (RFC 9110 section 15.5): 400 in general.
std::uint16_t status_of(const error& why) noexcept;

}  // namespace parley::http
