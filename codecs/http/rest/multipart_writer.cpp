#include <algorithm>
#include <array>
#include <parley/codecs/http/rest/media_type.hpp>
#include <parley/codecs/http/rest/multipart.hpp>

namespace parley::http {
namespace {

// Appends a name in quotes, or says false: it has a control character that has no escape.
bool append_name(std::string& out, std::string_view name) {
  out += '"';
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '"') {
      out += "%22";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else if ((c >= 0 && c < ' ' && c != '\t') || c == '\x7f') {
      return false;
    } else {
      // Browsers escape no backslash; one before a quote or another one would be read as an escape.
      if (c == '\\' && (i + 1 == name.size() || name[i + 1] == '\\')) out += '\\';
      out += c;
    }
  }
  out += '"';
  return true;
}

}  // namespace

multipart_writer::multipart_writer(random_source& entropy) : boundary_("parley-") {
  constexpr std::string_view digits =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
  std::array<std::byte, 24> bytes;
  entropy.random(bytes);
  for (const std::byte b : bytes) boundary_ += digits[std::to_integer<std::size_t>(b) & 63];
}

std::string multipart_writer::content_type() const {
  return "multipart/form-data; boundary=" + boundary_;
}

result<void> multipart_writer::begin_part(std::string& out, const part_head& head) const {
  std::string text = "--" + boundary_ + "\r\nContent-Disposition: form-data; name=";
  if (!append_name(text, head.name)) {
    return fail(rest_errc::bad_part_head, "a control character in the name");
  }
  if (head.filename) {
    text += "; filename=";
    if (!append_name(text, *head.filename)) {
      return fail(rest_errc::bad_part_head, "a control character in the file's name");
    }
  }
  if (!head.content_type.empty()) {
    if (!parse_media_type(head.content_type)) {
      return fail(rest_errc::bad_part_head, "the content type is none");
    }
    text.append("\r\nContent-Type: ").append(head.content_type);
  }
  out.append(text).append("\r\n\r\n");
  return {};
}

result<void> multipart_writer::add_field(std::string& out, std::string_view name,
                                         std::string_view value) const {
  auto ok = begin_part(out, {.name = name});
  if (!ok) return ok;
  out += value;
  end_part(out);
  return ok;
}

void multipart_writer::finish(std::string& out) const {
  out.append("--").append(boundary_).append("--\r\n");
}

}  // namespace parley::http
