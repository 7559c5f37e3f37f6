#include <parley/codecs/resp/server/redis_server.hpp>
#include <parley/core/api/settings.hpp>

namespace parley {
namespace {

void read_parameter(redis_server_config& c, const uri_parameter& p, fault_list& found) {
  bool good = false;
  if (c.ssl && read_tls_server_parameter(c.tls, p, good)) {
    // Read, or found wrong.
  } else if (p.name == "databases") {
    good = read_number(p.value, c.databases);
  } else if (p.name == "max_clients") {
    good = read_number(p.value, c.max_clients);
  } else {
    // A misspelt one would silently mean the default.
    return found.add(unknown_parameter(p));
  }
  if (!good) found.add(bad_parameter(p));
}

}  // namespace

result<redis_server_config> redis_server_config::from_uri(const uri& where) {
  constexpr server_schemes names{"redis", "rediss", 6379, 6379};
  redis_server_config c;
  fault_list found;
  if (auto ok = read_serving(c, where, names, found); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  found.check(!c.unix_socket.empty() || where.path().size() <= 1,
              "a server has no database in its URI");
  if (where.has_user() && !where.user().empty()) {
    resp::server_user user{.name = where.user(), .password = where.password()};
    // Who names a user wants no other to come in.
    c.users.push_back(std::move(user));
    c.users.push_back({.name = "default", .is_enabled = false});
  } else {
    c.password = where.password().reveal();
  }
  for (const uri_parameter& p : where.parameters()) {
    read_parameter(c, p, found);
  }
  if (auto ok = std::move(found).verdict(); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = c.validate(); !ok) return std::unexpected(std::move(ok.error()));
  return c;
}

}  // namespace parley
