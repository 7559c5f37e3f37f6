#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <parley/core/api/settings.hpp>
#include <utility>

namespace parley {

namespace {

// The faults of a place, the first or a further one.
template <class Place>
void check_place(const mqtt_broker_config& c, const Place& p, fault_list& found) {
  const auto at = p.where();
  found.check(at.has_value(), "host is not a numeric address");
  found.check(!p.ssl || !p.tls.certfile.empty(), "ssl needs tls.certfile and tls.keyfile");
  found.check(p.ssl || p.tls == tls_settings(), "TLS is set up but ssl is false");
  const bool is_open = c.settings.allow_anonymous || c.settings.users.empty();
  found.check(!at || at->is_loopback() || c.settings.policy != nullptr || !is_open,
              "host can be reached from other machines, and everybody may come: name users and "
              "set allow_anonymous to false, or give a policy");
  found.check(p.websocket || p.origins.empty(), "origins are set but websocket is false");
}

}  // namespace

result<address> mqtt_broker_config::where() const {
  return listening_address(unix_socket, host, port);
}

result<address> mqtt_listener::where() const { return listening_address(unix_socket, host, port); }

result<void> mqtt_broker_config::validate() const {
  fault_list faults;
  check_place(*this, *this, faults);
  for (const mqtt_listener& each : also) check_place(*this, each, faults);
  faults.check(stop_timeout >= duration::zero(), "stop_timeout is negative");
  const mqtt::server_limits& c = settings.connection;
  faults.check(c.maximum_packet >= 64, "connection.maximum_packet is below 64");
  faults.check(c.maximum_connect >= 64, "connection.maximum_connect is below 64");
  faults.check(c.topic_levels > 0, "connection.topic_levels is 0");
  faults.check(c.receive_maximum > 0, "connection.receive_maximum is 0");
  faults.check(c.high_water > 0, "connection.high_water is 0");
  faults.check(c.max_output > 0, "connection.max_output is 0");
  faults.check(c.connect_timeout > duration::zero(), "connection.connect_timeout is not positive");
  faults.check(c.linger >= duration::zero(), "connection.linger is negative");
  const mqtt::broker_limits& l = settings.limits;
  faults.check(l.max_clients > 0, "limits.max_clients is 0");
  faults.check(l.max_sessions > 0, "limits.max_sessions is 0");
  faults.check(l.in_flight > 0, "limits.in_flight is 0");
  faults.check(l.max_queue <= l.max_bytes, "limits.max_queue is above max_bytes");
  for (const mqtt::broker_user& user : settings.users) {
    faults.check(!user.name.empty(), "a user has no name");
    faults.check(!user.password.empty(), "user " + user.name + " has no password");
  }
  return std::move(faults).verdict();
}

namespace {

// One that every place has; false if it is another.
template <class Place>
bool read_place_parameter(Place& at, const uri_parameter& p, bool& good) {
  if (at.websocket && p.name == "origin") {
    at.origins.push_back(p.value);
    good = true;
    return true;
  }
  return at.ssl && read_tls_server_parameter(at.tls, p, good);
}

void read_parameter(mqtt_broker_config& c, const uri_parameter& p, fault_list& found) {
  bool good = false;
  if (read_place_parameter(c, p, good)) {
    // Read, or found wrong.
  } else if (p.name == "max_clients") {
    good = read_number(p.value, c.settings.limits.max_clients);
  } else if (p.name == "max_queue") {
    good = read_number(p.value, c.settings.limits.max_queue);
  } else {
    // A misspelt one would silently mean the default.
    return found.add(unknown_parameter(p));
  }
  if (!good) found.add(bad_parameter(p));
}

// Scheme, host, port and path. That of a WebSocket alone can mean nothing else here.
template <class Place>
result<void> read_place(Place& at, const uri& where, fault_list& found) {
  std::string_view name = where.protocol();
  const bool is_named = name.starts_with("mqtt+");
  if (is_named) name.remove_prefix(5);
  at.websocket = name == "ws" || name == "wss";
  server_schemes names{"mqtt", "mqtts", 1883, 8883};
  if (at.websocket && is_named) names = {"mqtt+ws", "mqtt+wss", 80, 443};
  if (at.websocket && !is_named) names = {"ws", "wss", 80, 443};
  auto place = read_listening_place(where, names, found);
  if (!place) return std::unexpected(std::move(place).error());
  at.ssl = place->ssl;
  at.unix_socket = std::move(place->unix_socket);
  if (!at.unix_socket.empty()) return {};
  if (!place->host.empty()) at.host = std::move(place->host);
  at.port = place->port;
  // Of a WebSocket it is what clients may ask for, as for every other path.
  found.check(at.websocket || where.path().size() <= 1, "a broker has no path in its URI");
  return {};
}

}  // namespace

result<mqtt_broker_config> mqtt_broker_config::from_uri(const uri& where) {
  mqtt_broker_config c;
  fault_list found;
  if (auto ok = read_place(c, where, found); !ok) return std::unexpected(std::move(ok).error());
  // Not ignored: who gives one means that clients must say it.
  found.check(!where.user().empty() || where.password().empty(),
              "the URI has a password without a user");
  if (!where.user().empty()) {
    c.settings.users.push_back({.name = where.user(), .password = where.password()});
    // Who names a user wants no other to come in.
    c.settings.allow_anonymous = false;
  }
  for (const uri_parameter& p : where.parameters()) read_parameter(c, p, found);
  if (auto ok = std::move(found).verdict(); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = c.validate(); !ok) return std::unexpected(std::move(ok.error()));
  return c;
}

result<mqtt_listener> mqtt_listener::from_uri(const uri& where) {
  mqtt_listener at;
  fault_list found;
  if (auto ok = read_place(at, where, found); !ok) return std::unexpected(std::move(ok).error());
  found.check(!where.has_user(), "users are those of the first URI");
  for (const uri_parameter& p : where.parameters()) {
    bool good = false;
    if (!read_place_parameter(at, p, good)) {
      found.add(unknown_parameter(p));
    } else if (!good) {
      found.add(bad_parameter(p));
    }
  }
  if (auto ok = std::move(found).verdict(); !ok) return std::unexpected(std::move(ok.error()));
  return at;
}

}  // namespace parley
