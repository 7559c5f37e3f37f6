#include <parley/codecs/resp/server/reply_writer.hpp>

namespace parley::resp {

void reply_writer::simple(std::string_view text) {
  std::byte* const to = room(bulk_bound(text.size()));
  took(to, put_simple(to, text));
}

void reply_writer::error(std::string_view text) {
  std::byte* const to = room(bulk_bound(text.size()));
  took(to, put_error(to, text));
}

void reply_writer::integer(std::int64_t number) {
  std::byte* const to = room(header_bound);
  took(to, put_integer(to, number));
}

void reply_writer::blob(std::string_view text) {
  if (is_over()) return;
  // A giant string in one piece would make a giant block that is kept.
  constexpr std::size_t one_piece = 16 * 1024;
  if (text.size() <= one_piece) {
    std::byte* const to = room(bulk_bound(text.size()));
    return took(to, put_bulk(to, text));
  }
  std::byte* const to = room(header_bound);
  took(to, put_bulk_header(to, text.size()));
  out_.append(text);
  raw("\r\n");
}

void reply_writer::blob(const shared_bytes& bytes) {
  if (is_over()) return;
  std::byte* const to = room(header_bound);
  took(to, put_bulk_header(to, bytes.size()));
  out_.append(bytes);
  raw("\r\n");
}

void reply_writer::number(double number) {
  std::byte* const to = room(number_bound);
  took(to, put_number(to, number, version_));
}

void reply_writer::boolean(bool on) {
  std::byte* const to = room(header_bound);
  took(to, put_boolean(to, on, version_));
}

void reply_writer::verbatim(std::string_view text) {
  if (version_ == version::resp2) return blob(text);
  std::byte* const to = room(bulk_bound(text.size()));
  took(to, put_verbatim(to, "txt", text));
}

void reply_writer::null() {
  std::byte* const to = room(header_bound);
  took(to, put_null(to, version_));
}

void reply_writer::null_array() {
  if (version_ == version::resp2) return raw("*-1\r\n");
  null();
}

void reply_writer::aggregate(kind what, std::size_t count) {
  std::byte* const to = room(header_bound);
  took(to, put_aggregate(to, what, count, version_));
}

}  // namespace parley::resp
