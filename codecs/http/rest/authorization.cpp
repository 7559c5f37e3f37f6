#include <algorithm>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/rest/authorization.hpp>
#include <parley/codecs/http/rest/detail/quoting.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/core/text/base64.hpp>

namespace parley::http {
namespace {

using detail::is_token;
using detail::trimmed;

bool is_control(char c) noexcept { return (c >= 0 && c < ' ') || c == '\x7f'; }
bool has_control(std::string_view text) noexcept { return std::ranges::any_of(text, is_control); }

// RFC 9110 section 11.2; a bearer token is one as well (RFC 6750 section 2.1).
bool is_token68(std::string_view text) noexcept {
  while (text.ends_with('=')) text.remove_suffix(1);
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    const char low = static_cast<char>(c | 0x20);
    return (low >= 'a' && low <= 'z') || detail::is(c, detail::digit_char) ||
           std::string_view("-._~+/").contains(c);
  });
}

result<> append_parameter(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  if (has_control(value)) {
    return fail(rest_errc::bad_credentials, std::string(name) + " has a control character");
  }
  if (!out.ends_with(' ')) out += ", ";
  out.append(name).append("=");
  detail::append_quoted(out, value);
  return {};
}

}  // namespace

std::optional<credentials_view> parse_credentials(std::string_view value) noexcept {
  value = trimmed(value);
  const std::size_t end = value.find(' ');
  const std::string_view scheme = value.substr(0, end);
  if (!is_token(scheme)) return std::nullopt;
  return credentials_view{scheme, trimmed(value.substr(scheme.size()))};
}

result<basic_credentials> parse_basic(std::string_view value) {
  const auto parts = parse_credentials(value);
  if (!parts || !equals_ignoring_case(parts->scheme, "basic")) {
    return fail(rest_errc::bad_credentials, "not Basic");
  }
  auto both = text::base64_decode(parts->rest);
  if (!both) return fail(rest_errc::bad_credentials, "Basic: no Base64");
  const std::size_t colon = both->find(':');
  if (colon == std::string::npos || has_control(*both)) {
    return fail(rest_errc::bad_credentials, "Basic: no colon, or a control character");
  }
  return basic_credentials{both->substr(0, colon), secret(both->substr(colon + 1))};
}

std::optional<std::string_view> parse_bearer(std::string_view value) noexcept {
  const auto parts = parse_credentials(value);
  if (!parts || !equals_ignoring_case(parts->scheme, "bearer")) return std::nullopt;
  if (!is_token68(parts->rest)) return std::nullopt;
  return parts->rest;
}

std::optional<std::string_view> find_api_key(fields_view fields, std::string_view name) noexcept {
  if (fields.count(name) != 1) return std::nullopt;
  const std::string_view key = trimmed(*fields.find(name));
  if (key.empty() || key.contains(' ') || has_control(key)) return std::nullopt;
  return key;
}

result<std::string> basic_authorization(std::string_view user, std::string_view password) {
  if (user.contains(':')) return fail(rest_errc::bad_credentials, "a colon in the user's name");
  if (has_control(user) || has_control(password)) {
    return fail(rest_errc::bad_credentials, "a control character in user or password");
  }
  const std::string both = std::string(user).append(":").append(password);
  return "Basic " + text::base64_encode(as_bytes(both));
}

result<std::string> bearer_authorization(std::string_view token) {
  if (!is_token68(token)) return fail(rest_errc::bad_credentials, "no bearer token");
  return "Bearer " + std::string(token);
}

bool equals_in_constant_time(std::string_view given, std::string_view kept) noexcept {
  unsigned differs = given.size() == kept.size() ? 0 : 1;
  // Beyond the end of what is kept, or against nothing, `given` is compared with itself.
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = i < kept.size() ? kept[i] : given[i];
    differs |= static_cast<unsigned char>(given[i] ^ other);
    // Otherwise a compiler may end the loop at the first difference.
    __asm__ volatile("" : "+r"(differs));
  }
  return differs == 0;
}

result<std::string> basic_challenge(std::string_view realm) {
  if (has_control(realm)) return fail(rest_errc::bad_credentials, "realm has a control character");
  std::string out = "Basic realm=";
  detail::append_quoted(out, realm);  // must be there, also if it is empty
  out += ", charset=\"UTF-8\"";
  return out;
}

result<std::string> to_string(const bearer_challenge& c) {
  std::string out = "Bearer ";
  for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>{"realm", c.realm},
                                    {"scope", c.scope},
                                    {"error", c.error},
                                    {"error_description", c.description}}) {
    if (auto ok = append_parameter(out, name, value); !ok) return std::unexpected(ok.error());
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string unquoted(const auth_parameter& p) {
  return p.quoted ? detail::without_escapes(p.value) : std::string(p.value);
}

// token BWS "=" BWS ( token / quoted-string )
std::optional<auth_parameter> next_parameter(std::string_view& rest) noexcept {
  std::string_view text = rest;
  while (!text.empty() && (text.front() == ',' || text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  const std::size_t equals = text.find('=');
  const std::string_view name = trimmed(text.substr(0, equals));
  if (equals == text.npos || !is_token(name)) return std::nullopt;
  text = text.substr(equals + 1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  auth_parameter found{name, {}, text.starts_with('"')};
  if (found.quoted) {
    const auto value = detail::take_quoted(text);
    if (!value) return std::nullopt;
    found.value = *value;
  } else {
    std::size_t end = 0;
    while (end < text.size() && detail::is(text[end], detail::token_char)) ++end;
    if (end == 0) return std::nullopt;
    found.value = text.substr(0, end);
    text.remove_prefix(end);
  }
  // Only white space and a comma may follow.
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  if (!text.empty() && text.front() != ',') return std::nullopt;
  rest = text;
  return found;
}

std::optional<auth_parameter> challenge::find(std::string_view name) const noexcept {
  std::string_view rest = parameters_;
  while (const auto p = next_parameter(rest)) {
    if (equals_ignoring_case(p->name, name)) return p;
  }
  return std::nullopt;
}

std::optional<challenge> challenge_reader::stop() noexcept {
  failed_ = true;
  rest_ = {};
  return std::nullopt;
}

std::optional<challenge> challenge_reader::next() noexcept {
  while (!rest_.empty() &&
         (rest_.front() == ',' || rest_.front() == ' ' || rest_.front() == '\t')) {
    rest_.remove_prefix(1);
  }
  if (rest_.empty()) return std::nullopt;
  challenge found;
  const std::size_t end = rest_.find_first_of(" \t,");
  found.scheme_ = rest_.substr(0, end);
  if (!is_token(found.scheme_)) return stop();
  rest_.remove_prefix(found.scheme_.size());
  rest_ = trimmed(rest_);
  if (rest_.empty() || rest_.front() == ',') return found;
  // A token68 ends where the challenge ends; `name=value` is none, as something follows the '='.
  const std::string_view first = trimmed(rest_.substr(0, rest_.find(',')));
  if (is_token68(first)) {
    // A single word could be the next scheme too, but then a comma would precede it.
    found.token68_ = first;
    rest_.remove_prefix(static_cast<std::size_t>(first.data() + first.size() - rest_.data()));
    return found;
  }
  const std::string_view begin = rest_;
  std::string_view rest = rest_;
  while (next_parameter(rest)) rest_ = rest;
  found.parameters_ = begin.substr(0, begin.size() - rest_.size());
  // What cannot be a parameter must be the next challenge, behind a comma.
  if (!rest_.empty() && (rest_.front() != ',' || found.parameters_.empty())) return stop();
  return found;
}

}  // namespace parley::http
