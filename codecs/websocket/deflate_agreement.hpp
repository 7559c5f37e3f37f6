// permessage-deflate, the agreement (RFC 7692 sections 5 and 7.1): what each side wants, offers,
// answers, and what both have to keep to then.
//
//   client  offer_of(settings) -> text into the request; check_answer() of the response
//   server  choose_deflate() of the request -> text into the response; agreement_of()
//
// In a build without zlib nothing is offered or accepted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <parley/codecs/http/field.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/frame.hpp>
#include <string_view>

namespace parley::websocket {

// The ratio of a message is judged beyond this much of it: an empty picture or a row of equal
// letters exceeds every ratio, and a mebibyte of them harms nobody.
inline constexpr std::size_t deflate_free_output = std::size_t{1} << 20;

// What this side wants. `own` is what it sends, `peer` what it receives. Values out of range count
// as the nearest one.
struct deflate_settings {
  bool enabled = true;

  // Windows as logarithms, 9 to 15. Full ones compress best, but each connection keeps them: with
  // the default 300 KiB of it are compression. For many connections 12, with memory_level 5, is 50
  // KiB and costs a few percent of size. The peer's is a bound: who does not keep to it sends
  // messages that are not compressed, or no answer is found for its offer.
  std::uint8_t own_max_window_bits = 15;
  std::uint8_t peer_max_window_bits = 15;

  // Messages do not look back at earlier ones: memory is needed only inside a message, and small
  // messages that resemble each other become several times as large.
  bool own_no_context_takeover = false;
  bool peer_no_context_takeover = false;

  // Of zlib. 1 is fast, 9 is small; 6 is where more time begins to save little.
  std::uint8_t level = 6;
  // 1 to 9: 1 KiB to 256 KiB beside the window. 8 is zlib's own choice.
  std::uint8_t memory_level = 8;

  // Shorter messages are sent as they are: deflate takes a microsecond and rarely saves a third of
  // what is smaller than the headers of the packet.
  std::size_t threshold = 64;

  // How many bytes one byte of a message may become, beyond deflate_free_output. The format reaches
  // 1032, text and JSON 3 to 20. 0: no limit but that of the size.
  unsigned max_ratio = 200;

  friend bool operator==(const deflate_settings&, const deflate_settings&) = default;
};

// The parameters of one offer or answer (RFC 7692 section 7.1), as they stand there.
struct deflate_parameters {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  bool has_client_bits = false;             // in an offer perhaps without a value
  std::uint8_t server_max_window_bits = 0;  // 0: not there
  std::uint8_t client_max_window_bits = 0;  // 0: no value

  friend bool operator==(const deflate_parameters&, const deflate_parameters&) = default;
};

// What holds on a connection, for what each side sends. Bits are 8 to 15.
struct deflate_agreement {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::uint8_t server_max_window_bits = 15;
  std::uint8_t client_max_window_bits = 15;

  // The same by who sends.
  bool takes_over(role sender) const noexcept {
    return sender == role::server ? !server_no_context_takeover : !client_no_context_takeover;
  }
  std::uint8_t window_bits(role sender) const noexcept {
    return sender == role::server ? server_max_window_bits : client_max_window_bits;
  }
  friend bool operator==(const deflate_agreement&, const deflate_agreement&) = default;
};

// False in a build without zlib.
bool deflate_is_available() noexcept;

// --- a server ----------------------------------------------------------------------------------

// The answer to the first offer that can be accepted, or nothing: then the connection goes without
// compression. Declined are offers with parameters that are unknown, twice there, or of a value
// that they cannot have (section 7.1); that want a window of 8 bits from us, which zlib cannot
// write (what the peer writes with 8 bits, it reads); and that cannot keep the peer to
// peer_max_window_bits. Error: bad_extension if the field is malformed (RFC 6455 section 9.1).
using deflate_choice = std::expected<std::optional<deflate_parameters>, errc>;
deflate_choice choose_deflate(std::string_view field_value, const deflate_settings&) noexcept;
// The same of all fields Sec-WebSocket-Extensions of a request.
deflate_choice choose_deflate(const http::header_list& request, const deflate_settings&) noexcept;

// What a server's own answer means.
deflate_agreement agreement_of(const deflate_parameters& answer) noexcept;

// --- a client ----------------------------------------------------------------------------------

// What to offer: one offer, in which the server may limit our window (client_max_window_bits).
// Nothing if compression is off or not built in.
std::optional<deflate_parameters> offer_of(const deflate_settings&) noexcept;

// What the server's answer to that offer means; nothing if it chose no extension. Error:
// bad_extension for every extension or parameter that was not offered so, and if a limit that was
// asked for is not confirmed (section 7.1): the connection must end. A server that limits us to 8
// bits is let be: message_deflater then compresses nothing, which it is free to do (section 6).
using deflate_answer = std::expected<std::optional<deflate_agreement>, errc>;
deflate_answer check_answer(std::string_view field_value,
                            const std::optional<deflate_parameters>& offer) noexcept;
// The same of all fields Sec-WebSocket-Extensions of a response.
deflate_answer check_answer(const http::header_list& response,
                            const std::optional<deflate_parameters>& offer) noexcept;

// --- both --------------------------------------------------------------------------------------

// The text of an offer or answer: "permessage-deflate; client_max_window_bits".
class deflate_text {
 public:
  explicit deflate_text(const deflate_parameters&) noexcept;
  // Valid as long as this object, where it is.
  std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  void put(std::string_view) noexcept;
  void put_bits(std::string_view name, unsigned bits) noexcept;

  std::array<char, 136> text_;
  std::size_t size_ = 0;
};

// Bytes of heap that compression may hold on one connection of `own` side, both directions: what
// zlib allocates once each has carried a message. Without take-over release() gives its part back
// between messages.
std::size_t memory_estimate(role own, const deflate_agreement&, const deflate_settings&) noexcept;

}  // namespace parley::websocket
