// The decoder of MQTT 3.1.1 and 5: a stream of bytes to packets, checked. Nothing is copied or
// allocated.
//
//   mqtt::decoder d(mqtt::role::client, mqtt::version::v5, bounds);
//   mqtt::packet p;
//   for (;;) {
//     const auto r = d.decode(input, p);           // input: all bytes that were not consumed
//     if (r.status != mqtt::decode_status::ok) break;
//     if (const auto* m = std::get_if<mqtt::publish>(&p)) deliver(m->topic, m->payload);
//     input = input.subspan(r.consumed);
//   }
//
// The outcome does not depend on how the input was cut.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/errc.hpp>
#include <parley/codecs/mqtt/limits.hpp>
#include <parley/codecs/mqtt/packets.hpp>
#include <parley/codecs/mqtt/version.hpp>
#include <parley/core/bytes.hpp>

namespace parley::mqtt {

enum class decode_status : std::uint8_t {
  ok,         // a packet: call again with what follows it
  need_data,  // give more bytes behind those that are left
  failed,     // the stream is broken for ever; decoder::fault() says why
};

// One step of decoder::decode().
struct decode_result {
  decode_status status = decode_status::need_data;
  std::size_t consumed = 0;  // of the packet, otherwise nothing
  std::size_t need = 0;      // with need_data: at least so many more bytes
};

// How long the packet is that begins with these bytes, its fixed header included; 0 if they are too
// few to say so. Checks nothing: for what was encoded here.
std::size_t packet_size(byte_view begin) noexcept;

class decoder {
 public:
  // `own` is our side: what only our side may send is refused from the peer. A client knows the
  // version, which is that of its CONNECT; a server learns it from the one it gets.
  explicit decoder(role own, mqtt::version spoken = mqtt::version::v5,
                   const limits& bounds = {}) noexcept
      : limits_(bounds), version_(spoken), own_(own), knows_version_(own == role::client) {
    expect(state::opening);
  }

  // The next packet. `in` are all bytes that were not consumed; they may have moved since the last
  // call. Views in `out` show some of them, so they must be kept as long as it is used; without
  // `ok` it means nothing.
  //
  // A packet is refused as soon as its fixed header is wrong or too large (section 2.1; a CONNECT
  // that is too large as soon as its version is there), and otherwise checked when all of it is
  // there. What is checked are all rules that need no more than the packet itself, and that CONNECT
  // and CONNACK come first and once (sections 3.1 and 3.2). After a fault, every call says `failed`
  // again.
  decode_result decode(byte_view in, packet& out) noexcept {
    decode_result result;
    decode(in, out, result);
    return result;
  }

  // Of a server: that of CONNECT once knows_version() says so, and MQTT 5 until then.
  mqtt::version version() const noexcept { return version_; }
  // Of a server: CONNECT was decoded, or refused for what stands behind its version. Who refuses it
  // for something else does not know in what form to answer. A client always knows.
  bool knows_version() const noexcept { return knows_version_; }

  // Why it failed, or nothing. reason_code_of() has what the peer is told.
  std::optional<errc> fault() const noexcept {
    return state_ == state::failed ? std::optional(fault_) : std::nullopt;
  }

  // CONNECT or CONNACK was decoded.
  bool is_open() const noexcept { return state_ == state::open; }

 private:
  enum class state : std::uint8_t { opening, open, failed };
  enum class header : std::uint8_t { whole, cut, wrong };

  // Enters the state, and computes what packets it takes.
  void expect(state next) noexcept {
    state_ = next;
    types_ = 0;
    most_ = limits_.maximum_packet;
    if (next == state::failed) return;
    const bool server = own_ == role::server;
    const unsigned sent = packet_types_of(peer_of(own_), version_);
    const unsigned opener =
        1U << static_cast<unsigned>(server ? packet_type::connect : packet_type::connack);
    const unsigned first =
        server ? opener : opener | 1U << static_cast<unsigned>(packet_type::auth);
    types_ = static_cast<std::uint16_t>(sent & (next == state::open ? ~opener : first));
    if (next == state::opening && server) most_ = std::min(most_, limits_.maximum_connect);
  }
  // In place, so that each of them may end in a jump to the next.
  void decode(byte_view in, packet& out, decode_result& result) noexcept;
  header read_header(byte_view in) noexcept;
  header read_protocol(byte_view in, std::size_t length) noexcept;
  void learn_version(const std::byte* from, const std::byte* to) noexcept;
  bool is_good_first(unsigned byte) noexcept;
  bool is_in_order(packet_type type) noexcept;
  bool is_good_length(std::uint32_t length, bool padded) noexcept;
  void decode_publish(byte_view in, packet& out, decode_result& result) noexcept;
  void decode_publish(const std::byte* from, std::size_t head, std::size_t total, packet& out,
                      decode_result& result) noexcept;
  void decode_other(byte_view in, packet& out, decode_result& result) noexcept;
  void decode_slowly(byte_view in, packet& out, decode_result& result) noexcept;
  void decode_body(const std::byte* from, std::size_t head, std::size_t total, packet& out,
                   decode_result& result) noexcept;
  bool refuse(errc fault) noexcept {
    fault_ = fault;
    return false;
  }
  void fail(errc fault, decode_result& result) noexcept;

  limits limits_;
  std::uint32_t most_ = 0;   // the largest packet now
  std::uint32_t total_ = 0;  // bytes of the packet whose header was read; 0: none
  std::uint32_t need_ = 0;   // bytes of a header that is cut
  errc fault_{};
  std::uint16_t types_ = 0;  // bit n: packet_type n may come now
  std::uint8_t header_size_ = 0;
  bool padded_ = false;  // its length is in more bytes than it needs
  state state_ = state::opening;
  mqtt::version version_;
  role own_;
  bool knows_version_;
};

static_assert(sizeof(decoder) <= 64);

}  // namespace parley::mqtt
