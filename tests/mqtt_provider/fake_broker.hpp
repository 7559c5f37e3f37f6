// A small MQTT broker on any loop, that does what a test says: goes on with a session or not,
// refuses filters, sends a copy for each filter that matches, keeps its acknowledgements back.
// Not a broker to be used: it keeps nothing, and believes everything.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <parley/codecs/mqtt/decoder.hpp>
#include <parley/codecs/mqtt/encoder.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <parley/codecs/mqtt/topic.hpp>
#include <parley/core/api/topics.hpp>
#include <set>
#include <string>
#include <vector>

#include "support/raw_peer.hpp"

namespace parley::test {

class fake_broker {
 public:
  explicit fake_broker(loop& home) : home_(home), server_([this](raw_peer& p) { take(p); }) {}

  address listen(const address& at) {
    at_ = server_.listen(home_, at);
    return at_;
  }
  // Cuts all connections; listens again on the same port with start().
  void stop() {
    server_.stop();
    clients_.clear();
    server_.peers.clear();
  }
  void start() { (void)server_.listen(home_, at_); }
  void cut() {
    clients_.clear();
    server_.peers.clear();
  }

  // --- what the test says
  bool session_present = false;
  bool knows_5 = true;
  bool names_subscriptions = true;  // subscription identifiers
  bool copies = false;              // one for each filter that matches
  bool acknowledges = true;
  std::optional<mqtt::reason_code> refuses_connect;
  std::set<std::string> refused;  // filters

  // A message to whoever is connected, whatever it has subscribed.
  void send(std::string_view topic, std::string_view payload, mqtt::qos q,
            std::vector<std::uint32_t> named = {}) {
    for (auto& [peer, c] : clients_) {
      give(*peer, c, {.topic = topic, .payload = as_bytes(payload), .qos = q}, {}, named);
    }
  }

  // --- what it has seen: "CONNECT id", "SUBSCRIBE filter 1", "PUBLISH topic 1 text", "PUBACK 1"
  // ...
  std::vector<std::string> seen;
  std::map<std::string, std::uint32_t> ids;  // of filters
  std::size_t count(std::string_view begin) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(seen, [&](const auto& s) { return s.starts_with(begin); }));
  }

 private:
  struct client {
    mqtt::decoder decoder{mqtt::role::server, mqtt::version::v5};
    mqtt::encoder encoder{mqtt::role::server};
    bool is_5 = true;
    std::map<std::string, mqtt::qos> filters;
    std::map<std::string, std::uint32_t> ids;
    std::uint16_t next_id = 1;
  };

  template <class Packet>
  static void say(raw_peer& to, client& c, const Packet& p) {
    const auto size = c.encoder.size(p);
    if (!size) return;
    std::string bytes(*size, '\0');
    c.encoder.put(reinterpret_cast<std::byte*>(bytes.data()), p);
    to.send(bytes);
  }

  void take(raw_peer& from) {
    client& c = clients_[&from];
    std::size_t at = 0;
    for (;;) {
      mqtt::packet p;
      const auto r = c.decoder.decode(as_bytes(std::string_view(from.received).substr(at)), p);
      if (r.status != mqtt::decode_status::ok) break;
      at += r.consumed;
      take(from, c, p);
      if (!clients_.contains(&from)) return;
    }
    from.received.erase(0, at);
  }

  void take(raw_peer& from, client& c, const mqtt::packet& p) {
    if (const auto* m = std::get_if<mqtt::connect>(&p)) return take_connect(from, c, *m);
    if (const auto* s = std::get_if<mqtt::subscribe>(&p)) return take_subscribe(from, c, *s);
    if (const auto* u = std::get_if<mqtt::unsubscribe>(&p)) {
      std::vector<mqtt::reason_code> reasons;
      for (const auto f : u->filters) {
        seen.push_back("UNSUBSCRIBE " + std::string(f));
        c.filters.erase(std::string(f));
        reasons.push_back(mqtt::reason_code::success);
      }
      mqtt::unsuback answer{.packet_id = u->packet_id};
      if (c.is_5) answer.reasons = reasons;
      return say(from, c, answer);
    }
    if (const auto* m = std::get_if<mqtt::publish>(&p)) return take_publish(from, c, *m);
    if (const auto* a = std::get_if<mqtt::puback>(&p)) {
      seen.push_back("PUBACK " + std::to_string(a->packet_id));
    } else if (const auto* b = std::get_if<mqtt::pubrec>(&p)) {
      seen.push_back("PUBREC " + std::to_string(b->packet_id));
      say(from, c, mqtt::pubrel{.packet_id = b->packet_id});
    } else if (const auto* l = std::get_if<mqtt::pubrel>(&p)) {
      say(from, c, mqtt::pubcomp{.packet_id = l->packet_id});
    } else if (std::holds_alternative<mqtt::pingreq>(p)) {
      say(from, c, mqtt::pingresp{});
    } else if (std::holds_alternative<mqtt::disconnect>(p)) {
      seen.emplace_back("DISCONNECT");
      from.end_writing();
    }
  }

  void take_connect(raw_peer& from, client& c, const mqtt::connect& p) {
    c.is_5 = p.version == mqtt::version::v5;
    seen.push_back("CONNECT " + std::string(p.client_id));
    c.encoder = mqtt::encoder(mqtt::role::server,
                              c.is_5 && knows_5 ? mqtt::version::v5 : mqtt::version::v3_1_1);
    mqtt::connack answer{.session_present = session_present && !p.clean_start};
    std::array<std::byte, 16> room{};
    if (c.is_5 && !knows_5) {
      answer.session_present = false;
      answer.reason = mqtt::reason_code::unsupported_protocol_version;
    } else if (refuses_connect) {
      answer.session_present = false;
      answer.reason = *refuses_connect;
    } else if (c.is_5 && !names_subscriptions) {
      mqtt::property_writer w(room, mqtt::property_place::connack, mqtt::role::server);
      w.add(mqtt::property::subscription_identifier_available, 0U);
      answer.props = w.finish().value_or(mqtt::properties());
    }
    say(from, c, answer);
    if (is_error(answer.reason)) from.end_writing();
  }

  void take_subscribe(raw_peer& from, client& c, const mqtt::subscribe& p) {
    std::vector<mqtt::reason_code> reasons;
    for (const auto& s : p.filters) {
      const std::string filter(s.filter);
      seen.push_back("SUBSCRIBE " + filter + " " + std::to_string(static_cast<int>(s.qos)) +
                     (s.no_local ? " nl" : "") + (s.retain_as_published ? " rap" : ""));
      if (refused.contains(filter)) {
        reasons.push_back(c.is_5 ? mqtt::reason_code::not_authorized
                                 : mqtt::reason_code::unspecified_error);
        continue;
      }
      c.filters[filter] = s.qos;
      if (const auto id = p.props.number(mqtt::property::subscription_identifier)) {
        c.ids[filter] = ids[filter] = *id;
      }
      reasons.push_back(static_cast<mqtt::reason_code>(s.qos));
    }
    say(from, c, mqtt::suback{.packet_id = p.packet_id, .reasons = reasons});
  }

  void take_publish(raw_peer& from, client& c, const mqtt::publish& p) {
    seen.push_back("PUBLISH " + std::string(p.topic) + " " +
                   std::to_string(static_cast<int>(p.qos)) + (p.retain ? " retain " : " ") +
                   std::string(as_text(p.payload)));
    if (!acknowledges) return;
    const bool any = spread(p);
    if (p.qos == mqtt::qos::at_least_once) {
      mqtt::puback answer{.packet_id = p.packet_id};
      if (!any && c.is_5) answer.reason = mqtt::reason_code::no_matching_subscribers;
      say(from, c, answer);
    } else if (p.qos == mqtt::qos::exactly_once) {
      say(from, c, mqtt::pubrec{.packet_id = p.packet_id});
    }
  }

  bool spread(const mqtt::publish& p) {
    bool any = false;
    for (auto& [peer, c] : clients_) {
      std::vector<std::uint32_t> matching;
      std::size_t n = 0;
      for (const auto& [filter, q] : c.filters) {
        const auto shared = mqtt::parse_shared(filter);
        if (!topic_matches(shared ? shared->filter : filter, p.topic)) continue;
        ++n;
        any = true;
        if (c.ids.contains(filter)) matching.push_back(c.ids[filter]);
        if (!copies) continue;
        give(*peer, c, p, p.props, matching);
        matching.clear();
      }
      if (!copies && n > 0) give(*peer, c, p, p.props, matching);
    }
    return any;
  }

  static void give(raw_peer& to, client& c, mqtt::publish p, const mqtt::properties& props,
                   const std::vector<std::uint32_t>& named) {
    p.retain = false;
    p.packet_id = p.qos == mqtt::qos::at_most_once ? std::uint16_t{0} : c.next_id++;
    std::vector<std::byte> room(props.block().size() + 5 * named.size());
    mqtt::property_writer w(room, mqtt::property_place::publish, mqtt::role::server);
    w.add_all(props);
    for (const std::uint32_t id : named) w.add(mqtt::property::subscription_identifier, id);
    p.props = c.is_5 ? w.finish().value_or(mqtt::properties()) : mqtt::properties();
    say(to, c, p);
  }

  loop& home_;
  raw_server server_;
  address at_ = *address::parse_ip("127.0.0.1", 0);
  std::map<raw_peer*, client> clients_;
};

}  // namespace parley::test
