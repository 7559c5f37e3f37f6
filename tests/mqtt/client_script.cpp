#include "mqtt/client_script.hpp"

#include "support/mqtt_log.hpp"

namespace parley::test {
namespace {

std::string numbered(std::string_view what, std::uint64_t id) {
  return std::string(what) + " " + std::to_string(id);
}

std::string with_reasons(std::string line, const mqtt::reason_codes& reasons,
                         const std::optional<error>& why) {
  for (const reason_code r : reasons) line += " " + std::string(to_string(r));
  if (why) line += " failed " + std::string(why->name());
  return line;
}

std::string message_line(const mqtt::message_event& m) {
  std::string line = "message qos " + std::to_string(static_cast<int>(m.qos));
  if (m.retain) line += " retain";
  if (m.dup) line += " dup";
  if (m.handle != 0) line += " to be acknowledged";
  for (const std::uint32_t id : m.props.subscription_identifiers()) line += numbered(" by", id);
  const std::string text =
      m.payload.size() > 64 ? std::to_string(m.payload.size()) + " bytes" : std::string(m.text());
  return line + " " + std::string(m.topic) + ": " + text;
}

}  // namespace

std::string to_line(const mqtt::event& e) {
  if (const auto* o = std::get_if<mqtt::opened>(&e)) {
    return std::string("opened") + (o->session_present ? " present" : "");
  }
  if (const auto* m = std::get_if<mqtt::message_event>(&e)) return message_line(*m);
  if (const auto* p = std::get_if<mqtt::publish_event>(&e)) {
    if (p->why) return numbered("published", p->id) + " failed " + std::string(p->why->name());
    return numbered("published", p->id) + " " + std::string(to_string(p->reason));
  }
  if (const auto* s = std::get_if<mqtt::stored_event>(&e)) return numbered("stored", s->id);
  if (const auto* s = std::get_if<mqtt::subscribe_event>(&e)) {
    return with_reasons(numbered("subscribed", s->id), s->reasons, s->why);
  }
  if (const auto* s = std::get_if<mqtt::unsubscribe_event>(&e)) {
    return with_reasons(numbered("unsubscribed", s->id), s->reasons, s->why);
  }
  if (const auto* a = std::get_if<mqtt::auth_event>(&e)) {
    return "auth " + std::string(to_string(a->reason)) + " " + std::string(as_text(a->data));
  }
  if (const auto* p = std::get_if<mqtt::pong_event>(&e)) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(p->round_trip).count();
    return "pong " + std::to_string(ms) + " ms";
  }
  if (std::holds_alternative<mqtt::writable>(e)) return "writable";
  if (const auto* r = std::get_if<mqtt::refused_event>(&e)) {
    return "refused " + std::string(to_string(r->reason));
  }
  if (const auto* d = std::get_if<mqtt::disconnect_event>(&e)) {
    const std::string_view other = d->server_reference();
    return "disconnect " + std::string(to_string(d->reason)) + (other.empty() ? "" : " to ") +
           std::string(other);
  }
  if (const auto* f = std::get_if<failed>(&e)) return "failed " + std::string(f->why.name());
  if (std::holds_alternative<closed>(e)) return "closed";
  return std::holds_alternative<paused>(e) ? "paused" : "need_data";
}

void raw_broker::read(std::string_view bytes, const std::function<void(const mqtt::packet&)>& see) {
  unread_ += bytes;
  std::size_t at = 0;
  for (;;) {
    mqtt::packet p;
    const auto r = decoder_.decode(as_bytes(std::string_view(unread_).substr(at)), p);
    EXPECT_NE(r.status, mqtt::decode_status::failed)
        << "the client breaks a rule: " << describe(decoder_.fault().value_or(mqtt::errc())).text;
    if (r.status != mqtt::decode_status::ok) break;
    at += r.consumed;
    see(p);
  }
  unread_.erase(0, at);
}

std::vector<std::string> raw_broker::read(std::string_view bytes) {
  std::vector<std::string> lines;
  read(bytes, [&](const mqtt::packet& p) {
    std::string text = mqtt_text(p);
    text.pop_back();
    for (std::size_t at = 0; (at = text.find("\n ", at)) != std::string::npos;) {
      text.replace(at, 3, " | ");
    }
    lines.push_back(std::move(text));
  });
  return lines;
}

void client_script::on_event(mqtt::event& e) {
  if (const auto* f = std::get_if<failed>(&e)) why = f->why;
  if (const auto* m = std::get_if<mqtt::message_event>(&e)) handle = m->handle;
  if (!std::holds_alternative<need_data>(e)) {
    const std::string line = to_line(e);
    if (lines_.empty() || lines_.back() != line || (line != "closed" && line != "paused")) {
      lines_.push_back(line);
    }
  }
  if (then) then(e);
}

}  // namespace parley::test
