#include <parley/codecs/mqtt/broker/message.hpp>
#include <parley/codecs/mqtt/property.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <utility>
#include <vector>

namespace parley::mqtt {
namespace {

constexpr std::uint64_t bit(property id) noexcept {
  return std::uint64_t{1} << static_cast<unsigned>(id);
}
// What is not kept: it is a matter of one sending, or of the will itself.
constexpr std::uint64_t passing = bit(property::topic_alias) |
                                  bit(property::message_expiry_interval) |
                                  bit(property::will_delay_interval);

}  // namespace

message_pool::~message_pool() {
  while (message* const m = spare_) {
    spare_ = m->next_;
    delete m;
  }
}

message* message_pool::take() {
  if (spare_ == nullptr) {
    auto* const made = new message;
    made->home_ = this;
    return made;
  }
  message* const m = spare_;
  spare_ = m->next_;
  --spares_;
  return m;
}

void message_pool::put(message* m) noexcept {
  bytes_ -= std::exchange(m->counted_, 0);
  if (spares_ == max_spare || m->text_.capacity() > max_kept_text) {
    delete m;
    return;
  }
  m->text_.clear();
  m->large_ = {};
  m->number = 0;
  m->stored_references = 0;
  m->has_record = false;
  m->next_ = spare_;
  spare_ = m;
  ++spares_;
}

message_ptr message_pool::fill(std::string_view topic, const mqtt::properties& props,
                               byte_view block, byte_view payload) {
  std::vector<std::byte> rest;
  if ((props.present() & passing) != 0) {
    // What was checked before cannot be wrong now.
    rest.resize(block.size());
    property_writer w(rest, property_place::publish, role::client);
    w.add_all(props, passing);
    block = byte_view(rest).first(w.size());
  }
  message_ptr made(take());
  const bool is_small = payload.size() <= message::small_payload;
  if (!is_small) made->large_ = shared_bytes::copy(payload);
  std::string& text = made->text_;
  text.reserve(2 + topic.size() + block.size() + (is_small ? payload.size() : 0));
  text.push_back(static_cast<char>(topic.size() >> 8));
  text.push_back(static_cast<char>(topic.size() & 0xFF));
  text.append(topic).append(as_text(block));
  if (is_small) text.append(as_text(payload));
  made->topic_size_ = static_cast<std::uint16_t>(topic.size());
  made->properties_size_ = static_cast<std::uint32_t>(block.size());
  made->expires_at_ = time_point::max();
  made->counted_ = made->cost();
  bytes_ += made->counted_;
  return made;
}

message_ptr message_pool::make(const publish& p, time_point now) {
  message_ptr made = fill(p.topic, p.props, p.props.block(), p.payload);
  made->qos_ = p.qos;
  made->retain_ = p.retain;
  if (const auto left = p.props.number(property::message_expiry_interval)) {
    start_expiry(*made, *left, now);
  }
  return made;
}

message_ptr message_pool::make(const last_will& w) {
  message_ptr made = fill(w.topic, w.props, w.props.block(), w.payload);
  made->qos_ = w.qos;
  made->retain_ = w.retain;
  return made;
}

message_ptr message_pool::restore(std::string_view topic, byte_view properties, byte_view payload,
                                  mqtt::qos q, bool retain, time_point expires_at) {
  message_ptr made = fill(topic, {}, properties, payload);
  made->qos_ = q;
  made->retain_ = retain;
  made->expires_at_ = expires_at;
  return made;
}

}  // namespace parley::mqtt
