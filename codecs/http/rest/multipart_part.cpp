#include <algorithm>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/rest/media_type.hpp>
#include <parley/codecs/http/rest/multipart.hpp>
#include <parley/codecs/http/rest/query.hpp>
#include <parley/core/text/utf8.hpp>

namespace parley::http {
namespace {

using detail::trimmed;

// Takes a quoted value off the front of `text`, with its escapes. A backslash escapes a quote
// and itself; before anything else it is one, as in the paths of old browsers.
bool take_quoted(std::string_view& text, std::string& out) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    const bool escaped =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    if (escaped) ++i;
    out += text[i];
  }
  return false;
}

// What browsers write for the three characters that would end the value or the line (WHATWG HTML,
// multipart/form-data encoding algorithm).
void decode_browser_escapes(std::string& text) {
  std::size_t to = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      const std::string_view digits = std::string_view(text).substr(i + 1, 2);
      const char meant = digits == "22"                       ? '"'
                         : equals_ignoring_case(digits, "0d") ? '\r'
                         : equals_ignoring_case(digits, "0a") ? '\n'
                                                              : '\0';
      if (meant != '\0') {
        c = meant;
        i += 2;
      }
    }
    text[to++] = c;
  }
  text.resize(to);
}

// UTF-8'language'percent-encoded (RFC 8187 section 3.2).
std::optional<std::string> parse_extended(std::string_view value) {
  constexpr std::string_view charset = "UTF-8'";
  if (!equals_ignoring_case(value.substr(0, charset.size()), charset)) return std::nullopt;
  value.remove_prefix(charset.size());
  const std::size_t quote = value.find('\'');
  std::string out;
  if (quote == value.npos || !append_percent_decoded(out, value.substr(quote + 1))) {
    return std::nullopt;
  }
  if (!text::valid_utf8(std::string_view(out))) return std::nullopt;
  return out;
}

// `; name=value` off the front. False at a fault.
bool take_parameter(std::string_view& text, std::string_view& name, std::string& value) {
  if (!text.starts_with(';')) return false;
  text = trimmed(text.substr(1));
  const std::size_t equals = text.find('=');
  if (equals == text.npos || !detail::is_token(text.substr(0, equals))) return false;
  name = text.substr(0, equals);
  text.remove_prefix(equals + 1);
  value.clear();
  if (text.starts_with('"')) {
    if (!take_quoted(text, value)) return false;
  } else {
    const std::string_view plain = trimmed(text.substr(0, text.find(';')));
    // No token, but UTF-8 without quotes is what some clients send.
    if (plain.empty() || plain.find_first_of("\" \t") != plain.npos) return false;
    value = plain;
    text.remove_prefix(plain.size());
  }
  text = trimmed(text);
  return true;
}

}  // namespace

bool multipart_part::parse_disposition(std::string_view value) {
  constexpr std::string_view wanted = "form-data";
  std::string_view rest = trimmed(value);
  if (!equals_ignoring_case(rest.substr(0, wanted.size()), wanted)) return false;
  rest = trimmed(rest.substr(wanted.size()));
  bool has_name = false;
  std::optional<std::string> extended;
  std::string_view name;
  std::string text;
  while (!rest.empty()) {
    if (rest == ";") break;
    if (!take_parameter(rest, name, text)) return false;
    if (equals_ignoring_case(name, "name")) {
      if (has_name) return false;
      has_name = true;
      decode_browser_escapes(text);
      name_ = text;
    } else if (equals_ignoring_case(name, "filename")) {
      if (has_filename_) return false;
      has_filename_ = true;
      decode_browser_escapes(text);
      filename_ = text;
    } else if (equals_ignoring_case(name, "filename*") && !extended) {
      extended = parse_extended(text);
    }
  }
  if (extended) {
    has_filename_ = true;
    filename_ = std::move(*extended);
  }
  return has_name;
}

bool multipart_part::add_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  // Also no white space at the front: lines are not folded.
  if (!detail::is_token(name) || !detail::are_all(value, detail::value_char)) return false;
  if (headers_.find(name) && (equals_ignoring_case(name, "content-disposition") ||
                              equals_ignoring_case(name, "content-type"))) {
    return false;
  }
  headers_.add(std::string(name), std::string(value));
  return true;
}

std::optional<rest_errc> multipart_part::parse(std::string_view head, std::size_t max_fields) {
  *this = {};
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    if (headers_.size() == max_fields) return rest_errc::part_head_too_large;
    if (!add_field(head.substr(0, end))) return rest_errc::bad_part_head;
    head.remove_prefix(end + 2);
  }
  const auto disposition = headers_.find("Content-Disposition");
  if (!disposition || !parse_disposition(*disposition)) return rest_errc::bad_part_head;
  // An empty one says nothing either.
  content_type_ = headers_.find("Content-Type").value_or("");
  if (content_type_.empty()) content_type_ = "text/plain";
  // Deprecated (RFC 7578 section 4.7). Those that change nothing are let through; what would have
  // to be decoded is refused rather than handed on encoded.
  if (const auto coding = headers_.find("Content-Transfer-Encoding")) {
    const bool plain = std::ranges::any_of(
        std::initializer_list<std::string_view>{"7bit", "8bit", "binary"},
        [&](std::string_view each) { return equals_ignoring_case(*coding, each); });
    if (!plain) return rest_errc::bad_part_head;
  }
  return std::nullopt;
}

std::string safe_file_name(std::string_view filename) {
  constexpr std::size_t longest = 255;  // NAME_MAX of most file systems, in bytes
  if (const std::size_t slash = filename.find_last_of("/\\"); slash != filename.npos) {
    filename.remove_prefix(slash + 1);
  }
  std::string out;
  for (const char c : filename) {
    const bool control = (c >= 0 && c < ' ') || c == '\x7f';
    if (!control && !std::string_view("<>:\"|?*").contains(c)) out += c;
  }
  if (!text::valid_utf8(std::string_view(out))) {
    std::erase_if(out, [](char c) { return c < 0; });
  }
  const std::size_t first = out.find_first_not_of(". ");
  out.erase(0, first);
  // Windows drops these, so that two names would be one.
  while (!out.empty() && (out.back() == '.' || out.back() == ' ')) out.pop_back();
  if (out.size() > longest) {
    std::size_t end = longest;
    // Not inside of a character.
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
    out.resize(end);
  }
  return out.empty() ? "file" : out;
}

}  // namespace parley::http
