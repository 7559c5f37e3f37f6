#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/rest/detail/route_pattern.hpp>
#include <parley/codecs/http/rest/query.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/codecs/http/rest/router.hpp>

namespace parley::http::detail {
namespace {

struct kind_name {
  std::string_view name;
  segment_kind kind;
};
constexpr auto kind_names = std::to_array<kind_name>({
    {"uuid", segment_kind::uuid},
    {"uint", segment_kind::unsigned_integer},
    {"int", segment_kind::integer},
    {"double", segment_kind::number},
});

bool is_letter(char c) noexcept {
  const char low = static_cast<char>(c | 0x20);
  return (low >= 'a' && low <= 'z') || c == '_';
}

bool is_name(std::string_view text) noexcept {
  return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is(c, digit_char) || c == '-';
  });
}

std::unexpected<error> refuse(std::string_view pattern, std::string_view what) {
  return fail(rest_errc::bad_pattern, std::string(pattern).append(": ").append(what));
}

class pattern_parser {
 public:
  explicit pattern_parser(std::string_view text) noexcept : text_(text) {}

  result<route_pattern> parse() {
    if (!text_.starts_with('/')) return refuse(text_, "a path begins with a slash");
    if (text_.find_first_of("?#") != text_.npos) {
      return refuse(text_, "queries and fragments choose no route");
    }
    std::string_view rest = text_.substr(1);
    if (rest.ends_with('/')) {
      out_.slash = true;
      rest.remove_suffix(1);
    }
    if (rest.empty() && !out_.slash) return std::move(out_);
    for (;;) {
      const std::size_t end = rest.find('/');
      if (auto ok = add(rest.substr(0, end)); !ok) return std::unexpected(ok.error());
      if (end == rest.npos) break;
      rest.remove_prefix(end + 1);
    }
    if (out_.slash && out_.segments.back().kind == segment_kind::rest) {
      return refuse(text_, "nothing may follow {name...}, which takes a slash at the end as well");
    }
    return std::move(out_);
  }

 private:
  result<> add(std::string_view segment) {
    if (segment.empty()) return refuse(text_, "an empty segment matches nothing");
    if (out_.segments.size() == max_path_segments) return refuse(text_, "too many segments");
    if (!out_.segments.empty() && out_.segments.back().kind == segment_kind::rest) {
      return refuse(text_, "nothing may follow {name...}");
    }
    if (segment.front() == '{' && segment.back() == '}') {
      return add_parameter(segment.substr(1, segment.size() - 2));
    }
    return add_literal(segment);
  }

  result<> add_literal(std::string_view segment) {
    if (segment.find_first_of("{}") != segment.npos) {
      return refuse(text_, "a parameter is a whole segment; write braces as %7B and %7D");
    }
    route_segment made;
    if (!append_percent_decoded(made.text, segment)) {
      return refuse(text_, "two hexadecimal digits must follow %");
    }
    if (is_dotted(made.text)) return refuse(text_, "dot segments reach no route");
    const bool control =
        std::ranges::any_of(made.text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
    if (control) return refuse(text_, "a control character");
    out_.segments.push_back(std::move(made));
    return {};
  }

  result<> add_parameter(std::string_view inside) {
    route_segment made{segment_kind::text, {}};
    if (inside.ends_with("...")) {
      made.kind = segment_kind::rest;
      inside.remove_suffix(3);
    } else if (const std::size_t colon = inside.find(':'); colon != inside.npos) {
      const auto* known = std::ranges::find(kind_names, inside.substr(colon + 1), &kind_name::name);
      if (known == kind_names.end()) {
        return refuse(text_, "types are uuid, uint, int and double");
      }
      made.kind = known->kind;
      inside = inside.substr(0, colon);
    }
    if (!is_name(inside)) {
      return refuse(text_, "a parameter's name is letters, digits, '_' and '-', a letter first");
    }
    std::size_t parameters = 1;
    for (const route_segment& s : out_.segments) {
      if (s.kind == segment_kind::literal) continue;
      if (s.text == inside) return refuse(text_, "two parameters have one name");
      ++parameters;
    }
    if (parameters > max_path_parameters) return refuse(text_, "too many parameters");
    made.text = inside;
    out_.segments.push_back(std::move(made));
    return {};
  }

  std::string_view text_;
  route_pattern out_;
};

template <class T>
bool reads_as(std::string_view text) noexcept {
  T number{};
  const char* end = text.data() + text.size();
  const auto r = std::from_chars(text.data(), end, number);
  return r.ec == std::errc() && r.ptr == end;
}

bool is_unsigned(std::string_view text) noexcept {
  // 19 digits always fit.
  if (!are_all(text, digit_char)) return false;
  return text.size() < 20 || reads_as<std::uint64_t>(text);
}

bool is_integer(std::string_view text) noexcept {
  const std::string_view digits = text.substr(text.front() == '-' ? 1 : 0);
  if (digits.empty() || !are_all(digits, digit_char)) return false;
  return digits.size() < 19 || reads_as<std::int64_t>(text);
}

bool is_number(std::string_view text) noexcept {
  const char first = text[text.front() == '-' && text.size() > 1 ? 1 : 0];
  // No "inf", no "nan", and nothing as short as ".5", which people take for a file's ending.
  if (!is(first, digit_char)) return false;
  double number = 0;
  const char* end = text.data() + text.size();
  const auto r = std::from_chars(text.data(), end, number);
  return r.ec == std::errc() && r.ptr == end && std::isfinite(number);
}

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is(text[i], hex_char)) return false;
  }
  return true;
}

}  // namespace

result<route_pattern> parse_route_pattern(std::string_view text) {
  return pattern_parser(text).parse();
}

bool fits(segment_kind kind, std::string_view segment) noexcept {
  switch (kind) {
    case segment_kind::uuid:
      return is_uuid(segment);
    case segment_kind::unsigned_integer:
      return is_unsigned(segment);
    case segment_kind::integer:
      return is_integer(segment);
    case segment_kind::number:
      return is_number(segment);
    case segment_kind::literal:
    case segment_kind::text:
    case segment_kind::rest:
      break;
  }
  return true;
}

bool is_dotted(std::string_view segment) noexcept {
  if (segment == ".") return true;
  for (;;) {
    const std::size_t end = segment.find_first_of("/\\");
    if (segment.substr(0, end) == "..") return true;
    if (end == segment.npos) return false;
    segment.remove_prefix(end + 1);
  }
}

}  // namespace parley::http::detail
