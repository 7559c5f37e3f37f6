// What is bounded when messages are decoded, and what may be tolerated.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::http {

// Each counts bytes as they arrive: nothing is kept because a peer announced it.
struct limits {
  // The request line or status line, without its CRLF. 8000 is what RFC 9112 section 3 asks
  // every recipient to bear.
  std::uint32_t start_line = 8 * 1024;
  // All header lines together. Browsers with many cookies reach a few KiB.
  std::uint32_t header_block = 16 * 1024;
  // Header fields of one message, and as many of its trailers.
  std::uint32_t headers = 100;
  // Framing of a chunked body beyond what it needs: extensions, leading zeros. Of one message.
  std::uint32_t chunk_extensions = 16 * 1024;
  // The trailer section of a chunked body.
  std::uint32_t trailers = 8 * 1024;
  // The body of one message, as it is on the wire. decoder::set_body_limit() changes it for one.
  std::uint64_t body = 1024 * 1024;
};

// Deviations from RFC 9112 that some peers need. Each opens a way to smuggle requests past
// somebody who reads the message differently: switch on what you must, behind nobody else.
struct leniency {
  // A request of HTTP/1.1 may lack Host (section 3.2).
  bool missing_host = false;
  // A line may end with LF alone (section 2.2).
  bool bare_lf = false;
  // A line that begins with white space continues the value before it (section 5.2). It is
  // shown with the line break inside: the decoder does not write into its input.
  bool obs_fold = false;
  // Several Content-Length with the same value count as one (section 6.3).
  bool equal_lengths = false;
  // Transfer-Encoding overrides Content-Length instead of being refused (section 6.1).
  bool length_and_chunked = false;
  // White space behind a chunk's size and between the parts of its extensions (section 7.1.1, RFC
  // 9110 section 5.6.3).
  bool chunk_whitespace = false;

  bool any_of_lines() const noexcept { return bare_lf || obs_fold; }
};

}  // namespace parley::http
