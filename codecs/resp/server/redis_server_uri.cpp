#include <parley/codecs/resp/server/redis_server.hpp>
#include <parley/core/api/settings.hpp>

namespace parley {
namespace {

result<void> read_parameter(redis_server_config& c, const uri_parameter& p) {
  bool good = false;
  const bool is_tls = c.ssl && read_tls_server_parameter(c.tls, p, good);
  if (is_tls) {
    // Read, or found wrong.
  } else if (p.name == "databases") {
    good = read_number(p.value, c.databases);
  } else if (p.name == "max_clients") {
    good = read_number(p.value, c.max_clients);
  } else {
    // A misspelt one would silently mean the default.
    return fail(errc::bad_configuration, unknown_parameter(p));
  }
  if (good) return {};
  return fail(errc::bad_configuration, bad_parameter(p));
}

}  // namespace

result<redis_server_config> redis_server_config::from_uri(const uri& where) {
  constexpr std::uint16_t default_port = 6379;
  const bool ssl = where.protocol() == "rediss";
  if (!ssl && where.protocol() != "redis") {
    return fail(errc::bad_configuration, "the scheme is not redis, rediss or redis+unix");
  }
  auto to = where.where(default_port);
  if (!to) return std::unexpected(std::move(to.error()));
  redis_server_config c;
  c.ssl = ssl;
  if (to->is_local()) {
    c.unix_socket = to->path();
  } else {
    if (where.path().size() > 1) {
      return fail(errc::bad_configuration, "a server has no database in its URI");
    }
    // The one name that needs no resolver.
    if (!to->host().empty() && to->host() != "localhost") c.host = to->host();
    c.port = to->port();
  }
  if (where.has_user() && !where.user().empty()) {
    resp::server_user user{.name = where.user(), .password = where.password()};
    // Who names a user wants no other to come in.
    c.users.push_back(std::move(user));
    c.users.push_back({.name = "default", .is_enabled = false});
  } else {
    c.password = where.password().reveal();
  }
  for (const uri_parameter& p : where.parameters()) {
    if (auto ok = read_parameter(c, p); !ok) return std::unexpected(std::move(ok.error()));
  }
  if (auto ok = c.validate(); !ok) return std::unexpected(std::move(ok.error()));
  return c;
}

}  // namespace parley
