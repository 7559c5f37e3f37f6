#include <algorithm>
#include <parley/codecs/mqtt/mqtt_config.hpp>
#include <parley/codecs/mqtt/text.hpp>
#include <parley/core/api/settings.hpp>
#include <parley/core/api/topics.hpp>

namespace parley {
namespace {

// Of MQTT, and of WebSocket: of HTTP.
constexpr std::uint16_t plain_port = 1883, secure_port = 8883;
constexpr std::uint16_t plain_web_port = 80, secure_web_port = 443;
constexpr std::size_t longest = 65'535;  // of a text in a packet

std::uint16_t usual_port(const mqtt_config& c) {
  if (c.websocket) return c.tls_enable ? secure_web_port : plain_web_port;
  return c.tls_enable ? secure_port : plain_port;
}

// Also of the scheme of a WebSocket alone, which can mean nothing else here.
bool read_scheme(mqtt_config& c, std::string_view name) {
  if (name == "mqtt" || name == "mqtts") {
    c.tls_enable = name == "mqtts";
    return true;
  }
  if (name.starts_with("mqtt+")) name.remove_prefix(5);
  c.websocket = name == "ws" || name == "wss";
  c.tls_enable = name == "wss";
  return c.websocket;
}

bool read_flag(std::string_view text, bool& to) {
  to = text == "true" || text == "1";
  return to || text == "false" || text == "0";
}

bool read_qos(std::string_view text, mqtt::qos& to) {
  unsigned number = 0;
  if (!read_number(text, number) || number > 2) return false;
  to = static_cast<mqtt::qos>(number);
  return true;
}

bool read_version(std::string_view text, mqtt_versions& to) {
  to = text == "5" ? mqtt_versions::v5 : mqtt_versions::v3_1_1;
  return text == "5" || text == "3.1.1";
}

bool read_fail_over(std::string_view text, mqtt_config& c) {
  auto other = endpoint::parse(text, usual_port(c));
  if (!other) return false;
  c.fail_over.push_back(*std::move(other));
  return true;
}

// False: it is not one of these.
bool read_will(mqtt_config& c, const uri_parameter& p, bool& good) {
  if (p.name == "will_topic") {
    c.will_topic = p.value;
  } else if (p.name == "will_payload") {
    c.will_payload = p.value;
  } else if (p.name == "will_qos") {
    good = read_qos(p.value, c.will_qos);
  } else if (p.name == "will_retain") {
    good = read_flag(p.value, c.will_retain);
  } else {
    return false;
  }
  return true;
}

bool read_tls(mqtt_config& c, const uri_parameter& p, bool& good) {
  if (p.name == "ca_certs") {
    c.tls_ca_certs = p.value;
  } else if (p.name == "certfile") {
    c.tls_certfile = p.value;
  } else if (p.name == "keyfile") {
    c.tls_keyfile = p.value;
  } else if (p.name == "crlfile") {
    c.tls_crlfile = p.value;
  } else if (p.name == "alpn") {
    c.tls_alpn = p.value;
  } else if (p.name == "verify") {
    good = read_verify(p.value, c.verify);
  } else {
    return false;
  }
  return true;
}

bool read_session(mqtt_config& c, const uri_parameter& p, bool& good) {
  if (p.name == "client_id") {
    c.client_id = p.value;
  } else if (p.name == "qos") {
    good = read_qos(p.value, c.qos);
  } else if (p.name == "retain") {
    good = read_flag(p.value, c.retain);
  } else if (p.name == "clean_session") {
    good = read_flag(p.value, c.clean_session);
  } else if (p.name == "session_expiry") {
    good = read_number(p.value, c.session_expiry);
  } else if (p.name == "keepalive") {
    good = read_number(p.value, c.keepalive);
  } else if (p.name == "version") {
    good = read_version(p.value, c.version);
  } else if (p.name == "fail_over") {
    good = read_fail_over(p.value, c);
  } else if (p.name == "target" && c.websocket) {
    c.websocket_target = p.value;
  } else if (p.name == "timeout") {
    good = read_seconds(p.value, c.connect_timeout);
  } else {
    return false;
  }
  return true;
}

void read_parameter(mqtt_config& c, const uri_parameter& p, fault_list& found) {
  bool good = true;
  // Unknown ones are not ignored: a misspelt "verfy=none" would silently mean the default. Named
  // without the value, which may be a secret.
  if (!read_session(c, p, good) && !read_will(c, p, good) && !read_tls(c, p, good)) {
    return found.add(unknown_parameter(p));
  }
  if (!good) found.add(bad_parameter(p));
}

void check_identity(const mqtt_config& c, fault_list& found) {
  found.check(mqtt::detail::is_text(c.client_id), "client_id is no text of MQTT");
  found.check(mqtt::detail::is_text(c.username), "username is no text of MQTT");
  found.check(c.password.size() <= longest, "password is too long");
  found.check(c.clean_session || !c.client_id.empty(),
              "a session that is kept (clean_session = false) needs a client_id");
  found.check(c.store == nullptr || !c.client_id.empty(), "a store needs a client_id");
  const bool old = c.version == mqtt_versions::v3_1_1;
  found.check(c.password.empty() || !c.username.empty() || c.version == mqtt_versions::v5,
              "a password without a username is MQTT 5 only: set username, or version to v5");
  found.check(!old || c.authentication_method.empty(),
              "authentication_method is set, which MQTT 3.1.1 lacks");
  found.check(c.authentication_data.empty() || !c.authentication_method.empty(),
              "authentication_data is set without authentication_method");
}

void check_will(const mqtt_config& c, fault_list& found) {
  const bool is_set = !c.will_payload.empty() || c.will_qos != mqtt::qos::at_most_once ||
                      c.will_retain || c.will_delay != 0;
  found.check(!c.will_topic.empty() || !is_set, "a will is set up without will_topic");
  found.check(
      c.will_topic.empty() || (mqtt::detail::is_text(c.will_topic) && !has_wildcard(c.will_topic)),
      "will_topic is no topic name");
  found.check(c.will_payload.size() <= longest, "will_payload is longer than 65535 bytes");
  found.check(c.will_qos <= mqtt::qos::exactly_once, "will_qos is not 0, 1 or 2");
}

void check_tls(const mqtt_config& c, fault_list& found) {
  found.check(c.tls_certfile.empty() == c.tls_keyfile.empty(),
              "tls_certfile and tls_keyfile go together");
  found.check(c.tls_enable || (c.tls_ca_certs.empty() && c.tls_certfile.empty() &&
                               c.tls_crlfile.empty() && c.tls_alpn.empty()),
              "TLS is set up but tls_enable is false");
}

bool is_target(std::string_view text) {
  return text.starts_with('/') &&
         std::ranges::all_of(text, [](char x) { return x > ' ' && x <= '~' && x != '#'; });
}

// Names and values of fields are HTTP's business, which says what is wrong with one.
void check_websocket(const mqtt_config& c, fault_list& found) {
  found.check(!c.websocket || is_target(c.websocket_target),
              "websocket_target is no path, or not percent-encoded");
  found.check(c.websocket || c.websocket_fields.empty(),
              "websocket_fields are set but websocket is false");
}

void check_limits(const mqtt_config& c, fault_list& found) {
  found.check(c.connect_timeout > duration::zero(), "connect_timeout is not positive");
  found.check(c.reconnect.base > duration::zero() && c.reconnect.cap >= c.reconnect.base,
              "reconnect.base must be positive and not above reconnect.cap");
  found.check(c.reconnect.factor >= 1.0, "reconnect.factor is below 1");
  const mqtt::client_limits& l = c.limits;
  found.check(l.receive_maximum > 0, "limits.receive_maximum is 0");
  found.check(l.in_flight > 0, "limits.in_flight is 0");
  found.check(l.maximum_packet > 0, "limits.maximum_packet is 0");
  found.check(l.max_requests > 0, "limits.max_requests is 0");
  found.check(l.high_water > 0, "limits.high_water is 0");
  found.check(l.ping_timeout > duration::zero(), "limits.ping_timeout is not positive");
  found.check(c.session.max_bytes > mqtt::message_overhead, "session.max_bytes holds no message");
}

}  // namespace

result<void> mqtt_config::validate() const {
  fault_list found;
  found.check(!broker.empty() || !unix_socket.empty(), "broker is empty");
  found.check(port != 0 || !unix_socket.empty(), "port is 0");
  for (const endpoint& each : fail_over) {
    found.check(each.is_local() || (!each.host().empty() && each.port() != 0),
                "a broker of fail_over has no host or no port");
  }
  found.check(qos <= mqtt::qos::exactly_once, "qos is not 0, 1 or 2");
  check_identity(*this, found);
  check_will(*this, found);
  check_tls(*this, found);
  check_websocket(*this, found);
  check_limits(*this, found);
  return std::move(found).verdict();
}

result<mqtt_config> mqtt_config::from_uri(std::string_view text) {
  auto parsed = uri::parse(text);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return from_uri(*parsed);
}

result<mqtt_config> mqtt_config::from_uri(const uri& where) {
  mqtt_config c;
  fault_list found;
  found.check(read_scheme(c, where.protocol()),
              "the scheme is not mqtt, mqtts, mqtt+ws or mqtt+wss, nor one of them with +unix");
  auto to = where.where(usual_port(c));
  if (!to) return std::unexpected(std::move(to.error()));
  if (to->is_local()) {
    c.unix_socket = to->path();
  } else {
    if (!to->host().empty()) c.broker = to->host();
    c.port = to->port();
    if (c.websocket) {
      // Its query is configuration: see `target`.
      const std::string target = where.target();
      if (!where.path().empty()) c.websocket_target = target.substr(0, target.find('?'));
    } else {
      // A topic is no part of where the server is: it would go unnoticed.
      found.check(where.path().size() <= 1, "the URI has a path");
    }
  }
  found.check(where.fragment().empty(), "the URI has a fragment");
  c.username = where.user();
  c.password = where.password().reveal();
  for (const uri_parameter& p : where.parameters()) read_parameter(c, p, found);
  if (auto ok = std::move(found).verdict(); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = c.validate(); !ok) return std::unexpected(std::move(ok.error()));
  return c;
}

endpoint mqtt_config::where(std::size_t which) const {
  if (which > 0) return fail_over[which - 1];
  return unix_socket.empty() ? endpoint(broker, port) : endpoint::local(unix_socket);
}

// For logs and errors: the password is never in it.
std::string mqtt_config::to_string() const {
  std::string text = websocket ? "mqtt+ws" : "mqtt";
  if (tls_enable) text += 's';
  text.append(unix_socket.empty() ? "://" : "+unix://");
  if (!username.empty()) text.append(username).append(password.empty() ? "@" : ":***@");
  text.append(unix_socket.empty() ? where().to_string() : unix_socket);
  // Without the query, where signatures are.
  if (websocket && unix_socket.empty()) {
    text.append(websocket_target, 0, websocket_target.find('?'));
  }
  return text;
}

}  // namespace parley
