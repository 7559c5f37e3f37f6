// What the encoder refuses, how much it writes, and payloads that it does not copy.
#include <gtest/gtest.h>

#include <array>
#include <new>
#include <parley/codecs/mqtt/decoder.hpp>
#include <parley/codecs/mqtt/encoder.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>

#include "support/allocations.hpp"
#include "support/mqtt_log.hpp"

namespace parley::test {
namespace {

using namespace mqtt;
using mqtt::errc;
using namespace std::string_view_literals;

const encoder client_5(role::client, version::v5);
const encoder server_5(role::server, version::v5);
const encoder client_3(role::client, version::v3_1_1);
const encoder server_3(role::server, version::v3_1_1);

// The packet is refused, for what this code says.
template <class Packet>
void refuses(const encoder& e, const Packet& p, mqtt::errc why) {
  const auto size = e.size(p);
  ASSERT_FALSE(size.has_value()) << describe(why).name;
  EXPECT_EQ(size.error(), parley::errc::invalid_argument);
  EXPECT_EQ(size.error().message(), describe(why).text);
  send_buffer out;
  EXPECT_FALSE(e.append(out, p).has_value());
  EXPECT_EQ(out.size(), 0U);
}

std::string bytes_of(send_buffer& out) {
  std::string all;
  for (const const_buffer& piece : out.output()) {
    all.append(static_cast<const char*>(piece.data), piece.size);
  }
  return all;
}

TEST(mqtt_encoder, refuses_what_the_other_side_sends) {
  const std::array codes{reason_code::success};
  const std::array filters{"a"sv};
  refuses(client_5, connack{}, errc::wrong_direction);
  refuses(client_5, suback{.packet_id = 1, .reasons = codes}, errc::wrong_direction);
  refuses(client_5, unsuback{.packet_id = 1, .reasons = codes}, errc::wrong_direction);
  refuses(client_5, pingresp{}, errc::wrong_direction);
  refuses(server_5, connect{}, errc::wrong_direction);
  refuses(server_5, pingreq{}, errc::wrong_direction);
  refuses(server_5, unsubscribe{.packet_id = 1, .filters = filters}, errc::wrong_direction);
  refuses(server_3, disconnect{}, errc::wrong_direction);
  refuses(client_3, auth{}, errc::wrong_direction);
}

TEST(mqtt_encoder, refuses_bad_connects) {
  const std::string long_text(65536, 'x');
  refuses(client_3, connect{}, errc::unsupported_version);
  refuses(client_5, connect{.version = version::v3_1_1}, errc::unsupported_version);
  refuses(client_5, connect{.client_id = "\xff"}, errc::bad_text);
  refuses(client_5, connect{.client_id = "a\0b"sv}, errc::bad_text);
  refuses(client_5, connect{.client_id = long_text}, errc::short_packet);
  refuses(client_3, connect{.version = version::v3_1_1, .clean_start = false}, errc::bad_client_id);
  refuses(client_5, connect{.user_name = "\x80"sv}, errc::bad_text);
  refuses(client_5, connect{.password = as_bytes(long_text)}, errc::short_packet);
  refuses(client_3, connect{.version = version::v3_1_1, .password = as_bytes("p"sv)},
          errc::bad_connect_flags);
  refuses(client_5, connect{.will = last_will{}}, errc::bad_topic_name);
  refuses(client_5, connect{.will = last_will{.topic = "a/#"}}, errc::bad_topic_name);
  refuses(client_5, connect{.will = last_will{.topic = "a", .qos = static_cast<qos>(3)}},
          errc::bad_qos);
  refuses(client_5, connect{.will = last_will{.topic = "a", .payload = as_bytes(long_text)}},
          errc::short_packet);
}

TEST(mqtt_encoder, refuses_bad_publishes) {
  const std::string long_text(65536, 'x');
  refuses(client_5, publish{}, errc::missing_topic);
  refuses(client_5, publish{.topic = "a/+"}, errc::bad_topic_name);
  refuses(client_5, publish{.topic = "sensors/room1/#/temperature"}, errc::bad_topic_name);
  refuses(client_5, publish{.topic = "a\0"sv}, errc::bad_text);
  refuses(client_5, publish{.topic = "\xed\xa0\x80"}, errc::bad_text);
  refuses(client_5, publish{.topic = long_text}, errc::short_packet);
  refuses(client_5, publish{.topic = "a", .qos = qos::at_least_once}, errc::bad_packet_id);
  refuses(client_5, publish{.topic = "a", .packet_id = 1, .qos = static_cast<qos>(3)},
          errc::bad_qos);
  refuses(client_5, publish{.topic = "a", .dup = true}, errc::bad_dup);
  EXPECT_TRUE(client_5.size(publish{.topic = long_text.substr(1)}).has_value());
}

TEST(mqtt_encoder, refuses_bad_lists) {
  const auto wants = [](subscription s) {
    static std::array<subscription, 1> list;
    list[0] = s;
    return subscribe{.packet_id = 1, .filters = list};
  };
  const std::array good{"a"sv};
  const std::array bad{"a"sv, "b#"sv};
  const std::array bad_code{reason_code::server_moved};
  const std::array new_code{reason_code::not_authorized};
  refuses(client_5, subscribe{.packet_id = 1}, errc::empty_list);
  refuses(client_5, unsubscribe{.packet_id = 1}, errc::empty_list);
  refuses(client_5, unsubscribe{.packet_id = 0, .filters = good}, errc::bad_packet_id);
  refuses(client_5, unsubscribe{.packet_id = 1, .filters = bad}, errc::bad_topic_filter);
  refuses(client_5, wants({.filter = ""}), errc::bad_topic_filter);
  refuses(client_5, wants({.filter = "$share//a"}), errc::bad_topic_filter);
  refuses(client_5, wants({.filter = "\xff"}), errc::bad_text);
  refuses(client_5, wants({.filter = "a", .qos = static_cast<qos>(3)}), errc::bad_subscription);
  refuses(client_5, wants({.filter = "a", .handling = static_cast<retain_handling>(3)}),
          errc::bad_subscription);
  refuses(client_5, wants({.filter = "$share/g/a", .no_local = true}), errc::bad_subscription);
  refuses(client_3, wants({.filter = "a", .no_local = true}), errc::bad_options);
  refuses(server_5, suback{.packet_id = 1}, errc::empty_list);
  refuses(server_5, suback{.packet_id = 1, .reasons = bad_code}, errc::bad_reason_code);
  refuses(server_3, suback{.packet_id = 1, .reasons = new_code}, errc::bad_reason_code);
  refuses(server_3, unsuback{.packet_id = 1, .reasons = new_code}, errc::bad_reason_code);
  refuses(server_5, unsuback{.packet_id = 1}, errc::empty_list);
}

TEST(mqtt_encoder, refuses_bad_codes) {
  refuses(server_5, connack{.reason = reason_code::session_taken_over}, errc::bad_reason_code);
  refuses(server_5, connack{.session_present = true, .reason = reason_code::banned},
          errc::bad_session_present);
  refuses(server_3, connack{.reason = reason_code::malformed_packet}, errc::bad_reason_code);
  refuses(client_5, puback{.packet_id = 0}, errc::bad_packet_id);
  refuses(client_5, puback{.packet_id = 1, .reason = reason_code::packet_identifier_not_found},
          errc::bad_reason_code);
  refuses(client_3, puback{.packet_id = 1, .reason = reason_code::no_matching_subscribers},
          errc::bad_reason_code);
  refuses(client_5, disconnect{.reason = reason_code::server_busy}, errc::bad_reason_code);
  refuses(server_5, disconnect{.reason = reason_code::disconnect_with_will}, errc::bad_reason_code);
  refuses(client_5, auth{}, errc::bad_reason_code);
  refuses(server_5, auth{.reason = reason_code::reauthenticate}, errc::bad_reason_code);
  refuses(server_5, auth{.reason = reason_code::continue_authentication}, errc::missing_method);
}

TEST(mqtt_encoder, refuses_properties_of_another_packet) {
  std::array<std::byte, 32> room;
  const properties alias = property_writer(room, property_place::publish, role::client)
                               .add(property::topic_alias, 1U)
                               .finish()
                               .value();
  publish p{.topic = "a"};
  p.props = alias;
  EXPECT_TRUE(client_5.size(p).has_value());
  refuses(client_3, p, errc::misplaced_property);
  refuses(client_5, puback{.packet_id = 1, .props = alias}, errc::misplaced_property);
  // A server's, which a client would send on.
  p.props = property_writer(room, property_place::publish, role::server)
                .add(property::subscription_identifier, 1U)
                .finish()
                .value();
  EXPECT_TRUE(server_5.size(p).has_value());
  refuses(client_5, p, errc::misplaced_property);
  const std::array one{subscription{.filter = "a"}};
  subscribe s{.packet_id = 1, .filters = one};
  s.props = p.props;
  EXPECT_TRUE(client_5.size(s).has_value());
  // Several are of PUBLISH alone.
  s.props = property_writer(room, property_place::publish, role::server)
                .add(property::subscription_identifier, 1U)
                .add(property::subscription_identifier, 2U)
                .finish()
                .value();
  refuses(client_5, s, errc::misplaced_property);
}

TEST(mqtt_encoder, keeps_to_the_maximum_of_the_peer) {
  const publish p{.topic = "t", .payload = as_bytes("12345"sv)};
  const std::size_t size = client_5.size(p).value();
  EXPECT_EQ(size, 11U);
  EXPECT_TRUE(encoder(role::client, version::v5, 11).size(p).has_value());
  const auto refused = encoder(role::client, version::v5, 10).size(p);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error(), parley::errc::too_large);
  EXPECT_EQ(refused.error().message(), "a packet of 11 bytes, and the peer takes 10");
}

// 268,435,455 bytes behind the fixed header, and no more (section 2.1.4).
TEST(mqtt_encoder, keeps_to_the_largest_length) {
  const std::byte any{};
  // Only its size is looked at.
  publish p{.topic = "t", .payload = byte_view(&any, largest_remaining_length - 4)};
  EXPECT_EQ(client_5.size(p).value(), largest_packet);
  p.payload = byte_view(&any, largest_remaining_length - 3);
  EXPECT_EQ(client_5.size(p).error(), parley::errc::too_large);
}

TEST(mqtt_encoder, writes_lengths_of_every_size) {
  for (const std::size_t payload : {123U, 124U, 125U, 16379U, 16380U, 16381U, 2097147U, 2097148U}) {
    const std::string bytes(payload, 'p');
    const publish p{.topic = "t", .payload = as_bytes(bytes)};
    const std::size_t remaining = 4 + payload;
    const std::size_t digits = remaining < 128       ? 1
                               : remaining < 16384   ? 2
                               : remaining < 2097152 ? 3
                                                     : 4;
    ASSERT_EQ(client_5.size(p).value(), 1 + digits + remaining);
    EXPECT_EQ(encoder::head_size(p, version::v5), 1 + digits + 4);
    std::vector<std::byte> room(1 + digits + remaining);
    EXPECT_EQ(client_5.put(room.data(), p), room.data() + room.size());
    limits wide;
    wide.maximum_packet = largest_packet;
    decoder d(role::client, version::v5, wide);
    packet heard;
    ASSERT_EQ(d.decode(as_bytes("\x20\x03\0\0\0"sv), heard).status, decode_status::ok);
    ASSERT_EQ(d.decode(room, heard).status, decode_status::ok);
    EXPECT_TRUE(as_text(std::get<publish>(heard).payload) == bytes);
  }
}

TEST(mqtt_encoder, shares_a_payload) {
  const std::string bytes(5000, 'p');
  const auto payload = shared_bytes::copy(as_bytes(bytes));
  send_buffer one;
  send_buffer two;
  for (send_buffer* out : {&one, &two}) {
    const publish head{.topic = "t", .packet_id = 7, .qos = qos::at_least_once};
    ASSERT_TRUE(server_5.append(*out, head, payload).has_value());
    const auto list = out->output();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[1].data, payload.data());
  }
  EXPECT_TRUE(bytes_of(one) == bytes_of(two));
  send_buffer copied;
  ASSERT_TRUE(server_5
                  .append(copied, publish{.topic = "t",
                                          .payload = as_bytes(bytes),
                                          .packet_id = 7,
                                          .qos = qos::at_least_once})
                  .has_value());
  EXPECT_TRUE(bytes_of(one) == bytes_of(copied));
}

// Memory that ends at any moment leaves nothing of a packet behind.
TEST(mqtt_encoder, leaves_no_half_packet) {
  const auto payload = shared_bytes::copy(as_bytes(std::string(5000, 'p')));
  std::size_t allowed = 0;
  for (;; ++allowed) {
    ASSERT_LT(allowed, 20U);
    send_buffer out;
    bool failed = false;
    {
      const failing_allocation failing(allowed);
      try {
        for (int i = 0; i < 40; ++i) {
          if (!server_5.append(out, publish{.topic = "t"}, payload)) FAIL();
        }
      } catch (const std::bad_alloc&) {
        failed = true;
      }
    }
    EXPECT_EQ(out.size() % 5007, 0U);
    if (!failed) break;
  }
  EXPECT_GT(allowed, 1U);
}

TEST(mqtt_encoder, needs_no_heap) {
  std::array<std::byte, 300> room;
  std::array<std::byte, 300> bytes;
  const std::array wanted{subscription{.filter = "a/+"}, subscription{.filter = "b"}};
  const std::size_t before = allocations();
  property_writer w(room, property_place::publish, role::client);
  w.add(property::content_type, "text"sv).add_user("a", "b").add(property::topic_alias, 4U);
  publish p{.topic = "t", .payload = as_bytes("x"sv)};
  p.props = w.finish().value();
  const subscribe s{.packet_id = 1, .filters = wanted};
  std::size_t size = 0;
  size += client_5.encode(bytes, p).value();
  size += client_5.encode(std::span(bytes).subspan(size), s).value();
  decoder d(role::server, version::v5);
  packet heard;
  EXPECT_EQ(d.decode(as_bytes("\x10\x0d\0\4MQTT\5\2\0\0\0\0\0"sv), heard).status,
            decode_status::ok);
  byte_view rest = std::span(bytes).first(size);
  std::size_t seen = 0;
  while (!rest.empty()) {
    const auto r = d.decode(rest, heard);
    ASSERT_EQ(r.status, decode_status::ok);
    rest = rest.subspan(r.consumed);
    if (const auto* m = std::get_if<publish>(&heard)) {
      for (const auto& [name, value] : m->props.user_properties())
        seen += name.size() + value.size();
    } else {
      for (const subscription& each : std::get<subscribe>(heard).filters)
        seen += each.filter.size();
    }
  }
  EXPECT_EQ(allocations() - before, 0U);
  EXPECT_EQ(seen, 6U);
}

TEST(mqtt_encoder, encodes_no_packet) {
  std::array<std::byte, 8> room;
  EXPECT_EQ(client_5.encode(room, packet()).error(), parley::errc::invalid_argument);
  EXPECT_EQ(client_5.encode(std::span(room).first(1), pingreq{}).error(), parley::errc::too_large);
}

}  // namespace
}  // namespace parley::test
