// A message on its way through a broker: kept once, whoever gets it, in the form in which it stands
// on the wire, so that sending it is copying it.
//
//   text_    | topic size:2 | topic | properties | payload, if it is small |
//   large_   | a larger payload, which no connection copies |
//
// Message expiry and topic aliases are not among the properties: they differ with each sending.
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/codecs/mqtt/packets.hpp>
#include <parley/core/buffer/shared_bytes.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace parley::mqtt {

class message_pool;

class message {
 public:
  std::string_view topic() const noexcept { return {text_.data() + 2, topic_size_}; }
  // With its size in front, as it stands in a packet.
  byte_view topic_field() const noexcept { return as_bytes(text_).first(2U + topic_size_); }
  // What stands behind the property length.
  byte_view properties() const noexcept {
    return as_bytes(text_).subspan(2U + topic_size_, properties_size_);
  }
  byte_view payload() const noexcept {
    if (!large_.empty()) return large_.view();
    return as_bytes(text_).subspan(2U + topic_size_ + properties_size_);
  }
  // Not empty if the payload is shared and not copied.
  const shared_bytes& large() const noexcept { return large_; }
  mqtt::qos qos() const noexcept { return qos_; }
  bool retain() const noexcept { return retain_; }
  bool expires() const noexcept { return expires_at_ != time_point::max(); }
  time_point expires_at() const noexcept { return expires_at_; }
  bool is_expired(time_point now) const noexcept { return expires_at_ <= now; }
  // What it is counted with, in bytes.
  std::size_t cost() const noexcept { return overhead + text_.size() + large_.size(); }

  // About what a message and its place in a session take beside its bytes.
  static constexpr std::size_t overhead = 256;
  // Payloads up to this size are copied.
  static constexpr std::size_t small_payload = 512;

  // --- the broker's own
  // ---------------------------------------------------------------------------
  std::uint64_t number = 0;             // of its record; 0: none
  std::uint32_t stored_references = 0;  // records that need it
  bool has_record = false;

 private:
  friend class message_pool;
  friend class message_ptr;

  std::string text_;
  shared_bytes large_;
  time_point expires_at_ = time_point::max();
  message_pool* home_ = nullptr;
  message* next_ = nullptr;
  std::size_t counted_ = 0;  // in the pool's bytes
  std::uint32_t references_ = 0;
  std::uint32_t properties_size_ = 0;
  std::uint16_t topic_size_ = 0;
  mqtt::qos qos_ = mqtt::qos::at_most_once;
  bool retain_ = false;
};

// Counts who needs it. One thread.
class message_ptr {
 public:
  message_ptr() noexcept = default;
  explicit message_ptr(message* m) noexcept : at_(m) {
    if (at_ != nullptr) ++at_->references_;
  }
  message_ptr(const message_ptr& other) noexcept : message_ptr(other.at_) {}
  message_ptr(message_ptr&& other) noexcept : at_(std::exchange(other.at_, nullptr)) {}
  message_ptr& operator=(message_ptr other) noexcept {
    std::swap(at_, other.at_);
    return *this;
  }
  ~message_ptr();

  message* operator->() const noexcept { return at_; }
  message& operator*() const noexcept { return *at_; }
  explicit operator bool() const noexcept { return at_ != nullptr; }

 private:
  message* at_ = nullptr;
};

// Makes messages, and keeps those without a use for the next ones: in the steady state a small
// message allocates nothing. Outlives its messages.
class message_pool {
 public:
  message_pool() noexcept = default;
  message_pool(const message_pool&) = delete;
  message_pool& operator=(const message_pool&) = delete;
  ~message_pool();

  // What a PUBLISH says, its topic being whole. Expiry counts from `now`.
  message_ptr make(const publish& p, time_point now);
  // A will.
  message_ptr make(const last_will& w);
  // From a record. `properties` was made by message::properties().
  message_ptr restore(std::string_view topic, byte_view properties, byte_view payload, mqtt::qos q,
                      bool retain, time_point expires_at);
  // The same message with an end that counts from now: a will that is published.
  void start_expiry(message& m, std::uint32_t seconds, time_point now) noexcept {
    m.expires_at_ = now + std::chrono::seconds(seconds);
  }

  // Bytes of all messages that somebody needs, as cost() counts them.
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  friend class message_ptr;

  static constexpr std::size_t max_spare = 256;
  static constexpr std::size_t max_kept_text = 1024;

  message* take();
  message_ptr fill(std::string_view topic, const mqtt::properties& props, byte_view block,
                   byte_view payload);
  void put(message* m) noexcept;

  message* spare_ = nullptr;
  std::size_t spares_ = 0;
  std::size_t bytes_ = 0;
};

inline message_ptr::~message_ptr() {
  if (at_ != nullptr && --at_->references_ == 0) at_->home_->put(at_);
}

}  // namespace parley::mqtt
