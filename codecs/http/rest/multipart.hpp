// multipart/form-data as a stream, both ways (RFC 7578, RFC 2046 section 5.1): no part is ever
// held in memory as a whole (P53).
//
//   auto decoder = http::multipart_decoder::make(content_type);
//   for (byte_view in = piece;;) {
//     const auto r = decoder->next(in);
//     in = in.subspan(r.consumed);
//     switch (r.status) {
//       case http::multipart_status::part: begin(decoder->part()); continue;
//       case http::multipart_status::body: write(r.body); continue;
//       case http::multipart_status::part_end: end(); continue;
//       case http::multipart_status::end: break;             // what follows is ignored
//       case http::multipart_status::need_data: break;       // all of `in` is used up
//       case http::multipart_status::failed: return refuse(*decoder->fault());
//     }
//     break;
//   }
//   ...
//   if (!decoder->finish()) return refuse(*decoder->fault());         // at the end of the body
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <parley/codecs/http/http_message.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <parley/core/random.hpp>
#include <string>
#include <string_view>

namespace parley::http {

// What is accepted of one body. What is exceeded is told by the code of its own.
struct multipart_limits {
  // Parts: a form of a page has dozens. Each costs the handler something, however short it is.
  std::size_t max_parts = 1000;
  // Bytes of one part's head: three fields of a line each.
  std::size_t max_part_head = std::size_t{8} << 10;
  // Fields of one part's head.
  std::size_t max_part_fields = 16;
  // Bytes of one part's body. The body as a whole is bounded by the server (body_too_large).
  std::uint64_t max_part = std::numeric_limits<std::uint64_t>::max();
  // Bytes of everything, boundaries and preamble included.
  std::uint64_t max_total = std::numeric_limits<std::uint64_t>::max();
  // Bytes before the first boundary, which nobody sends and nobody reads.
  std::size_t max_preamble = std::size_t{4} << 10;
};

enum class multipart_status : std::uint8_t {
  need_data,  // all input is used up: come again with more, or finish()
  part,       // a part begins: part()
  body,       // multipart_result::body, a piece of it
  part_end,
  end,     // the last boundary was there; for ever, and all input is ignored
  failed,  // for ever; fault() says why
};

// One step of multipart_decoder::next().
struct multipart_result {
  multipart_status status = multipart_status::need_data;
  std::size_t consumed = 0;
  // With `body`, never empty: a view of the input, or for a few bytes that looked like a boundary
  // when they came, of the decoder. Until the next call.
  byte_view body;
};

// What stands at the head of a part. Views of the decoder, until the next part.
class multipart_part {
 public:
  // Of the field in the form, decoded: %22, %0D and %0A, as browsers write them, and \" and \\.
  std::string_view name() const noexcept { return name_; }
  // Of a file. From filename* if that is there and right (RFC 8187), else from filename. Whatever
  // the client likes, "../../etc/passwd" as well: safe_file_name() before it reaches a file system.
  std::optional<std::string_view> filename() const noexcept {
    return has_filename_ ? std::optional<std::string_view>(filename_) : std::nullopt;
  }
  // "text/plain" if the part does not say (RFC 7578 section 4.4).
  std::string_view content_type() const noexcept { return content_type_; }
  const http_headers& headers() const noexcept { return headers_; }

 private:
  friend class multipart_decoder;
  std::optional<rest_errc> parse(std::string_view head, std::size_t max_fields);
  bool add_field(std::string_view line);
  bool parse_disposition(std::string_view value);

  std::string name_;
  std::string filename_;
  std::string content_type_;
  http_headers headers_;
  bool has_filename_ = false;
};

// Decodes one body. The outcome depends on the bytes and never on how they are cut, pieces of
// bodies apart, whose concatenation does not. Every byte is looked at a bounded number of times.
// Copied or moved like a value.
class multipart_decoder {
 public:
  // For a body with this Content-Type. Errors: rest_errc::not_multipart.
  static result<multipart_decoder> make(std::string_view content_type,
                                        const multipart_limits& limits = {});

  // Goes on to the next thing. Afterwards drop `consumed` bytes of the input; call again, with an
  // empty rest too, until need_data, end or failed.
  multipart_result next(byte_view in);

  // The body has ended: true if its last boundary was there. Otherwise fault() is parts_truncated,
  // or what it was before.
  [[nodiscard]] bool finish() noexcept;

  // With `part`, and until the next one.
  const multipart_part& part() const noexcept { return part_; }
  std::optional<rest_errc> fault() const noexcept {
    return phase_ == phase::failed ? std::optional(fault_) : std::nullopt;
  }
  // Parts so far, and bytes of all input.
  std::size_t parts() const noexcept { return parts_; }
  std::uint64_t total() const noexcept { return total_; }

 private:
  enum class phase : std::uint8_t {
    preamble,      // before the first boundary
    behind,        // behind a boundary: "--", white space or the end of the line
    behind_dash,   // one dash seen
    behind_blank,  // white space seen, or none: only the end of the line may follow
    behind_cr,     // CR seen
    head,          // in a part's head
    body,          // in a part's body
    over,          // behind the last boundary
    failed,
  };
  multipart_decoder(std::string_view boundary, const multipart_limits& limits);

  multipart_result fail(rest_errc why, std::size_t consumed) noexcept;
  multipart_result take_content(byte_view in);
  multipart_result take_line_end(byte_view in);
  multipart_result take_head(byte_view in);
  multipart_result show(byte_view piece, std::size_t consumed);
  multipart_result go_on_matching(std::string_view text);

  std::string delimiter_;  // CR LF -- boundary
  std::string head_;       // of the part, so far
  multipart_part part_;
  multipart_limits limits_;
  std::uint64_t total_ = 0;
  std::uint64_t in_part_ = 0;
  std::size_t parts_ = 0;
  std::size_t preamble_ = 0;
  std::size_t matched_ = 2;  // bytes of the delimiter seen; at the very start its CR LF is implied
  std::size_t implied_ = 2;  // of these, not in the input
  phase phase_ = phase::preamble;
  rest_errc fault_{};
};

// The last component of what a client calls a file, without what a file system or a terminal would
// take for something else: directories, control characters, leading dots, and the characters
// <>:"|?*. At most 255 bytes. "file" if nothing is left.
std::string safe_file_name(std::string_view filename);

// What a client sends with a part.
struct part_head {
  std::string_view name;
  std::optional<std::string_view> filename{};
  std::string_view content_type{};  // empty: none is sent, i.e. text/plain
};

// Writes a body, piece by piece, so that files are streamed. A boundary of 144 random bits is in no
// body by accident.
//   http::multipart_writer w(loop);
//   request.headers.add("Content-Type", w.content_type());
//   w.add_field(out, "title", "x");                                 // checked below
//   w.begin_part(out, {.name = "file", .filename = "a.txt"});  out += bytes;  w.end_part(out);
//   w.finish(out);
class multipart_writer {
 public:
  explicit multipart_writer(random_source& entropy);

  // "multipart/form-data; boundary=...".
  std::string content_type() const;
  const std::string& boundary() const noexcept { return boundary_; }

  // Appends the head of a part; its bytes follow, and end_part(). Quotes and line breaks in names
  // are written as browsers do, %22, %0D and %0A; other characters as they are, in UTF-8. Errors
  // (rest_errc::bad_part_head): another control character, or a content type that is none.
  result<void> begin_part(std::string& out, const part_head& head) const;
  void end_part(std::string& out) const { out += "\r\n"; }
  // A whole part.
  result<void> add_field(std::string& out, std::string_view name, std::string_view value) const;
  // The last boundary.
  void finish(std::string& out) const;

 private:
  std::string boundary_;
};

}  // namespace parley::http
