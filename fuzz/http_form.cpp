// Forms and queries: what is decoded, encoded again in both styles, must be the same; a reference
// that goes byte by byte must see the same pairs. Cookies, ranges, media types, credentials, tags
// and references are read from the same text: nothing may be read beyond it.
#include <parley/codecs/http/rest/accept.hpp>
#include <parley/codecs/http/rest/authorization.hpp>
#include <parley/codecs/http/rest/cache_control.hpp>
#include <parley/codecs/http/rest/conditional.hpp>
#include <parley/codecs/http/rest/cookie.hpp>
#include <parley/codecs/http/rest/media_type.hpp>
#include <parley/codecs/http/rest/problem.hpp>
#include <parley/codecs/http/rest/query.hpp>
#include <parley/codecs/http/rest/range.hpp>
#include <parley/codecs/http/rest/uri_reference.hpp>
#include <parley/core/text/base64.hpp>
#include <parley/core/text/utf8.hpp>
#include <vector>

#include "support/reader.hpp"

namespace {

using namespace parley;
using pairs = std::vector<std::pair<std::string, std::string>>;

int digit(char c) {
  const std::string_view digits = "0123456789abcdef";
  const char low = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
  const std::size_t at = digits.find(low);
  return at == digits.npos ? -1 : static_cast<int>(at);
}

// Byte by byte. Nothing: an escape is malformed.
std::optional<pairs> naive(std::string_view text) {
  pairs all;
  std::pair<std::string, std::string> now;
  bool in_value = false;
  bool any = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '&') {
      if (any) all.push_back(std::move(now));
      now = {};
      in_value = any = false;
      continue;
    }
    any = true;
    std::string& to = in_value ? now.second : now.first;
    if (text[i] == '=' && !in_value) {
      in_value = true;
    } else if (text[i] == '+') {
      to += ' ';
    } else if (text[i] == '%') {
      if (text.size() - i < 3 || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) {
        return std::nullopt;
      }
      to += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      to += text[i];
    }
  }
  return all;
}

pairs all_of(const http::form_fields& form) {
  pairs all;
  for (std::size_t i = 0; i < form.size(); ++i) all.emplace_back(form[i].name, form[i].value);
  return all;
}

void check_form(std::string_view text) {
  const auto form = http::form_fields::parse(text, {.max_fields = 1 << 20, .max_size = 1 << 24});
  const auto expected = naive(text);
  fuzz::must(form.has_value() == expected.has_value());
  if (!form) return;
  fuzz::must(all_of(*form) == *expected);
  for (const auto style : {http::form_style::form, http::form_style::query}) {
    http::form_writer writer(style);
    for (const auto& [name, value] : *expected) writer.add(name, value);
    const auto again = http::form_fields::parse(writer.text(), {.max_fields = 1 << 20});
    fuzz::must(again && all_of(*again) == *expected);
  }
}

void check_ranges(std::string_view text) {
  constexpr std::uint64_t size = 1000;
  const auto set = http::parse_range(text, size);
  std::uint64_t sum = 0;
  std::uint64_t end = 0;
  for (const auto& r : set.ranges()) {
    fuzz::must(r.first <= r.last && r.last < size && (sum == 0 || r.first > end));
    end = r.last;
    sum += r.size();
  }
  fuzz::must(sum <= size);
  fuzz::must((set.how == http::range_outcome::partial) == (set.count != 0));
}

void check_fields(std::string_view text) {
  const std::vector<http::header> fields{
      {"Accept", text}, {"Cookie", text}, {"If-None-Match", text}, {"Cache-Control", text}};
  const std::vector<std::string_view> offers{"a/b", "c/d;e=f"};
  (void)http::choose_media_type(fields, offers);
  (void)http::find_cookie(fields, "a");
  (void)http::judge_preconditions(http::method::get, fields, {.etag = http::entity_tag{"a"}}, {});
  const auto cache = http::parse_cache_control(text);
  fuzz::must(http::parse_cache_control(to_string(cache)) == cache);
  http::challenge_reader challenges(text);
  while (const auto c = challenges.next()) {
    for (auto rest = c->parameters(); const auto p = http::next_parameter(rest);)
      (void)unquoted(*p);
  }
  if (const auto basic = http::parse_basic(text)) {
    const auto again = http::basic_authorization(basic->user, basic->password.reveal());
    fuzz::must(again && http::parse_basic(*again)->user == basic->user);
  }
  if (const auto bytes = text::base64_decode(text)) {
    fuzz::must(text::base64_encode(as_bytes(*bytes)) == text);
  }
  if (const auto tag = http::parse_entity_tag(text)) fuzz::must(!tag->opaque.contains('"'));
  (void)http::parse_content_range(text);
  (void)http::is_json(text);
}

void check_reference(std::string_view text) {
  const auto target = http::resolve_reference("https://host/a/b?c", text);
  if (!target) return;
  fuzz::must(target->find_first_of(" \r\n\\") == std::string::npos);
  const auto again = http::resolve_reference("http://other/", *target);
  // Dot segments are gone, so nothing is left to resolve.
  fuzz::must(again && *again == *target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly this size, so that a byte read beyond it is seen.
  const std::vector<char> copy(data, data + size);
  const std::string_view text(copy.data(), copy.size());
  check_form(text);
  check_ranges(text);
  check_fields(text);
  check_reference(text);
  std::string json;
  http::append_json_string(json, text);
  fuzz::must(text::valid_utf8(std::string_view(json)));
  fuzz::must(json.find_first_of("\r\n\t<>&") == std::string::npos);
  return 0;
}
