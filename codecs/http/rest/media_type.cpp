#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/field.hpp>
#include <parley/codecs/http/rest/detail/quoting.hpp>
#include <parley/codecs/http/rest/media_type.hpp>

namespace parley::http {
namespace {

std::string_view without_blanks(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

std::string_view take_token(std::string_view& text) noexcept {
  std::size_t end = 0;
  while (end < text.size() && detail::is(text[end], detail::token_char)) ++end;
  const std::string_view token = text.substr(0, end);
  text.remove_prefix(end);
  return token;
}

}  // namespace

std::string media_parameter::text() const {
  return quoted ? detail::without_escapes(value) : std::string(value);
}

bool media_parameter::equals(std::string_view other) const noexcept {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (quoted && value[i] == '\\' && i + 1 < value.size()) ++i;
    if (other.empty() || !equals_ignoring_case(value.substr(i, 1), other.substr(0, 1)))
      return false;
    other.remove_prefix(1);
  }
  return other.empty();
}

std::optional<media_parameter> next_media_parameter(std::string_view& rest) noexcept {
  std::string_view text = without_blanks(rest);
  const bool separated = text.starts_with(';');
  // Parameters may be empty: "a/b;; c=d;".
  while (text.starts_with(';')) text = without_blanks(text.substr(1));
  if (text.empty()) rest = {};
  if (text.empty() || !separated) return std::nullopt;
  media_parameter found{take_token(text), {}, false};
  if (found.name.empty() || !text.starts_with('=')) return std::nullopt;
  text.remove_prefix(1);
  if (text.starts_with('"')) {
    const auto inside = detail::take_quoted(text);
    if (!inside || !detail::are_all(*inside, detail::value_char)) return std::nullopt;
    found.value = *inside;
    found.quoted = true;
  } else {
    found.value = take_token(text);
    if (found.value.empty()) return std::nullopt;
  }
  text = without_blanks(text);
  if (!text.empty() && !text.starts_with(';')) return std::nullopt;
  rest = text;
  return found;
}

std::string_view media_type::suffix() const noexcept {
  const std::size_t plus = subtype.rfind('+');
  return plus == subtype.npos ? std::string_view() : subtype.substr(plus + 1);
}

std::optional<media_parameter> media_type::parameter(std::string_view name) const noexcept {
  std::string_view rest = parameters;
  while (const auto p = next_media_parameter(rest)) {
    if (equals_ignoring_case(p->name, name)) return p;
  }
  return std::nullopt;
}

bool media_type::is(std::string_view wanted_type, std::string_view wanted_subtype) const noexcept {
  return equals_ignoring_case(type, wanted_type) && equals_ignoring_case(subtype, wanted_subtype);
}

std::optional<media_type> parse_media_type(std::string_view text) noexcept {
  media_type found;
  std::string_view rest = detail::trimmed(text);
  found.type = take_token(rest);
  if (found.type.empty() || !rest.starts_with('/')) return std::nullopt;
  rest.remove_prefix(1);
  found.subtype = take_token(rest);
  if (found.subtype.empty()) return std::nullopt;
  found.parameters = rest;
  while (next_media_parameter(rest)) {
  }
  if (!rest.empty()) return std::nullopt;
  return found;
}

bool is_json(const media_type& type) noexcept {
  const bool json = type.is("application", "json") || type.is("text", "json") ||
                    equals_ignoring_case(type.suffix(), "json");
  if (!json) return false;
  const auto charset = type.parameter("charset");
  return !charset || charset->equals("utf-8") || charset->equals("utf8");
}

bool is_json(std::string_view content_type) noexcept {
  const auto type = parse_media_type(content_type);
  return type && is_json(*type);
}

bool is_form(std::string_view content_type) noexcept {
  const auto type = parse_media_type(content_type);
  return type && type->is("application", "x-www-form-urlencoded");
}

bool is_form_data(std::string_view content_type) noexcept {
  const auto type = parse_media_type(content_type);
  return type && type->is("multipart", "form-data");
}

}  // namespace parley::http
