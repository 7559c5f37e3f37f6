#include <array>
#include <parley/codecs/websocket/errc.hpp>

namespace parley::websocket {
namespace {

using enum error_class;

constexpr error_info entry(std::string_view name, error_class kind, std::string_view text,
                           std::string_view hint = {}) {
  return {"websocket", name, kind, text, hint};
}

// In the order of the enumeration.
constexpr auto infos = std::to_array<error_info>({
    entry("bad_opcode", protocol, "a frame has a reserved opcode"),
    entry("reserved_bits", protocol, "a frame has reserved bits that no extension explains"),
    entry("bad_length", protocol, "a frame's length is not in the fewest bytes, or too large"),
    entry("not_masked", protocol, "a client sent a frame without a mask"),
    entry("masked", protocol, "a server sent a masked frame"),
    entry("fragmented_control", protocol, "a control frame is fragmented"),
    entry("control_too_long", protocol, "a control frame has more than 125 bytes"),
    entry("unexpected_continuation", protocol, "a continuation frame continues no message"),
    entry("unfinished_message", protocol, "a message begins inside another one"),
    entry("bad_close", protocol, "a close frame has one byte, or a code that none may have"),
    entry("bad_text", protocol, "text is not UTF-8", "send bytes as a binary message"),
    entry("bad_deflate", protocol, "a compressed message is corrupt"),
    // As most messages are one frame, it is told as what it means to people.
    entry("frame_too_large", limit, "message exceeds maximum size: a frame alone does",
          "raise max_size, split the message, or compress it"),
    entry("message_too_large", limit, "message exceeds maximum size",
          "raise max_size, split the message, or compress it"),
    entry("inflates_too_far", limit, "a message inflates further than an honest one would"),
    entry("too_many_controls", limit, "too many pings and pongs without a message"),
    entry("not_a_handshake", protocol, "the request asks for no upgrade to WebSocket"),
    entry("bad_handshake_version", protocol, "the client asks for another version than 13"),
    entry("bad_key", protocol, "Sec-WebSocket-Key is missing, there twice, or not 16 bytes"),
    entry("bad_origin", authentication, "the page of another origin asked",
          "list the origins that may connect in the server's `origins`"),
    entry("handshake_refused", configuration, "the server did not switch to WebSocket",
          "check the path of the URI, and whether a WebSocket server answers at this address"),
    entry("bad_upgrade", protocol, "the server's 101 lacks what must come with it"),
    entry("bad_accept", protocol, "Sec-WebSocket-Accept does not fit the key that was sent"),
    entry("bad_subprotocol", configuration, "no subprotocol was agreed upon",
          "offer one that the server speaks"),
    entry("bad_extension", protocol, "the server chose an extension that was not offered so"),
    entry("unauthorized", authentication, "the server refuses these credentials",
          "check user and password, or the token"),
    entry("handshake_timeout", transient, "the handshake was not complete in time"),
    entry("ping_timeout", transient, "the peer did not answer a ping in time"),
    entry("close_timeout", transient, "the peer did not answer the close frame in time"),
    entry("slow_reader", transient, "the peer does not take what is sent to it"),
    entry("abnormal_end", transient, "the connection ended without a close frame"),
    entry("closed_by_peer", protocol, "the peer closed the connection"),
    entry("peer_unavailable", transient, "the peer closed the connection: come again later"),
    entry("call_failed", reply, "the peer answered the call with an error"),
});
static_assert(infos.size() == static_cast<std::size_t>(errc::call_failed) + 1);

}  // namespace

const error_info& describe(errc code) noexcept { return infos[static_cast<std::size_t>(code)]; }

close_code close_code_of(const error& why) noexcept {
  if (why == errc::bad_text || why == errc::bad_deflate) return close_code::invalid_data;
  if (why == errc::frame_too_large || why == errc::message_too_large ||
      why == errc::inflates_too_far) {
    return close_code::too_large;
  }
  if (why == errc::too_many_controls || why == errc::slow_reader) {
    return close_code::policy_violation;
  }
  if (why == errc::bad_extension) return close_code::missing_extension;
  if (why == errc::ping_timeout) return close_code::internal_error;
  if (why.info().domain == "websocket") return close_code::protocol_error;
  // What an application fails with.
  if (why == parley::errc::too_large) return close_code::too_large;
  if (why == parley::errc::not_supported) return close_code::unsupported_data;
  if (why == parley::errc::queue_full) return close_code::try_again_later;
  if (why.kind() == error_class::authentication) return close_code::policy_violation;
  return close_code::internal_error;
}

}  // namespace parley::websocket
