#include <array>
#include <parley/codecs/mqtt/property.hpp>
#include <parley/codecs/mqtt/property_scan.hpp>
#include <parley/core/text/words.hpp>

namespace parley::mqtt {
namespace {

using enum property_type;
using place = property_place;

constexpr std::uint16_t in(auto... places) {
  return static_cast<std::uint16_t>((0U | ... | (1U << static_cast<unsigned>(places))));
}

constexpr auto message = in(place::publish, place::will);
constexpr auto answers =
    in(place::puback, place::pubrec, place::pubrel, place::pubcomp, place::suback, place::unsuback);
constexpr std::uint16_t everywhere = 0xFFFF & ~in(12, 13);

// Table 2-4 of the specification.
constexpr auto infos = [] {
  std::array<property_info, 43> all{};
  const auto set = [&](property id, std::string_view name, property_type type, unsigned places,
                       bool not_zero = false) {
    all[static_cast<std::size_t>(id)] = {name, type, static_cast<std::uint16_t>(places), not_zero};
  };
  using enum property;
  set(payload_format_indicator, "payload_format_indicator", flag, message);
  set(message_expiry_interval, "message_expiry_interval", four_bytes, message);
  set(content_type, "content_type", text, message);
  set(response_topic, "response_topic", text, message);
  set(correlation_data, "correlation_data", binary, message);
  set(subscription_identifier, "subscription_identifier", variable_byte,
      in(place::publish, place::subscribe), true);
  set(session_expiry_interval, "session_expiry_interval", four_bytes,
      in(place::connect, place::connack, place::disconnect));
  set(assigned_client_identifier, "assigned_client_identifier", text, in(place::connack));
  set(server_keep_alive, "server_keep_alive", two_bytes, in(place::connack));
  set(authentication_method, "authentication_method", text,
      in(place::connect, place::connack, place::auth));
  set(authentication_data, "authentication_data", binary,
      in(place::connect, place::connack, place::auth));
  set(request_problem_information, "request_problem_information", flag, in(place::connect));
  set(will_delay_interval, "will_delay_interval", four_bytes, in(place::will));
  set(request_response_information, "request_response_information", flag, in(place::connect));
  set(response_information, "response_information", text, in(place::connack));
  set(server_reference, "server_reference", text, in(place::connack, place::disconnect));
  set(reason_string, "reason_string", text,
      answers | in(place::connack, place::disconnect, place::auth));
  set(receive_maximum, "receive_maximum", two_bytes, in(place::connect, place::connack), true);
  set(topic_alias_maximum, "topic_alias_maximum", two_bytes, in(place::connect, place::connack));
  set(topic_alias, "topic_alias", two_bytes, in(place::publish), true);
  set(maximum_qos, "maximum_qos", flag, in(place::connack));
  set(retain_available, "retain_available", flag, in(place::connack));
  set(user_property, "user_property", text_pair, everywhere);
  set(maximum_packet_size, "maximum_packet_size", four_bytes, in(place::connect, place::connack),
      true);
  set(wildcard_subscription_available, "wildcard_subscription_available", flag, in(place::connack));
  set(subscription_identifier_available, "subscription_identifier_available", flag,
      in(place::connack));
  set(shared_subscription_available, "shared_subscription_available", flag, in(place::connack));
  return all;
}();

constexpr property_info nothing{"unknown"};

}  // namespace

const property_info& info_of(property id) noexcept {
  const auto n = static_cast<std::size_t>(id);
  return n < infos.size() && infos[n].type != none ? infos[n] : nothing;
}

bool may_stand(property_place where, property id) noexcept {
  return (info_of(id).places >> static_cast<unsigned>(where) & 1) != 0;
}

namespace {

constexpr auto allowed = [] {
  std::array<std::array<std::uint64_t, 16>, 2> sets{};
  for (const role sender : {role::client, role::server}) {
    for (std::size_t id = 1; id < infos.size(); ++id) {
      for (unsigned n = 0; n < 16; ++n) {
        const auto where = static_cast<property_place>(n);
        const auto p = static_cast<property>(id);
        if ((infos[id].places >> n & 1) == 0 || !may_send(sender, where, p)) continue;
        auto& set = sets[static_cast<std::size_t>(sender)][n];
        set |= std::uint64_t{1} << id;
        if (p != property::user_property && may_repeat(where, p)) set |= property_access::repeated;
      }
    }
  }
  return sets;
}();

}  // namespace

std::uint64_t properties_of(property_place where, role sender) noexcept {
  return allowed[static_cast<std::size_t>(sender)][static_cast<std::size_t>(where)];
}

namespace detail {
namespace {

constexpr std::uint64_t bit_of(property id) noexcept {
  return std::uint64_t{1} << static_cast<unsigned>(id);
}

// The types by themselves, so close together that they stay at hand.
constexpr auto types = [] {
  std::array<property_type, 64> all{};
  for (std::size_t id = 0; id < infos.size(); ++id) all[id] = infos[id].type;
  return all;
}();

constexpr std::uint64_t not_zero = [] {
  std::uint64_t all = 0;
  for (std::size_t id = 0; id < infos.size(); ++id) all |= std::uint64_t{infos[id].not_zero} << id;
  return all;
}();

// Each of these reads a value at the cursor, and checks it.
[[gnu::always_inline]] inline bool scan_flag(cursor& in) noexcept {
  std::uint8_t byte = 0;
  return in.byte(byte) && (byte <= 1 || in.fail(errc::bad_property_value));
}
[[gnu::always_inline]] inline bool is_good_number(cursor& in, property id,
                                                  std::uint32_t number) noexcept {
  if (number != 0 || (not_zero & bit_of(id)) == 0) return true;
  return in.fail(id == property::topic_alias ? errc::bad_topic_alias : errc::bad_property_value);
}
[[gnu::always_inline]] inline bool scan_two(cursor& in, property id) noexcept {
  std::uint16_t number = 0;
  return in.number(number) && is_good_number(in, id, number);
}
[[gnu::always_inline]] inline bool scan_four(cursor& in, property id) noexcept {
  std::uint32_t number = 0;
  return in.number(number) && is_good_number(in, id, number);
}
[[gnu::always_inline]] inline bool scan_variable(cursor& in, property id) noexcept {
  std::uint32_t number = 0;
  return in.variable(number) && is_good_number(in, id, number);
}
[[gnu::always_inline]] inline bool scan_text(cursor& in, property id) noexcept {
  std::string_view words;
  if (id != property::response_topic) return in.text(words);
  return in.topic_name(words) && (!words.empty() || in.fail(errc::bad_topic_name));
}

[[gnu::always_inline]] inline bool scan_value(cursor& in, property id) noexcept {
  std::string_view words;
  byte_view bytes;
  switch (types[static_cast<std::size_t>(id)]) {
    case flag:
      return scan_flag(in);
    case two_bytes:
      return scan_two(in, id);
    case four_bytes:
      return scan_four(in, id);
    case variable_byte:
      return scan_variable(in, id);
    case property_type::text:
      return scan_text(in, id);
    case binary:
      return in.binary(bytes);
    case text_pair:
      return in.text(words) && in.text(words);
    case none:
      break;
  }
  return in.fail(errc::unknown_property);
}

}  // namespace

std::optional<errc> take_property(property id, property_place where, role sender,
                                  std::uint64_t& present) noexcept {
  const property_info& info = info_of(id);
  if (info.type == none) return errc::unknown_property;
  if ((info.places >> static_cast<unsigned>(where) & 1) == 0) return errc::misplaced_property;
  if (!may_send(sender, where, id)) return errc::misdirected_property;
  const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(id);
  if ((present & bit) != 0) {
    if (!may_repeat(where, id)) return errc::duplicate_property;
    if (id == property::subscription_identifier) present |= property_access::repeated;
  }
  present |= bit;
  return std::nullopt;
}

std::optional<errc> fault_of_number(property id, std::uint32_t number) noexcept {
  const property_info& info = info_of(id);
  if (info.type == flag && number > 1) return errc::bad_property_value;
  if (number != 0 || !info.not_zero) return std::nullopt;
  return id == property::topic_alias ? errc::bad_topic_alias : errc::bad_property_value;
}

std::uint64_t scan_block(byte_view block, property_place where, role sender, errc& fault) noexcept {
  const std::uint64_t allowed = properties_of(where, sender) & ~property_access::repeated;
  cursor in(block);
  std::uint64_t present = 0;
  while (!in.at_end()) {
    // All identifiers are below 128: one of several bytes is none (section 2.2.2.2).
    std::uint8_t number = 0;
    in.byte(number);
    const auto id = static_cast<property>(number);
    const std::uint64_t bit = std::uint64_t{1} << (number & 63);
    if (number < 64 && (allowed & ~present & bit) != 0) [[likely]] {
      present |= bit;
    } else if (const auto wrong = take_property(id, where, sender, present)) {
      fault = *wrong;
      return 0;
    }
    if (!scan_value(in, id)) [[unlikely]] {
      fault = in.fault();
      return 0;
    }
  }
  // Data is of a method (section 3.1.2.11.10).
  if ((present & bit_of(property::authentication_data)) != 0 &&
      (present & bit_of(property::authentication_method)) == 0) {
    fault = errc::missing_method;
    return 0;
  }
  return present;
}

}  // namespace detail

result<properties> properties::parse(byte_view block, property_place where, role sender) {
  if (block.empty()) return properties();
  errc fault{};
  const std::uint64_t present = detail::scan_block(block, where, sender, fault);
  if (present == 0) return fail(fault);
  return property_access::make(block, present);
}

namespace {

// Reads what was checked before.
struct trusting_reader {
  const std::uint8_t* at;

  std::uint32_t number(unsigned size) noexcept {
    std::uint32_t value = 0;
    for (; size != 0; --size) value = value << 8 | *at++;
    return value;
  }
  std::uint32_t variable() noexcept {
    std::uint32_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t byte = *at++;
      value |= (byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
  }
  byte_view binary() noexcept {
    const std::uint32_t size = number(2);
    const auto* data = reinterpret_cast<const std::byte*>(at);
    at += size;
    return {data, size};
  }
};

}  // namespace

void properties::iterator::read() noexcept {
  at_ = next_;
  if (at_ == end_) return;
  trusting_reader in{reinterpret_cast<const std::uint8_t*>(at_)};
  value_ = {.id = static_cast<property>(in.number(1))};
  switch (infos[static_cast<std::size_t>(value_.id)].type) {
    case none:
      break;
    case property_type::flag:
      value_.number = in.number(1);
      break;
    case two_bytes:
      value_.number = in.number(2);
      break;
    case four_bytes:
      value_.number = in.number(4);
      break;
    case variable_byte:
      value_.number = in.variable();
      break;
    case text_pair:
      value_.name = as_text(in.binary());
      [[fallthrough]];
    case property_type::text:
    case binary:
      value_.bytes = in.binary();
      break;
  }
  next_ = reinterpret_cast<const std::byte*>(in.at);
}

std::optional<property_value> properties::find(property id) const noexcept {
  if (!has(id)) return std::nullopt;
  for (const property_value& v : *this) {
    if (v.id == id) return v;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> properties::number(property id) const noexcept {
  const property_type type = info_of(id).type;
  if (type < property_type::flag || type > variable_byte) return std::nullopt;
  const auto found = find(id);
  if (!found) return std::nullopt;
  return found->number;
}

std::optional<std::string_view> properties::text(property id) const noexcept {
  if (info_of(id).type != property_type::text) return std::nullopt;
  const auto found = find(id);
  if (!found) return std::nullopt;
  return found->text();
}

std::optional<byte_view> properties::bytes(property id) const noexcept {
  if (info_of(id).type != binary) return std::nullopt;
  const auto found = find(id);
  if (!found) return std::nullopt;
  return found->bytes;
}

}  // namespace parley::mqtt
