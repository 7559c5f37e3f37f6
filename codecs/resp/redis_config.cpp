#include <parley/codecs/resp/redis_config.hpp>
#include <parley/core/api/settings.hpp>

namespace parley {
namespace {

constexpr std::uint16_t default_port = 6379;

bool read_protocol(std::string_view text, resp::version_choice& to) {
  if (text == "2")
    to = resp::version_choice::resp2;
  else if (text == "3")
    to = resp::version_choice::resp3;
  else
    return false;
  return true;
}

void read_parameter(redis_config& c, const uri_parameter& p, fault_list& found) {
  bool good = true;
  if (p.name == "db")
    good = read_number(p.value, c.db);
  else if (p.name == "max_connections")
    good = read_number(p.value, c.max_connections);
  else if (p.name == "client_name")
    c.client_name = p.value;
  else if (p.name == "ca_certs")
    c.ssl_ca_certs = p.value;
  else if (p.name == "certfile")
    c.ssl_certfile = p.value;
  else if (p.name == "keyfile")
    c.ssl_keyfile = p.value;
  else if (p.name == "crlfile")
    c.ssl_crlfile = p.value;
  else if (p.name == "verify")
    good = read_verify(p.value, c.verify);
  else if (p.name == "protocol")
    good = read_protocol(p.value, c.protocol);
  else if (p.name == "timeout") {
    good = read_seconds(p.value, c.connect_timeout);
    c.command_timeout = c.call_timeout = c.connect_timeout;
  } else {
    // Not ignored: a misspelt "verfy=none" or "timout=1" would silently mean the
    // default. Named without its value, which may be a secret.
    return found.add(unknown_parameter(p));
  }
  if (!good) found.add(bad_parameter(p));
}

}  // namespace

result<void> redis_config::validate() const {
  fault_list found;
  found.check(!host.empty() || !unix_socket.empty(), "host is empty");
  found.check(port != 0 || !unix_socket.empty(), "port is 0");
  found.check(max_connections > 0, "max_connections is 0");
  found.check(offline_policy != overflow::conflate && offline_policy != overflow::close,
              "offline_policy is reject, drop_oldest or drop_newest");
  // Often this is "redis://password@host", where the password stands for a user.
  found.check(username.empty() || !password.empty(), "username is set without a password");
  found.check(ssl_certfile.empty() == ssl_keyfile.empty(),
              "ssl_certfile and ssl_keyfile go together");
  found.check(ssl || (ssl_ca_certs.empty() && ssl_certfile.empty() && ssl_crlfile.empty()),
              "TLS files are set but ssl is false");
  found.check(connect_timeout > duration::zero(), "connect_timeout is not positive");
  found.check(command_timeout >= duration::zero(), "command_timeout is negative");
  found.check(call_timeout >= duration::zero(), "call_timeout is negative");
  found.check(pool_timeout >= duration::zero(), "pool_timeout is negative");
  found.check(pool_idle > duration::zero(), "pool_idle is not positive");
  found.check(ping_interval >= duration::zero(), "ping_interval is negative");
  found.check(ping_interval == duration::zero() || liveness > ping_interval,
              "liveness must be longer than ping_interval");
  found.check(reconnect.base > duration::zero() && reconnect.cap >= reconnect.base,
              "reconnect.base must be positive and not above reconnect.cap");
  found.check(reconnect.factor >= 1.0, "reconnect.factor is below 1");
  found.check(reply.max_depth > 0 && reply.max_depth <= resp::depth_capacity,
              "reply.max_depth is outside 1 to 64");
  found.check(reply.reply_budget > 0, "reply.reply_budget is 0");
  // CLIENT SETNAME refuses these; said here, it names the setting.
  found.check(client_name.find_first_of(" \r\n") == std::string::npos,
              "client_name contains a space or line break");
  return std::move(found).verdict();
}

result<redis_config> redis_config::from_uri(std::string_view text) {
  auto parsed = uri::parse(text);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return from_uri(*parsed);
}

result<redis_config> redis_config::from_uri(const uri& where) {
  redis_config c;
  fault_list found;
  const std::string_view protocol = where.protocol();
  c.ssl = protocol == "rediss";
  found.check(protocol == "redis" || c.ssl || where.scheme() == "unix",
              "the scheme is not redis, rediss or redis+unix");
  auto to = where.where(default_port);
  if (!to) return std::unexpected(std::move(to.error()));
  if (to->is_local()) {
    c.unix_socket = to->path();
  } else {
    if (!to->host().empty()) c.host = to->host();
    c.port = to->port();
    const std::string_view path = where.path();
    if (path.size() > 1) {
      found.check(read_number(path.substr(1), c.db), "the URI's path is not a database number");
    }
  }
  // redis://:password@host has no user; redis://password@host is no password.
  c.username = where.user();
  c.password = where.password().reveal();
  for (const uri_parameter& p : where.parameters()) read_parameter(c, p, found);
  if (auto ok = std::move(found).verdict(); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = c.validate(); !ok) return std::unexpected(std::move(ok.error()));
  return c;
}

endpoint redis_config::where() const {
  return unix_socket.empty() ? endpoint(host, port) : endpoint::local(unix_socket);
}

// For logs and errors: the password is never in it.
std::string redis_config::to_string() const {
  std::string text = unix_socket.empty() ? (ssl ? "rediss://" : "redis://") : "redis+";
  if (!password.empty()) text.append(username).append(":***@");
  text.append(where().to_string());
  if (db != 0) text.append("/").append(std::to_string(db));
  return text;
}

}  // namespace parley
