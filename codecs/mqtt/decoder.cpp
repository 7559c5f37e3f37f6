#include <algorithm>
#include <parley/codecs/mqtt/decoder.hpp>
#include <parley/codecs/mqtt/detail/decode.hpp>

namespace parley::mqtt {
namespace {

unsigned byte_at(byte_view bytes, std::size_t i) noexcept {
  return std::to_integer<unsigned>(bytes[i]);
}

// The flags that a type must have (section 2.1.3); those of PUBLISH mean something.
constexpr unsigned flags_of(packet_type type) noexcept {
  using enum packet_type;
  return type == pubrel || type == subscribe || type == unsubscribe ? 0b0010 : 0;
}

// By its two bytes alone: all but PUBLISH.
constexpr bool has_good_flags(unsigned first) noexcept {
  return (first & 0xF) == flags_of(static_cast<packet_type>(first >> 4));
}

// Flags that PUBLISH may have: not QoS 3, and at QoS 0 not DUP.
constexpr unsigned publish_flags = 0b0011'1100'0011'1111;

using detail::cursor;
using detail::decode_context;

bool decode_as(packet_type type, cursor& in, const decode_context& with, packet& out) noexcept {
  switch (type) {
    case packet_type::connect:
      return decode_connect(in, with, out.emplace<connect>());
    case packet_type::connack:
      return decode_connack(in, with, out.emplace<connack>());
    case packet_type::publish:
      break;  // decoder::decode_publish()
    case packet_type::puback:
      return decode_acknowledgement(in, with, out.emplace<puback>());
    case packet_type::pubrec:
      return decode_acknowledgement(in, with, out.emplace<pubrec>());
    case packet_type::pubrel:
      return decode_acknowledgement(in, with, out.emplace<pubrel>());
    case packet_type::pubcomp:
      return decode_acknowledgement(in, with, out.emplace<pubcomp>());
    case packet_type::subscribe:
      return decode_subscribe(in, with, out.emplace<subscribe>());
    case packet_type::suback:
      return decode_suback(in, with, out.emplace<suback>());
    case packet_type::unsubscribe:
      return decode_unsubscribe(in, with, out.emplace<unsubscribe>());
    case packet_type::unsuback:
      return decode_unsuback(in, with, out.emplace<unsuback>());
    case packet_type::pingreq:
      out.emplace<pingreq>();
      return true;
    case packet_type::pingresp:
      out.emplace<pingresp>();
      return true;
    case packet_type::disconnect:
      return decode_disconnect(in, with, out.emplace<disconnect>());
    case packet_type::auth:
      return decode_auth(in, with, out.emplace<auth>());
  }
  return in.fail(errc::bad_packet_type);
}

// What a fixed header says at once: the size of the packet, and of the header. 0: the long way.
struct quick_header {
  std::size_t total;
  std::size_t head;
};

[[gnu::always_inline]] inline quick_header quick_header_of(byte_view in) noexcept {
  const auto* at = reinterpret_cast<const std::uint8_t*>(in.data());
  std::uint32_t length = at[1];
  if (length < 0x80) return {length + 2, 2};
  // A packet of so many bytes has them; a last byte of zero is judged elsewhere.
  if (in.size() < 5) [[unlikely]]
    return {0, 0};
  std::size_t head = 3;
  std::uint32_t last = at[2];
  length += (last << 7) - 0x80;
  if (last >= 0x80) {
    last = at[3];
    length += (last << 14) - (0x80 << 7);
    head = 4;
    if (last >= 0x80) {
      last = at[4];
      length += (last << 21) - (0x80 << 14);
      head = 5;
    }
  }
  if (last - 1 >= 0x7F) [[unlikely]]
    return {0, 0};
  return {length + head, head};
}

}  // namespace

void decoder::decode(byte_view in, packet& out, decode_result& result) noexcept {
  // The shortest way, for a PUBLISH of 3.1.1 that is there. All that is unusual goes a longer one,
  // from the beginning: so nothing is kept here while something else is called.
  if (total_ != 0 || in.size() < 2) [[unlikely]]
    return decode_slowly(in, out, result);
  const unsigned flags = byte_at(in, 0) ^ static_cast<unsigned>(packet_type::publish) << 4;
  const bool is_publish = flags < 16 && (publish_flags >> flags & 1) != 0;
  if (!is_publish || !detail::has_bit(types_, packet_type::publish))
    return decode_other(in, out, result);
  if (version_ == mqtt::version::v5) return decode_publish(in, out, result);
  const quick_header its = quick_header_of(in);
  if (its.total - 1 >= most_ || its.total > in.size()) [[unlikely]]
    return decode_slowly(in, out, result);
  cursor rest(in.data() + its.head, in.data() + its.total);
  std::string_view topic;
  std::uint16_t packet_id = 1;
  const bool is_usual = rest.raw_text(topic) && !topic.empty() &&
                        topic.size() < limits_.topic_levels &&
                        detail::is_plain_name(topic, rest.left());
  if (!is_usual) [[unlikely]]
    return decode_slowly(in, out, result);
  if ((flags & 0b0110) != 0) {
    if (!rest.number(packet_id) || packet_id == 0) [[unlikely]]
      return decode_slowly(in, out, result);
  } else {
    packet_id = 0;
  }
  detail::put_publish(out, flags, topic, packet_id, {}, rest.rest());
  result = {decode_status::ok, its.total, 0};
}

// A PUBLISH that is there.
void decoder::decode_publish(byte_view in, packet& out, decode_result& result) noexcept {
  const quick_header its = quick_header_of(in);
  if (its.total - 1 >= most_ || its.total > in.size()) [[unlikely]]
    return decode_slowly(in, out, result);
  return decode_publish(in.data(), its.head, its.total, out, result);
}

[[gnu::always_inline]] inline void decoder::decode_publish(const std::byte* from, std::size_t head,
                                                           std::size_t total, packet& out,
                                                           decode_result& result) noexcept {
  cursor rest(from + head, from + total);
  const decode_context with{version_, peer_of(own_), std::to_integer<unsigned>(from[0]) & 0xF,
                            limits_.topic_levels};
  if (!detail::decode_publish(rest, with, out)) [[unlikely]]
    return fail(rest.fault(), result);
  result = {decode_status::ok, total, 0};
}

// Other packets that are there.
void decoder::decode_other(byte_view in, packet& out, decode_result& result) noexcept {
  const unsigned first = byte_at(in, 0);
  const bool is_good = has_good_flags(first) && (types_ >> (first >> 4) & 1) != 0;
  const quick_header its = quick_header_of(in);
  if (!is_good || its.total - 1 >= most_ || its.total > in.size()) {
    return decode_slowly(in, out, result);
  }
  padded_ = false;
  return decode_body(in.data(), its.head, its.total, out, result);
}

// Any packet, as soon as it is whole.
void decoder::decode_slowly(byte_view in, packet& out, decode_result& result) noexcept {
  if (total_ == 0) {
    if (state_ == state::failed) return fail(fault_, result);
    const header head = read_header(in);
    if (head == header::cut) {
      result = {decode_status::need_data, 0, need_};
      return;
    }
    if (head == header::wrong) return fail(fault_, result);
  }
  if (in.size() < total_) {
    result = {decode_status::need_data, 0, total_ - in.size()};
    return;
  }
  const std::size_t total = total_;
  total_ = 0;
  if (byte_at(in, 0) >> 4 != static_cast<unsigned>(packet_type::publish)) {
    return decode_body(in.data(), header_size_, total, out, result);
  }
  return decode_publish(in.data(), header_size_, total, out, result);
}

void decoder::decode_body(const std::byte* from, std::size_t head, std::size_t total, packet& out,
                          decode_result& result) noexcept {
  const auto first = std::to_integer<unsigned>(from[0]);
  const auto type = static_cast<packet_type>(first >> 4);
  cursor rest(from + head, from + total);
  const decode_context with{version_, peer_of(own_), first & 0xF, limits_.topic_levels};
  bool good = decode_as(type, rest, with, out);
  if (type == packet_type::connect) {
    if (good) {
      version_ = std::get<connect>(out).version;
      knows_version_ = true;
    } else {
      // Also of one that is refused: the answer is in its version.
      learn_version(from + head, from + total);
    }
    // See is_good_length(): what it could not know yet.
    if (good && padded_ && version_ == mqtt::version::v5) good = rest.fail(errc::bad_length);
  }
  if (!good) return fail(rest.fault(), result);
  if (!rest.at_end()) return fail(errc::long_packet, result);
  if (type == packet_type::connect || type == packet_type::connack) expect(state::open);
  result = {decode_status::ok, total, 0};
}

// Each byte is judged as soon as it is there, so the fault is the same however little has come.
decoder::header decoder::read_header(byte_view in) noexcept {
  need_ = 2;
  if (in.empty()) return header::cut;
  if (!is_good_first(byte_at(in, 0))) return header::wrong;
  std::uint32_t length = 0;
  for (unsigned i = 1; i <= 4; ++i) {
    if (in.size() == i) {
      need_ = 1;
      return header::cut;
    }
    const unsigned byte = byte_at(in, i);
    length |= (byte & 0x7F) << (7 * (i - 1));
    if (byte >= 0x80) continue;
    header_size_ = static_cast<std::uint8_t>(i + 1);
    if (is_good_length(length, byte == 0 && i > 1)) return header::whole;
    return knows_version_ ? header::wrong : read_protocol(in, length);
  }
  refuse(errc::bad_length);
  return header::wrong;
}

// Of a CONNECT that is too large: 3.1.1 has no answer to that, and MQTT 5 has.
decoder::header decoder::read_protocol(byte_view in, std::size_t length) noexcept {
  const std::size_t size = std::min(length, detail::protocol_size);
  const byte_view body = in.subspan(header_size_);
  if (body.size() < size) {
    need_ = static_cast<std::uint32_t>(size - body.size());
    return header::cut;
  }
  learn_version(body.data(), body.data() + size);
  return header::wrong;
}

void decoder::learn_version(const std::byte* from, const std::byte* to) noexcept {
  cursor in(from, to);
  knows_version_ = detail::decode_protocol(in, version_);
}

// Type and flags (sections 2.1.2 and 2.1.3).
bool decoder::is_good_first(unsigned byte) noexcept {
  const auto type = static_cast<packet_type>(byte >> 4);
  const unsigned flags = byte & 0xF;
  if (byte < 0x10) return refuse(errc::bad_packet_type);
  if (type == packet_type::publish) {
    if ((flags & 0b0110) == 0b0110) return refuse(errc::bad_qos);
    if ((flags & 0b1110) == 0b1000) return refuse(errc::bad_dup);
  } else if (flags != flags_of(type)) {
    return refuse(errc::bad_flags);
  }
  if (!may_send(peer_of(own_), type, version_)) {
    // 3.1.1 has no AUTH at all. A server that awaits CONNECT does not know what is spoken.
    const bool reserved = type == packet_type::auth && version_ == mqtt::version::v3_1_1;
    return refuse(reserved ? errc::bad_packet_type : errc::wrong_direction);
  }
  return is_in_order(type);
}

bool decoder::is_in_order(packet_type type) noexcept {
  const auto opener = own_ == role::server ? packet_type::connect : packet_type::connack;
  if (state_ == state::open) {
    if (type != opener) return true;
    return refuse(own_ == role::server ? errc::connect_repeated : errc::connack_repeated);
  }
  if (type == opener) return true;
  if (own_ == role::server) return refuse(errc::connect_expected);
  // Enhanced authentication comes before CONNACK (section 4.12).
  return type == packet_type::auth || refuse(errc::connack_expected);
}

bool decoder::is_good_length(std::uint32_t length, bool padded) noexcept {
  // Only MQTT 5 demands the shortest form [MQTT-1.5.5-1]; which it is may be in this packet.
  if (padded && knows_version_ && version_ == mqtt::version::v5) return refuse(errc::bad_length);
  padded_ = padded;
  total_ = header_size_ + length;
  if (total_ <= most_) return true;
  total_ = 0;
  return refuse(errc::packet_too_large);
}

void decoder::fail(errc fault, decode_result& result) noexcept {
  expect(state::failed);
  fault_ = fault;
  total_ = 0;
  result = {decode_status::failed, 0, 0};
}

std::size_t packet_size(byte_view begin) noexcept {
  constexpr std::size_t longest = 5;  // of a fixed header
  std::size_t length = 0;
  for (std::size_t i = 1; i < std::min(begin.size(), longest); ++i) {
    const std::size_t byte = byte_at(begin, i);
    length += (byte & 0x7F) << (7 * (i - 1));
    if (byte < 0x80) return i + 1 + length;
  }
  return 0;
}

}  // namespace parley::mqtt
