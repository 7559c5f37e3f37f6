// The properties of MQTT 5 (section 2.2.2.2): what they are, where they may stand, and a view over
// those of one packet.
//
//   if (const auto alias = p.props.number(mqtt::property::topic_alias)) ...
//   for (const auto& [name, value] : p.props.user_properties()) ...
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/errc.hpp>
#include <parley/codecs/mqtt/packet_type.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <string_view>

namespace parley::mqtt {

enum class property : std::uint8_t {
  payload_format_indicator = 1,
  message_expiry_interval = 2,  // seconds
  content_type = 3,
  response_topic = 8,
  correlation_data = 9,
  subscription_identifier = 11,
  session_expiry_interval = 17,  // seconds; 0xFFFFFFFF: never
  assigned_client_identifier = 18,
  server_keep_alive = 19,  // seconds
  authentication_method = 21,
  authentication_data = 22,
  request_problem_information = 23,
  will_delay_interval = 24,  // seconds
  request_response_information = 25,
  response_information = 26,
  server_reference = 28,
  reason_string = 31,
  receive_maximum = 33,
  topic_alias_maximum = 34,
  topic_alias = 35,
  maximum_qos = 36,
  retain_available = 37,
  user_property = 38,
  maximum_packet_size = 39,
  wildcard_subscription_available = 40,
  subscription_identifier_available = 41,
  shared_subscription_available = 42,
};

// How a property stands in the packet (section 1.5).
enum class property_type : std::uint8_t {
  none,           // there is no such property
  flag,           // a byte, 0 or 1
  two_bytes,      // an integer
  four_bytes,     // an integer
  variable_byte,  // an integer in one to four bytes
  text,           // UTF-8
  binary,
  text_pair,
};

// Where properties stand: in a packet, or in CONNECT among what belongs to the will. The numbers
// are those of packet_type.
enum class property_place : std::uint8_t {
  will = 0,
  connect,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  disconnect = 14,
  auth,
};

constexpr property_place place_of(packet_type type) noexcept {
  return static_cast<property_place>(type);
}

// What the specification says of one property (section 2.2.2.2).
struct property_info {
  std::string_view name{};
  property_type type = property_type::none;
  std::uint16_t places = 0;  // bit n: property_place n
  bool not_zero = false;     // zero is a protocol error
};

// What is known of a property; of a number that is none, the type is property_type::none.
const property_info& info_of(property) noexcept;
inline std::string_view to_string(property id) noexcept { return info_of(id).name; }

// Whether a property may stand there, whoever sends it.
bool may_stand(property_place, property) noexcept;
// What one side alone may send: a subscription identifier in PUBLISH is the server's
// [MQTT-3.3.4-6], the session expiry of a DISCONNECT the client's [MQTT-3.14.2-2].
constexpr bool may_send(role sender, property_place place, property id) noexcept {
  if (id == property::subscription_identifier && place == property_place::publish) {
    return sender == role::server;
  }
  return !(id == property::session_expiry_interval && place == property_place::disconnect) ||
         sender == role::client;
}
// All that this side may put there, bit n for property n; bit 0: several subscription identifiers.
std::uint64_t properties_of(property_place, role sender) noexcept;
// Whether there may be several: of user properties, and of the subscription identifiers of a
// PUBLISH (section 3.3.2.3.8).
constexpr bool may_repeat(property_place place, property id) noexcept {
  return id == property::user_property ||
         (id == property::subscription_identifier && place == property_place::publish);
}

// A property with its value, of which the type says what is set.
struct property_value {
  property id{};
  std::uint32_t number = 0;  // flags and integers
  byte_view bytes{};         // text, binary, and the value of a pair
  std::string_view name{};   // of a pair

  std::string_view text() const noexcept { return as_text(bytes); }
};

// A name and a value of the application's own; names may repeat, and the order counts.
struct user_property {
  std::string_view name{};
  std::string_view value{};

  friend bool operator==(const user_property&, const user_property&) = default;
};

// Goes through those of a property's values that `Select` picks, reading them as it comes to them.
template <class Value, Value (*Select)(const property_value&), property Wanted>
class property_range;

// The properties of one packet, which were checked: each is known, allowed there, has a value that
// it may have, and stands as often as it may. A view: it lives as long as the packet's bytes.
class properties {
 public:
  class iterator;

  // None.
  constexpr properties() noexcept = default;

  // Checks a block: what stands behind the property length, and what block() gives. Fails with the
  // errc of its first fault.
  static result<properties> parse(byte_view block, property_place place, role sender);

  bool empty() const noexcept { return size_ == 0; }
  // The bytes behind the property length, to be kept or sent on.
  byte_view block() const noexcept { return {data_, size_}; }

  bool has(property id) const noexcept {
    const auto n = static_cast<unsigned>(id);
    return n < 64 && (present_ >> n & 1) != 0;
  }
  // Of the value, if the property is there and of such a type; of several, the first. What is not
  // there is found out without a search.
  std::optional<std::uint32_t> number(property id) const noexcept;
  std::optional<std::string_view> text(property id) const noexcept;
  std::optional<byte_view> bytes(property id) const noexcept;
  // Of a flag that is not there, what the specification says instead.
  bool flag(property id, bool otherwise) const noexcept {
    return number(id).value_or(otherwise ? 1 : 0) != 0;
  }

  // All, in the order of the packet.
  iterator begin() const noexcept;
  iterator end() const noexcept;

  // Ranges of mqtt::user_property and of std::uint32_t.
  auto user_properties() const noexcept;
  auto subscription_identifiers() const noexcept;

  // Bit n: property n is there.
  std::uint64_t present() const noexcept { return present_; }
  // Several subscription identifiers are there.
  bool has_repeated_identifiers() const noexcept { return (present_ & repeated) != 0; }

 private:
  friend struct property_access;

  // No property has the number 0.
  static constexpr std::uint64_t repeated = 1;

  constexpr properties(const std::byte* data, std::size_t size, std::uint64_t present) noexcept
      : data_(data), size_(size), present_(present) {}
  std::optional<property_value> find(property id) const noexcept;

  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::uint64_t present_ = 0;
};

// Gives each property by value.
class properties::iterator {
 public:
  using value_type = property_value;
  using difference_type = std::ptrdiff_t;

  iterator() noexcept = default;
  iterator(const std::byte* at, const std::byte* end) noexcept : next_(at), end_(end) { read(); }

  const property_value& operator*() const noexcept { return value_; }
  const property_value* operator->() const noexcept { return &value_; }
  iterator& operator++() noexcept {
    read();
    return *this;
  }
  iterator operator++(int) noexcept {
    iterator old = *this;
    read();
    return old;
  }
  friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }

 private:
  void read() noexcept;

  const std::byte* at_ = nullptr;    // of the current one
  const std::byte* next_ = nullptr;  // behind it
  const std::byte* end_ = nullptr;
  property_value value_{};
};

// Doxygen 1.9.4 takes these for members of nothing.
// @cond
inline properties::iterator properties::begin() const noexcept { return {data_, data_ + size_}; }
inline properties::iterator properties::end() const noexcept {
  return {data_ + size_, data_ + size_};
}
// @endcond

template <class Value, Value (*Select)(const property_value&), property Wanted>
class property_range {
 public:
  // Gives each property of the kind by value.
  class iterator {
   public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;

    iterator() noexcept = default;
    iterator(properties::iterator at, properties::iterator end) noexcept : at_(at), end_(end) {
      skip();
    }
    Value operator*() const noexcept { return Select(*at_); }
    iterator& operator++() noexcept {
      ++at_;
      skip();
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }

   private:
    void skip() noexcept {
      while (at_ != end_ && at_->id != Wanted) ++at_;
    }

    properties::iterator at_{};
    properties::iterator end_{};
  };

  explicit property_range(const properties& all) noexcept
      : begin_(all.has(Wanted) ? all.begin() : all.end()), end_(all.end()) {}

  iterator begin() const noexcept { return {begin_, end_}; }
  iterator end() const noexcept { return {end_, end_}; }
  bool empty() const noexcept { return begin() == end(); }

 private:
  properties::iterator begin_;
  properties::iterator end_;
};

namespace detail {

inline user_property user_property_of(const property_value& v) noexcept {
  return {v.name, v.text()};
}
inline std::uint32_t number_of(const property_value& v) noexcept { return v.number; }

}  // namespace detail

using user_property_range =
    property_range<user_property, detail::user_property_of, property::user_property>;
using subscription_identifier_range =
    property_range<std::uint32_t, detail::number_of, property::subscription_identifier>;

// Doxygen 1.9.4 takes these for members of nothing.
// @cond
inline auto properties::user_properties() const noexcept { return user_property_range(*this); }
inline auto properties::subscription_identifiers() const noexcept {
  return subscription_identifier_range(*this);
}
// @endcond

}  // namespace parley::mqtt
