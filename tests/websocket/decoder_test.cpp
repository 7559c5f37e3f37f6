// What the vectors do not show: how much the decoder asks for, how soon it tells, and what it
// leaves alone.
#include <gtest/gtest.h>

#include <parley/codecs/websocket/decoder.hpp>
#include <string>
#include <vector>

namespace parley::test {
namespace {

using websocket::decoder;
using websocket::errc;
using websocket::part;
using websocket::part_kind;
using websocket::role;

constexpr websocket::limits bounds;

// A connection's input, which the decoder changes.
struct input {
  explicit input(std::string_view text) : bytes(text) {}
  std::span<std::byte> all() { return std::as_writable_bytes(std::span(bytes)); }
  std::span<std::byte> first(std::size_t n) { return all().first(n); }
  std::string bytes;
};

const std::string masked_hello = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";

TEST(websocket_decoder, asks_for_what_is_missing) {
  decoder d(role::server, bounds, false);
  input in(masked_hello);
  EXPECT_EQ(d.next({}).what, part_kind::need_data);
  EXPECT_EQ(d.need(), 6u);
  for (std::size_t have = 1; have < 6; ++have) {
    EXPECT_EQ(d.next(in.first(have)).consumed, 0u);
    EXPECT_EQ(d.need(), 6 - have);
    EXPECT_FALSE(d.is_in_message());
  }
  // The header is consumed, the payload stays.
  EXPECT_EQ(d.next(in.first(8)).consumed, 6u);
  EXPECT_EQ(d.need(), 3u);
  EXPECT_EQ(d.frame_left(), 3u);
  EXPECT_TRUE(d.is_in_message());
  EXPECT_FALSE(d.is_idle());
  const part p = d.next(in.all().subspan(6));
  EXPECT_EQ(p.what, part_kind::data);
  EXPECT_EQ(as_text(p.data), "Hello");
  EXPECT_EQ(p.consumed, 5u);
  EXPECT_TRUE(d.is_idle() && !d.is_in_message());
}

TEST(websocket_decoder, asks_for_less_as_a_client) {
  decoder d(role::client, bounds, false);
  input in(std::string("\x82\x7f\0\0\0\0\0\1\0\1", 10));
  d.next({});
  EXPECT_EQ(d.need(), 2u);
  d.next(in.first(2));
  EXPECT_EQ(d.need(), 8u);
  // Larger than limits::whole_frame counts: any byte is a piece.
  EXPECT_EQ(d.next(in.all()).consumed, 10u);
  EXPECT_EQ(d.frame_left(), 65537u);
  EXPECT_EQ(d.next({}).what, part_kind::need_data);
  EXPECT_EQ(d.need(), 1u);
}

TEST(websocket_decoder, tells_of_a_fault_by_the_first_bytes) {
  const auto fault_of = [](std::string_view bytes, role own = role::server) {
    decoder d(own, bounds, false);
    input in(bytes);
    const part p = d.next(in.all());
    EXPECT_EQ(p.what, part_kind::failed) << bytes;
    return p.fault;
  };
  EXPECT_EQ(fault_of("\x83"), errc::bad_opcode);
  EXPECT_EQ(fault_of("\xc1"), errc::reserved_bits);
  EXPECT_EQ(fault_of("\x09"), errc::fragmented_control);
  EXPECT_EQ(fault_of("\x80"), errc::unexpected_continuation);
  EXPECT_EQ(fault_of("\x81\x05"), errc::not_masked);
  EXPECT_EQ(fault_of("\x81\x85", role::client), errc::masked);
  EXPECT_EQ(fault_of("\x89\xfe"), errc::control_too_long);
  EXPECT_EQ(fault_of("\x88\x81"), errc::bad_close);
  EXPECT_EQ(fault_of(std::string("\x81\xfe\0\x05", 4)), errc::bad_length);
  EXPECT_EQ(fault_of(std::string("\x81\xff\0\0\0\0\1\0\0\0", 10)), errc::frame_too_large);
  // And by the first bad byte of a text.
  EXPECT_EQ(fault_of(std::string("\x81\xe4\0\0\0\0a\xff", 8)), errc::bad_text);
}

// The bytes in front of a frame and behind it are the caller's.
TEST(websocket_decoder, changes_nothing_but_the_payload) {
  for (const std::size_t size : {0U, 1U, 5U, 16U, 100U, 125U, 126U, 300U, 1000U, 70'000U}) {
    std::string frame = "\x82";
    if (size < 126) {
      frame += static_cast<char>(0x80 + size);
    } else if (size < 65536) {
      frame += {'\xfe', static_cast<char>(size >> 8), static_cast<char>(size)};
    } else {
      frame += {'\xff',
                0,
                0,
                0,
                0,
                0,
                static_cast<char>(size >> 16),
                static_cast<char>(size >> 8),
                static_cast<char>(size)};
    }
    frame += "\x01\x01\x01\x01";
    const std::size_t header = frame.size();
    const std::string behind = "next frame";
    input in(frame + std::string(size, 'b') + behind);
    decoder d(role::server, bounds, false);
    const part p = d.next(in.all());
    EXPECT_EQ(p.what, part_kind::data);
    EXPECT_EQ(p.consumed, header + size);
    EXPECT_EQ(in.bytes, frame + std::string(size, 'c') + behind) << size;
  }
}

// Between the calls the bytes that were left may move.
TEST(websocket_decoder, unfinished_frames_may_move) {
  decoder d(role::server, bounds, false);
  std::string rest;
  std::string seen;
  for (const char c : masked_hello) {
    input moved(rest + c);
    const part p = d.next(moved.all());
    if (p.what == part_kind::data) seen = as_text(p.data);
    rest = moved.bytes.substr(p.consumed);
  }
  EXPECT_EQ(seen, "Hello");
  EXPECT_TRUE(rest.empty());
}

TEST(websocket_decoder, throws_away_what_follows_a_close) {
  decoder d(role::server, bounds, false);
  input in(std::string("\x88\x80\0\0\0\0", 6) + "anything");
  part p = d.next(in.all());
  EXPECT_EQ(p.what, part_kind::close);
  EXPECT_EQ(p.consumed, 6u);
  EXPECT_TRUE(d.is_closed());
  EXPECT_EQ(websocket::close_info_of(p.data).code, websocket::close_code::no_status);
  p = d.next(in.all().subspan(6));
  EXPECT_EQ(p.what, part_kind::need_data);
  EXPECT_EQ(p.consumed, 8u);
}

TEST(websocket_decoder, says_what_a_close_frame_says) {
  const auto info = [](std::string_view payload) {
    return websocket::close_info_of(as_bytes(payload));
  };
  EXPECT_EQ(info("").code, websocket::close_code::no_status);
  EXPECT_EQ(info("\x03\xe9").code, websocket::close_code::going_away);
  EXPECT_EQ(info("\x03\xe9").reason, "");
  EXPECT_EQ(info("\x0f\xa1why").reason, "why");
  EXPECT_EQ(static_cast<unsigned>(info("\x0f\xa1why").code), 4001u);
}

// Limits below what the shortest way through takes hold there too.
TEST(websocket_decoder, small_limits_hold_for_small_frames) {
  const auto what = [](websocket::limits small) {
    decoder d(role::server, small, false);
    input in(masked_hello);
    const part p = d.next(in.all());
    return p.what == part_kind::failed ? p.fault : errc{};
  };
  EXPECT_EQ(what({.frame = 4}), errc::frame_too_large);
  EXPECT_EQ(what({.message = 4}), errc::message_too_large);
  EXPECT_EQ(what({.frame = 5, .message = 5}), errc{});
}

}  // namespace
}  // namespace parley::test
