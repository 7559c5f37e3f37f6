#include <parley/codecs/mqtt/detail/encode.hpp>
#include <parley/codecs/mqtt/encoder.hpp>
#include <string>
#include <type_traits>
#include <utility>

namespace parley::mqtt {
namespace {

using detail::encode_context;

// By the type alone, as a packet's index says it.
template <class Packet>
constexpr packet_type type_for = [] {
  return []<class... Types>(std::type_identity<std::variant<Types...>>) {
    unsigned index = 0;
    (void)((std::is_same_v<Types, Packet> || (++index, false)) || ...);
    return static_cast<packet_type>(index);
  }(std::type_identity<packet>());
}();
static_assert(type_for<connect> == packet_type::connect && type_for<auth> == packet_type::auth);

// Section 2.1.3.
constexpr unsigned flags_for(packet_type type) noexcept {
  using enum packet_type;
  return type == pubrel || type == subscribe || type == unsubscribe ? 0b0010 : 0;
}

[[gnu::cold]] std::unexpected<error> refused(errc fault) {
  return fail(parley::errc::invalid_argument, std::string(describe(fault).text));
}

[[gnu::cold]] std::unexpected<error> too_large(std::size_t size, std::size_t maximum) {
  return fail(parley::errc::too_large, "a packet of " + std::to_string(size) +
                                           " bytes, and the peer takes " + std::to_string(maximum));
}

result<std::size_t> whole_size(std::size_t remaining, std::uint32_t maximum) {
  const std::size_t size = 1 + detail::variable_size(remaining) + remaining;
  if (remaining > largest_remaining_length || size > maximum) return too_large(size, maximum);
  return size;
}

template <class Packet>
result<std::size_t> size_of(const Packet& p, const encode_context& with, std::uint32_t maximum) {
  if (!may_send(with.own, type_for<Packet>, with.version)) return refused(errc::wrong_direction);
  if (const auto fault = check_packet(p, with)) return refused(*fault);
  return whole_size(remaining_of(p, with), maximum);
}

template <class Packet>
std::byte* put_whole(std::byte* to, const Packet& p, const encode_context& with) noexcept {
  constexpr packet_type type = type_for<Packet>;
  return put_body(detail::put_header(to, type, flags_for(type), remaining_of(p, with)), p, with);
}

// Takes a head back that memory left without its payload.
struct undo_guard {
  send_buffer& buffer;
  std::size_t size;
  bool armed = true;

  ~undo_guard() {
    if (armed) (void)buffer.erase(size, buffer.size() - size);
  }
};

}  // namespace

result<std::size_t> encoder::size(const connect& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const connack& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const publish& p) const {
  const encode_context with{version_, own_};
  if (const auto fault = check_packet(p, with)) return refused(*fault);
  return whole_size(remaining_of(p, with), maximum_);
}
result<std::size_t> encoder::size(const puback& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const pubrec& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const pubrel& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const pubcomp& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const subscribe& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const suback& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const unsubscribe& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const unsuback& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const pingreq& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const pingresp& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const disconnect& p) const {
  return size_of(p, {version_, own_}, maximum_);
}
result<std::size_t> encoder::size(const auth& p) const {
  return size_of(p, {version_, own_}, maximum_);
}

std::byte* encoder::put(std::byte* to, const connect& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const connack& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const publish& p) const noexcept {
  return detail::put_bytes(put_head(to, p), p.payload);
}
std::byte* encoder::put(std::byte* to, const puback& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const pubrec& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const pubrel& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const pubcomp& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const subscribe& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const suback& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const unsubscribe& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const unsuback& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const pingreq& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const pingresp& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const disconnect& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}
std::byte* encoder::put(std::byte* to, const auth& p) const noexcept {
  return put_whole(to, p, {version_, own_});
}

std::size_t encoder::head_size(const publish& p, mqtt::version spoken) noexcept {
  const std::size_t remaining = detail::remaining_of(p, {spoken, role::client});
  return 1 + detail::variable_size(remaining) + remaining - p.payload.size();
}

std::byte* encoder::put_head(std::byte* to, const publish& p) const noexcept {
  const encode_context with{version_, own_};
  const unsigned flags =
      (p.dup ? 8U : 0U) | static_cast<unsigned>(p.qos) << 1 | (p.retain ? 1U : 0U);
  to = detail::put_header(to, packet_type::publish, flags, detail::remaining_of(p, with));
  to = detail::put_text(to, p.topic);
  if (p.qos != mqtt::qos::at_most_once) to = detail::put_two(to, p.packet_id);
  return detail::put_properties(to, p.props, with);
}

result<> encoder::append(send_buffer& to, publish head, shared_bytes payload) const {
  head.payload = payload.view();
  const auto whole = size(head);
  if (!whole) return std::unexpected(whole.error());
  const std::size_t size = *whole - head.payload.size();
  put_head(to.reserve(size).data(), head);
  undo_guard guard{to, to.size()};
  to.commit(size);
  to.append(std::move(payload));
  guard.armed = false;
  return {};
}

result<std::size_t> encoder::encode(std::span<std::byte> to, const packet& p) const {
  const auto one = [&]<class Packet>(const Packet& what) -> result<std::size_t> {
    if constexpr (std::is_same_v<Packet, std::monostate>) {
      return fail(parley::errc::invalid_argument, "no packet");
    } else {
      auto needed = size(what);
      if (!needed) return needed;
      if (*needed > to.size()) return too_large(*needed, to.size());
      put(to.data(), what);
      return needed;
    }
  };
  return std::visit(one, p);
}

}  // namespace parley::mqtt
