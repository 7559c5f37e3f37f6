#include <algorithm>
#include <array>
#include <parley/codecs/http/head.hpp>
#include <parley/codecs/http/rest/problem.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/core/text/utf8.hpp>

namespace parley::http {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// How many bytes at the front are one well-formed character; 0 if they are none.
std::size_t character_size(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  const std::string_view character = text.substr(0, size);
  return character.size() == size && text::valid_utf8(character) ? size : 0;
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  // DEL and markup's characters besides: problems end up in logs and pages.
  if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f' || c == '<' || c == '>' || c == '&') {
    out.append("\\u00").append(1, digits[static_cast<unsigned char>(c) >> 4]);
    out += digits[static_cast<unsigned char>(c) & 15];
    return;
  }
  out += c;
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  if (!out.ends_with('{')) out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, text);
}

bool is_standard(std::string_view name) noexcept {
  constexpr auto names =
      std::to_array<std::string_view>({"type", "title", "status", "detail", "instance"});
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 0) {
      out += replacement;
    } else if (size == 1) {
      append_escaped(out, text.front());
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  out += '"';
}

problem::problem(std::uint16_t status, std::string detail)
    : status_(status), title_(reason_of(status)), detail_(std::move(detail)) {}

problem problem::from(const error& why) {
  problem made(status_for(why));
  if (made.status_ >= 500) return made;
  std::string detail(why.info().text);
  if (!why.message().empty()) detail.append(": ").append(why.message());
  made.set_detail(std::move(detail));
  made.add("code", std::string(why.info().domain).append(".").append(why.name()));
  return made;
}

problem& problem::set_type(std::string uri) & {
  type_ = std::move(uri);
  return *this;
}
problem& problem::set_title(std::string text) & {
  title_ = std::move(text);
  return *this;
}
problem& problem::set_detail(std::string text) & {
  detail_ = std::move(text);
  return *this;
}
problem& problem::set_instance(std::string uri) & {
  instance_ = std::move(uri);
  return *this;
}

problem& problem::add(std::string_view name, std::string_view text) & {
  std::string json;
  append_json_string(json, text);
  return add_json(name, json);
}

problem& problem::add(std::string_view name, std::int64_t number) & {
  return add_json(name, std::to_string(number));
}

problem& problem::add_json(std::string_view name, std::string_view json) & {
  if (is_standard(name)) return *this;
  members_ += ',';
  append_json_string(members_, name);
  members_.append(":").append(json);
  return *this;
}

std::string problem::to_json() const {
  std::string out = "{";
  append_member(out, "type", type_);
  append_member(out, "title", title_);
  if (!out.ends_with('{')) out += ',';
  out.append("\"status\":").append(std::to_string(status_));
  append_member(out, "detail", detail_);
  append_member(out, "instance", instance_);
  return out.append(members_).append("}");
}

}  // namespace parley::http
