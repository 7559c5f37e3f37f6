// A small MQTT broker that does everything right, remembers everything, and says what a client did
// wrong. One client uses it, connection after connection. Deterministic: bytes in, bytes out.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <parley/codecs/mqtt/decoder.hpp>
#include <parley/codecs/mqtt/encoder.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

class mqtt_broker_model {
 public:
  struct settings {
    mqtt::version version = mqtt::version::v5;
    std::uint16_t receive_maximum = 20;  // ours
    std::uint16_t topic_alias_maximum = 3;
  };
  // A message that the client has published and that we have accepted, as a subscriber would see
  // it.
  struct delivery {
    std::string topic;
    std::string text;
    mqtt::qos qos{};
    int session = 0;
  };

  explicit mqtt_broker_model(const settings& s) : settings_(s) {}

  // --- the connection -----------------------------------------------------------------------
  void connected() {
    encoder_ = mqtt::encoder(mqtt::role::server, settings_.version);
    decoder_.emplace(mqtt::role::server, settings_.version);
    unread_.clear();
    out_.clear();
    aliases_.clear();
    open_ = false;
    unanswered_.clear();
  }
  void broken() {
    open_ = false;
    decoder_.reset();
    out_.clear();
  }
  bool is_open() const { return open_; }
  void take(std::string_view bytes);
  std::string take_output(std::size_t most) {
    const std::string some = out_.substr(0, most);
    out_.erase(0, some.size());
    return some;
  }
  bool has_output() const { return !out_.empty(); }

  // --- what else happens --------------------------------------------------------------------
  void lose_session() {
    has_session_ = false;
    known_.clear();
    // What was not sent yet is published again, by whoever has published it.
    for (outgoing& o : queue_) o.state = outgoing::waiting;
  }
  // A message for the client.
  void send(std::string text, mqtt::qos q) {
    if (q == mqtt::qos::at_most_once && !open_) return;
    queue_.push_back({std::move(text), q, 0, outgoing::waiting, false});
    pump();
  }

  // --- what can be asked --------------------------------------------------------------------
  std::vector<delivery> deliveries;
  std::string fault;  // what the client did wrong
  int session_number() const { return session_; }
  // Everything that was for the client has been acknowledged.
  bool is_settled() const { return queue_.empty() && known_.empty(); }
  bool ping_seen = false;

 private:
  struct outgoing {
    enum stage { waiting, sent, released };
    std::string text;
    mqtt::qos qos;
    std::uint16_t id = 0;
    stage state = waiting;
    bool on_wire = false;  // on this connection
  };

  void blame(std::string what) {
    if (fault.empty()) fault = std::move(what);
  }
  template <class Packet>
  void say(const Packet& p) {
    const auto size = encoder_.size(p);
    if (!size) return blame("the model is wrong: " + size.error().to_string());
    const std::size_t begin = out_.size();
    out_.resize(begin + *size);
    encoder_.put(reinterpret_cast<std::byte*>(out_.data() + begin), p);
  }
  bool is_5() const { return settings_.version == mqtt::version::v5; }

  void take(const mqtt::packet& p);
  void take_connect(const mqtt::connect& p);
  void take_publish(const mqtt::publish& p);
  void accept(const mqtt::publish& p, const std::string& topic) {
    deliveries.push_back({topic, std::string(as_text(p.payload)), p.qos, session_});
  }
  void take_ack(std::uint16_t id, mqtt::qos q, outgoing::stage expected);
  void pump();

  settings settings_;
  mqtt::encoder encoder_{mqtt::role::server};
  std::optional<mqtt::decoder> decoder_;
  std::string unread_;
  std::string out_;
  std::map<std::uint32_t, std::string> aliases_;
  std::set<std::uint16_t> unanswered_;  // in our window, on this connection
  std::size_t window_ = 65'535;         // the client's
  bool open_ = false;

  // The session.
  bool has_session_ = false;
  int session_ = 0;
  std::set<std::uint16_t> known_;  // exactly once, not released
  std::deque<outgoing> queue_;
  std::uint16_t next_id_ = 1;
};

inline void mqtt_broker_model::take(std::string_view bytes) {
  if (!decoder_) return;
  unread_ += bytes;
  std::size_t at = 0;
  while (decoder_) {
    mqtt::packet p;
    const auto r = decoder_->decode(as_bytes(std::string_view(unread_).substr(at)), p);
    if (r.status == mqtt::decode_status::failed) {
      return blame("bytes: " + std::string(describe(*decoder_->fault()).text));
    }
    if (r.status != mqtt::decode_status::ok) break;
    at += r.consumed;
    take(p);
  }
  unread_.erase(0, at);
}

inline void mqtt_broker_model::take(const mqtt::packet& p) {
  if (const auto* c = std::get_if<mqtt::connect>(&p)) return take_connect(*c);
  if (const auto* m = std::get_if<mqtt::publish>(&p)) return take_publish(*m);
  if (const auto* a = std::get_if<mqtt::puback>(&p)) {
    return take_ack(a->packet_id, mqtt::qos::at_least_once, outgoing::sent);
  }
  if (const auto* a = std::get_if<mqtt::pubrec>(&p)) {
    return take_ack(a->packet_id, mqtt::qos::exactly_once, outgoing::sent);
  }
  if (const auto* a = std::get_if<mqtt::pubcomp>(&p)) {
    return take_ack(a->packet_id, mqtt::qos::exactly_once, outgoing::released);
  }
  if (const auto* r = std::get_if<mqtt::pubrel>(&p)) {
    unanswered_.erase(r->packet_id);
    const bool is_known = known_.erase(r->packet_id) != 0;
    mqtt::pubcomp answer{.packet_id = r->packet_id};
    if (!is_known && is_5()) answer.reason = mqtt::reason_code::packet_identifier_not_found;
    return say(answer);
  }
  if (std::holds_alternative<mqtt::pingreq>(p)) {
    ping_seen = true;
    return say(mqtt::pingresp{});
  }
  if (const auto* d = std::get_if<mqtt::disconnect>(&p)) {
    // A client that gives up on silence has no code of its own for that.
    if (is_error(d->reason) && d->reason != mqtt::reason_code::unspecified_error) {
      blame("DISCONNECT " + std::string(to_string(d->reason)));
    }
    return broken();
  }
  blame("a packet that the model does not know");
}

inline void mqtt_broker_model::take_connect(const mqtt::connect& p) {
  const bool present = has_session_ && !p.clean_start;
  if (!present) {
    ++session_;
    known_.clear();
    for (outgoing& o : queue_) o.state = outgoing::waiting;
  }
  has_session_ = true;
  window_ = p.props.number(mqtt::property::receive_maximum).value_or(65'535);
  std::array<std::byte, 32> room;
  mqtt::property_writer w(room, mqtt::property_place::connack, mqtt::role::server);
  w.add(mqtt::property::receive_maximum, settings_.receive_maximum)
      .add(mqtt::property::topic_alias_maximum, settings_.topic_alias_maximum);
  mqtt::connack answer{.session_present = present};
  if (is_5()) answer.props = w.finish().value_or(mqtt::properties());
  say(answer);
  open_ = true;
  for (outgoing& o : queue_) o.on_wire = false;
  pump();
}

inline void mqtt_broker_model::take_publish(const mqtt::publish& p) {
  std::string topic(p.topic);
  if (const auto alias = p.props.number(mqtt::property::topic_alias)) {
    if (*alias > settings_.topic_alias_maximum) blame("an alias beyond the maximum");
    if (topic.empty() && !aliases_.contains(*alias)) blame("an alias of no topic");
    if (topic.empty()) topic = aliases_[*alias];
    aliases_[*alias] = topic;
  }
  if (p.qos == mqtt::qos::at_most_once) return accept(p, topic);
  if (!unanswered_.insert(p.packet_id).second) blame("an identifier twice on one connection");
  if (is_5() && unanswered_.size() > settings_.receive_maximum) blame("more than receive maximum");
  if (p.qos == mqtt::qos::at_least_once) {
    accept(p, topic);
    unanswered_.erase(p.packet_id);
    return say(mqtt::puback{.packet_id = p.packet_id});
  }
  const bool is_new = known_.insert(p.packet_id).second;
  if (is_new) accept(p, topic);
  if (!is_new && !p.dup) blame("an identifier that is in use");
  say(mqtt::pubrec{.packet_id = p.packet_id});
}

inline void mqtt_broker_model::take_ack(std::uint16_t id, mqtt::qos q, outgoing::stage expected) {
  for (auto o = queue_.begin(); o != queue_.end(); ++o) {
    if (o->id != id || o->state == outgoing::waiting) continue;
    if (o->qos != q || o->state != expected || !o->on_wire) return blame("an answer out of turn");
    if (q == mqtt::qos::exactly_once && expected == outgoing::sent) {
      o->state = outgoing::released;
      return say(mqtt::pubrel{.packet_id = id});
    }
    queue_.erase(o);
    return pump();
  }
  blame("an answer to nothing");
}

// In order, as far as the client's window goes.
inline void mqtt_broker_model::pump() {
  if (!open_) return;
  std::size_t used = 0;
  for (std::size_t i = 0; i < queue_.size();) {
    outgoing& o = queue_[i];
    if (o.on_wire) {
      ++used;
      ++i;
      continue;
    }
    if (o.qos != mqtt::qos::at_most_once && used >= window_) return;
    if (o.state == outgoing::released) {
      say(mqtt::pubrel{.packet_id = o.id});
    } else {
      const bool dup = o.state == outgoing::sent;
      if (!dup && o.qos != mqtt::qos::at_most_once) {
        o.id = next_id_;
        next_id_ = next_id_ == 65'535 ? std::uint16_t{1} : static_cast<std::uint16_t>(next_id_ + 1);
      }
      say(mqtt::publish{"news", as_bytes(o.text), o.id, o.qos, false, dup, {}});
    }
    if (o.qos == mqtt::qos::at_most_once) {
      queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    if (o.state == outgoing::waiting) o.state = outgoing::sent;
    o.on_wire = true;
    ++used;
    ++i;
  }
}

}  // namespace parley::test
