#include <parley/codecs/http/rest/authorization.hpp>
#include <parley/codecs/http/rest_auth.hpp>
#include <utility>

namespace parley {
namespace {

using verdict = result<std::optional<rest_reply>>;

rest_reply refusal(std::uint16_t status, std::string challenge, std::string detail = {}) {
  auto r = rest_reply::problem(http::problem(status, std::move(detail)));
  if (!challenge.empty()) r.headers.add("WWW-Authenticate", std::move(challenge));
  return r;
}

rest_reply bearer_refusal(std::uint16_t status, const http::bearer_challenge& why) {
  return refusal(status, http::to_string(why).value_or("Bearer"), std::string(why.description));
}

// Without a word about an error if there were no credentials (RFC 6750 section 3).
rest_reply no_token(std::string_view realm) { return bearer_refusal(401, {.realm = realm}); }

rest_reply bad_token(std::string_view realm, const error& why) {
  // Who cannot tell must not say that the token is wrong: the client would throw it away.
  if (is_retried(why)) return refusal(503, {});
  return bearer_refusal(401, {.realm = realm, .error = "invalid_token"});
}

void admit(rest_request& r, const token_grant& grant) {
  r.set_user(grant.user);
  std::vector<value> scopes;
  for (const std::string& s : grant.scopes) scopes.emplace_back(s);
  r.notes().set("scopes", value::from_array(std::move(scopes)));
}

std::optional<std::string_view> token_of(const rest_request& r) {
  const auto field = r.headers().single(http::field::authorization);
  return field ? http::parse_bearer(*field) : std::nullopt;
}

}  // namespace

rest_before require_api_key(key_lookup whose, std::string header) {
  return
      [whose = std::move(whose), header = std::move(header)](rest_request& r) mutable -> verdict {
        const auto key = http::find_api_key(r.headers(), header);
        const auto who = key ? whose(*key) : std::nullopt;
        if (!who) return refusal(401, "ApiKey", "a valid " + header + " is needed");
        r.set_user(*who);
        return std::nullopt;
      };
}

rest_before require_basic(std::string realm, password_check check) {
  return [realm = std::move(realm), check = std::move(check)](rest_request& r) mutable -> verdict {
    const auto field = r.headers().single(http::field::authorization);
    const auto given = field ? http::parse_basic(*field) : fail(errc::invalid_argument);
    if (!given || !check(given->user, given->password.reveal())) {
      return refusal(401, http::basic_challenge(realm).value_or("Basic"));
    }
    r.set_user(given->user);
    return std::nullopt;
  };
}

rest_before require_bearer(std::string realm, token_check check) {
  return [realm = std::move(realm), check = std::move(check)](rest_request& r) mutable -> verdict {
    const auto token = token_of(r);
    if (!token) return no_token(realm);
    const auto grant = check(*token);
    if (!grant) return bad_token(realm, grant.error());
    admit(r, *grant);
    return std::nullopt;
  };
}

rest_before_async require_bearer(std::string realm, token_check_async check) {
  return [realm = std::move(realm), check = std::move(check)](rest_gate gate) mutable {
    const auto token = token_of(gate.request());
    if (!token) return gate.reply(no_token(realm));
    check(*token).then([gate = std::move(gate), realm](result<token_grant> grant) mutable {
      if (!grant) return gate.reply(bad_token(realm, grant.error()));
      admit(gate.request(), *grant);
      gate.pass();
    });
  };
}

rest_before require_scope(std::string scope) {
  return [scope = std::move(scope)](rest_request& r) -> verdict {
    for (const value& have : r.notes()["scopes"].items()) {
      if (have.text() == scope) return std::nullopt;
    }
    return bearer_refusal(403, {.scope = scope, .error = "insufficient_scope"});
  };
}

}  // namespace parley
