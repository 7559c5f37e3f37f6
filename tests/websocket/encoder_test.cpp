// What the encoder writes, what it refuses, and that the decoder reads it.
#include <gtest/gtest.h>

#include <parley/codecs/websocket/decoder.hpp>
#include <parley/codecs/websocket/encoder.hpp>
#include <parley/core/text/unmask.hpp>
#include <string>
#include <vector>

#include "text/levels.hpp"

namespace parley::test {
namespace {

using websocket::close_code;
using websocket::mask_key;
using websocket::opcode;

constexpr mask_key key = {std::byte{0x37}, std::byte{0xFA}, std::byte{0x21}, std::byte{0x3D}};

std::string header(const websocket::frame_header& head,
                   const std::optional<mask_key>& mask = std::nullopt) {
  std::array<std::byte, websocket::header_bound> room;
  const std::byte* const end = websocket::put_header(room.data(), head, mask);
  const std::string bytes(as_text({room.data(), end}));
  EXPECT_EQ(bytes.size(), websocket::header_size(head.length, mask.has_value()));
  return bytes;
}

TEST(websocket_encoder, first_byte) {
  EXPECT_EQ(header({opcode::text})[0], '\x81');
  EXPECT_EQ(header({opcode::binary})[0], '\x82');
  EXPECT_EQ(header({opcode::text, 0, false})[0], '\x01');
  EXPECT_EQ(header({opcode::continuation, 0, false})[0], '\0');
  EXPECT_EQ(header({opcode::continuation, 0, true})[0], '\x80');
  EXPECT_EQ(header({opcode::text, 0, true, true})[0], '\xc1');
  EXPECT_EQ(header({opcode::binary, 0, false, true})[0], '\x42');
}

// Section 5.2: the fewest bytes.
TEST(websocket_encoder, lengths) {
  EXPECT_EQ(header({opcode::text, 0}), std::string("\x81\x00", 2));
  EXPECT_EQ(header({opcode::text, 125}), "\x81\x7d");
  EXPECT_EQ(header({opcode::text, 126}), std::string("\x81\x7e\x00\x7e", 4));
  EXPECT_EQ(header({opcode::text, 65535}), "\x81\x7e\xff\xff");
  EXPECT_EQ(header({opcode::text, 65536}), std::string("\x81\x7f\0\0\0\0\0\1\0\0", 10));
  EXPECT_EQ(header({opcode::text, 0x7fffffffffffffff}), "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_EQ(header({opcode::text, 5}, key), "\x81\x85\x37\xfa\x21\x3d");
  EXPECT_EQ(header({opcode::text, 300}, key), "\x81\xfe\x01\x2c\x37\xfa\x21\x3d");
  EXPECT_EQ(header({opcode::text, 65536}, key).size(), websocket::header_bound);
}

// The example of section 5.7.
TEST(websocket_encoder, masked_hello) {
  std::array<std::byte, 11> room;
  std::byte* end = websocket::put_header(room.data(), {opcode::text, 5}, key);
  end = websocket::mask_into(end, as_bytes("Hello"), key);
  EXPECT_EQ(end, room.data() + room.size());
  EXPECT_EQ(as_text(room), "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

std::string control(const result<std::byte*>& end, const std::byte* begin) {
  if (!end) return std::string(end.error().name());
  return std::string(as_text({begin, *end}));
}

TEST(websocket_encoder, pings_and_pongs) {
  std::array<std::byte, websocket::control_bound> room;
  const auto put = [&](opcode type, std::string_view payload,
                       const std::optional<mask_key>& mask = std::nullopt) {
    return control(websocket::put_control(room.data(), type, as_bytes(payload), mask), room.data());
  };
  EXPECT_EQ(put(opcode::ping, ""), std::string("\x89\0", 2));
  EXPECT_EQ(put(opcode::pong, "Hello"), "\x8a\x05Hello");
  EXPECT_EQ(put(opcode::pong, "Hello", key), "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  EXPECT_EQ(put(opcode::ping, std::string(125, 'p'), key).size(), websocket::control_bound);
  EXPECT_EQ(put(opcode::ping, std::string(126, 'p')), "invalid_argument");
  EXPECT_EQ(put(opcode::close, ""), "invalid_argument");
  EXPECT_EQ(put(opcode::text, ""), "invalid_argument");
}

TEST(websocket_encoder, close_frames) {
  std::array<std::byte, websocket::control_bound> room;
  const auto put = [&](close_code code, std::string_view reason,
                       const std::optional<mask_key>& mask = std::nullopt) {
    return control(websocket::put_close(room.data(), code, reason, mask), room.data());
  };
  EXPECT_EQ(put(close_code::normal, ""), "\x88\x02\x03\xe8");
  EXPECT_EQ(put(close_code::going_away, "bye"),
            "\x88\x05\x03\xe9"
            "bye");
  EXPECT_EQ(put(close_code::no_status, ""), std::string("\x88\0", 2));
  EXPECT_EQ(put(close_code::no_status, "", key), "\x88\x80\x37\xfa\x21\x3d");
  EXPECT_EQ(put(close_code::normal, "", key), "\x88\x82\x37\xfa\x21\x3d\x34\x12");
  EXPECT_EQ(put(close_code::normal, std::string(123, 'r'), key).size(), websocket::control_bound);
  EXPECT_EQ(put(close_code::normal, std::string(124, 'r')), "invalid_argument");
  EXPECT_EQ(put(close_code::normal, "\xff"), "invalid_argument");
  EXPECT_EQ(put(close_code::normal, "\xe2\x82"), "invalid_argument");
  EXPECT_EQ(put(close_code::no_status, "why"), "invalid_argument");
  EXPECT_EQ(put(close_code::abnormal, ""), "invalid_argument");
  EXPECT_EQ(put(close_code::tls_failed, ""), "invalid_argument");
  EXPECT_EQ(put(static_cast<close_code>(0), ""), "invalid_argument");
}

// What is refused leaves the room as it was.
TEST(websocket_encoder, a_refusal_writes_nothing) {
  std::array<std::byte, websocket::control_bound> room{};
  EXPECT_FALSE(websocket::put_close(room.data(), close_code::normal, "a\xff", key));
  EXPECT_FALSE(websocket::put_control(room.data(), opcode::text, as_bytes("a"), key));
  EXPECT_EQ(room, (std::array<std::byte, websocket::control_bound>{}));
}

// Section 7.4.
TEST(websocket_close_code, which_may_be_sent) {
  for (unsigned code = 0; code < 65536; ++code) {
    const bool registered = code >= 1000 && code < 1015;
    const bool reserved = code == 1004 || code == 1005 || code == 1006;
    const bool free = code >= 3000 && code < 5000;
    EXPECT_EQ(may_be_sent(static_cast<close_code>(code)), (registered && !reserved) || free)
        << code;
  }
}

TEST(websocket_close_code, that_tells_of_a_fault) {
  using websocket::close_code_of;
  using websocket::errc;
  EXPECT_EQ(close_code_of(errc::bad_text), close_code::invalid_data);
  EXPECT_EQ(close_code_of(errc::message_too_large), close_code::too_large);
  EXPECT_EQ(close_code_of(errc::frame_too_large), close_code::too_large);
  for (const auto fault :
       {errc::bad_opcode, errc::reserved_bits, errc::bad_length, errc::masked, errc::not_masked,
        errc::fragmented_control, errc::control_too_long, errc::unexpected_continuation,
        errc::unfinished_message, errc::bad_close}) {
    EXPECT_EQ(close_code_of(fault), close_code::protocol_error);
  }
}

std::string payload_of(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "0123456789abcdefghijklmnopqrstuvwxyz";
  return text.substr(0, size);
}

// Both roles, each length around the forms of a header and the ways of the kernels, each alignment.
TEST(websocket_encoder, what_it_writes_is_read) {
  const auto check = [](websocket::role reader, std::size_t size, std::size_t alignment) {
    const std::string payload = payload_of(size);
    const websocket::limits bounds;
    websocket::decoder decoder(reader, bounds, false);
    std::vector<std::byte> bytes(alignment + websocket::header_bound + size);
    std::byte* const begin = bytes.data() + alignment;
    std::byte* end;
    if (reader == websocket::role::server) {
      end = websocket::put_header(begin, {opcode::text, size}, key);
      end = websocket::mask_into(end, as_bytes(payload), key);
    } else {
      end = websocket::put_header(begin, {opcode::text, size});
      end = std::ranges::copy(as_bytes(payload), end).out;
    }
    const websocket::part p = decoder.next({begin, end});
    ASSERT_EQ(p.what, websocket::part_kind::data) << size;
    ASSERT_TRUE(p.first && p.last && p.consumed == static_cast<std::size_t>(end - begin)) << size;
    ASSERT_TRUE(as_text(p.data) == payload) << size;
  };
  at_every_level([&] {
    for (const auto reader : {websocket::role::server, websocket::role::client}) {
      for (std::size_t size = 0; size < 700; ++size) check(reader, size, size % 9);
      for (const std::size_t size : {65535U, 65536U, 65537U, 200'000U}) check(reader, size, 3);
    }
  });
}

// A payload that is masked piece by piece is the same.
TEST(websocket_encoder, masks_from_any_offset) {
  const std::string payload = payload_of(400);
  std::vector<std::byte> whole(payload.size());
  websocket::mask_into(whole.data(), as_bytes(payload), key);
  at_every_level([&] {
    for (std::size_t cut = 0; cut <= payload.size(); ++cut) {
      std::vector<std::byte> pieces(payload.size());
      const byte_view from = as_bytes(payload);
      std::byte* const end = websocket::mask_into(pieces.data(), from.first(cut), key);
      websocket::mask_into(end, from.subspan(cut), key, cut);
      ASSERT_TRUE(pieces == whole) << cut;
      text::unmask(pieces, key);
      ASSERT_TRUE(as_text(pieces) == payload) << cut;
    }
  });
}

}  // namespace
}  // namespace parley::test
