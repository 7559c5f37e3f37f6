// Credentials: Basic (RFC 7617), Bearer (RFC 6750), API keys, and the challenges that ask for them
// (RFC 9110 section 11).
#pragma once

#include <cstdint>
#include <optional>
#include <parley/codecs/http/rest/fields_view.hpp>
#include <parley/core/error.hpp>
#include <parley/core/net/secret.hpp>
#include <string>
#include <string_view>

namespace parley::http {

// What Authorization: Basic says.
struct basic_credentials {
  std::string user;
  secret password;
};

// The scheme of a value of Authorization ("Basic"; compare without regard to case) and what follows
// it. Nothing if it begins with no token.
struct credentials_view {
  std::string_view scheme;
  std::string_view rest;
};
std::optional<credentials_view> parse_credentials(std::string_view value) noexcept;

// User and password of `Basic dXNlcjpwYXNz`. Errors (rest_errc::bad_credentials): another scheme,
// no strict Base64, no colon, a control character.
result<basic_credentials> parse_basic(std::string_view value);

// The token of `Bearer abc`, if it has the characters that RFC 6750 section 2.1 allows. A view.
std::optional<std::string_view> parse_bearer(std::string_view value) noexcept;

// The one field of that name, if it is there once, not empty and without a space or control
// character.
std::optional<std::string_view> find_api_key(fields_view fields,
                                             std::string_view name = "X-API-Key") noexcept;

// Values of Authorization for a client. bad_credentials: a user with a colon, a control character,
// a token that is none.
result<std::string> basic_authorization(std::string_view user, std::string_view password);
result<std::string> bearer_authorization(std::string_view token);

// Whether two texts are equal, in a time that depends on the length of `given` alone: not on where
// they differ, nor on the length of what is kept secret.
bool equals_in_constant_time(std::string_view given, std::string_view kept) noexcept;

// `Basic realm="x", charset="UTF-8"`. Errors (rest_errc::bad_credentials): a control character in
// what is to be quoted; quotes and backslashes are escaped.
result<std::string> basic_challenge(std::string_view realm);

// What a bearer challenge says (RFC 6750 section 3); what is empty is left out. Without credentials
// in the request there must be no `error`.
struct bearer_challenge {
  std::string_view realm{};
  std::string_view scope{};
  std::string_view error{};  // "invalid_request" 400, "invalid_token" 401, "insufficient_scope" 403
  std::string_view description{};
};
result<std::string> to_string(const bearer_challenge&);

// One parameter of a challenge. A quoted value is shown with its escapes; unquoted() removes them.
struct auth_parameter {
  std::string_view name;
  std::string_view value;
  bool quoted = false;
};
std::string unquoted(const auth_parameter&);

// One challenge: a scheme with a token68 or with parameters. Views of the field's value.
class challenge {
 public:
  std::string_view scheme() const noexcept { return scheme_; }
  // "" if it has parameters instead.
  std::string_view token68() const noexcept { return token68_; }
  // Without regard to the case of the name.
  std::optional<auth_parameter> find(std::string_view name) const noexcept;
  // Walks the parameters: `for (auto rest = c.parameters(); auto p = next_parameter(rest);)`.
  std::string_view parameters() const noexcept { return parameters_; }

 private:
  friend class challenge_reader;
  std::string_view scheme_;
  std::string_view token68_;
  std::string_view parameters_;
};
std::optional<auth_parameter> next_parameter(std::string_view& rest) noexcept;

// Walks the challenges of one WWW-Authenticate or Proxy-Authenticate value: commas separate both
// challenges and parameters, and this tells them apart.
class challenge_reader {
 public:
  explicit challenge_reader(std::string_view value) noexcept : rest_(value) {}
  // Nothing at the end, and from a fault on.
  std::optional<challenge> next() noexcept;
  bool failed() const noexcept { return failed_; }

 private:
  std::optional<challenge> stop() noexcept;
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace parley::http
