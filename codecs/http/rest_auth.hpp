// Middleware of a rest_provider that asks who a client is, and what it may do (S148, S149).
//
//   server.use(parley::require_api_key([&](std::string_view key) -> std::optional<std::string> {
//     return keys.find(key);                              // whose it is, or nothing
//   }));
//   route->use(parley::require_scope("orders:write"));
//
// Who was let in is rest_request::user(). Refusals are 401 with WWW-Authenticate, or 403.
#pragma once

#include <optional>
#include <parley/codecs/http/rest_provider.hpp>
#include <parley/core/async/callback.hpp>
#include <parley/core/async/operation.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

// Whose key it is; nothing if it is nobody's. Compare with http::equals_in_constant_time() where
// there are few keys; a look-up by a hash of the key is as good.
using key_lookup = callback<std::optional<std::string>(std::string_view key)>;
// A field of that name, once (S148). 401 without it or if it is nobody's.
rest_before require_api_key(key_lookup whose, std::string header = "X-API-Key");

using password_check = callback<bool(std::string_view user, std::string_view password)>;
// Authorization: Basic (RFC 7617). Over TLS only: the password is sent as it is.
rest_before require_basic(std::string realm, password_check check);

// What a token stands for.
struct token_grant {
  std::string user;
  std::vector<std::string> scopes{};
};
using token_check = callback<result<token_grant>(std::string_view token)>;
using token_check_async = callback<operation<token_grant>(std::string_view token)>;
// Authorization: Bearer (RFC 6750), as OAuth2 has it (S149). A check that fails is 401
// invalid_token; one that cannot tell (a transient error) is 503. Scopes are kept in the request's
// notes as "scopes".
rest_before require_bearer(std::string realm, token_check check);
// The same where the answer is elsewhere, at an introspection endpoint say. `home` runs it.
rest_before_async require_bearer(std::string realm, token_check_async check);
// Behind require_bearer: 403 insufficient_scope for tokens that lack this.
rest_before require_scope(std::string scope);

}  // namespace parley
