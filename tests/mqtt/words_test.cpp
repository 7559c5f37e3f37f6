// Reason codes, properties, shared subscriptions: the tables and the views.
#include <gtest/gtest.h>

#include <array>
#include <parley/codecs/mqtt/errc.hpp>
#include <parley/codecs/mqtt/lists.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <parley/codecs/mqtt/topic.hpp>
#include <set>
#include <string>

#include "support/guarded.hpp"

namespace parley::test {
namespace {

using namespace mqtt;
using mqtt::errc;
using namespace std::string_view_literals;

TEST(mqtt_words, packet_types) {
  EXPECT_EQ(to_string(packet_type::connect), "CONNECT");
  EXPECT_EQ(to_string(packet_type::auth), "AUTH");
  EXPECT_EQ(to_string(packet_type{0}), "reserved");
  EXPECT_EQ(to_string(packet_type{200}), "reserved");
  EXPECT_TRUE(may_send(role::server, packet_type::disconnect, version::v5));
  EXPECT_FALSE(may_send(role::server, packet_type::disconnect, version::v3_1_1));
  EXPECT_FALSE(may_send(role::client, packet_type::auth, version::v3_1_1));
  EXPECT_FALSE(may_send(role::client, packet_type{0}, version::v5));
}

TEST(mqtt_words, reason_codes) {
  std::size_t known = 0;
  for (unsigned n = 0; n < 256; ++n) {
    const auto code = static_cast<reason_code>(n);
    EXPECT_EQ(is_error(code), n >= 128);
    bool anywhere = false;
    for (unsigned t = 0; t < 16; ++t) {
      for (const role r : {role::client, role::server}) {
        anywhere = anywhere || may_carry(static_cast<packet_type>(t), code, r);
      }
    }
    EXPECT_EQ(anywhere, to_string(code) != "unknown") << n;
    known += anywhere ? 1 : 0;
  }
  // Table 2-6: 0x00 stands there three times.
  EXPECT_EQ(known, 43U);
  EXPECT_EQ(to_string(reason_code::wildcard_subscriptions_not_supported),
            "wildcard_subscriptions_not_supported");
}

TEST(mqtt_words, return_codes) {
  for (unsigned n = 0; n < 256; ++n) {
    const auto old = static_cast<connect_return_code>(n);
    const auto code = to_reason_code(old);
    ASSERT_EQ(code.has_value(), n <= 5) << n;
    if (code) {
      EXPECT_EQ(to_return_code(*code), old);
    }
  }
  EXPECT_EQ(to_return_code(reason_code::server_busy), connect_return_code::server_unavailable);
  EXPECT_EQ(to_return_code(reason_code::banned), connect_return_code::not_authorized);
  EXPECT_EQ(to_return_code(reason_code::malformed_packet), std::nullopt);
  EXPECT_EQ(to_return_code(reason_code::granted_qos_1), std::nullopt);
}

TEST(mqtt_words, errors_have_reason_codes) {
  std::set<std::string_view> names;
  for (unsigned n = 0; n <= static_cast<unsigned>(errc::packet_too_large); ++n) {
    const auto code = static_cast<mqtt::errc>(n);
    EXPECT_TRUE(names.insert(describe(code).name).second);
    EXPECT_EQ(describe(code).domain, "mqtt");
    EXPECT_TRUE(is_error(reason_code_of(code)));
    EXPECT_EQ(reason_code_of(error(code)), reason_code_of(code));
    EXPECT_TRUE(may_carry(packet_type::connack, reason_code_of(code), role::server) ||
                may_carry(packet_type::disconnect, reason_code_of(code), role::server));
  }
  EXPECT_EQ(reason_code_of(mqtt::errc::bad_flags), reason_code::malformed_packet);
  EXPECT_EQ(reason_code_of(mqtt::errc::empty_list), reason_code::protocol_error);
  EXPECT_EQ(reason_code_of(error(parley::errc::too_large)), reason_code::packet_too_large);
  EXPECT_EQ(reason_code_of(error(parley::errc::queue_full)), reason_code::quota_exceeded);
  EXPECT_EQ(reason_code_of(error(parley::errc::io)), reason_code::unspecified_error);
}

TEST(mqtt_words, shared_filters) {
  const auto parts = parse_shared("$share/group/a/+/#");
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->group, "group");
  EXPECT_EQ(parts->filter, "a/+/#");
  EXPECT_EQ(parse_shared("$share/g//")->filter, "/");
  for (const auto bad : {"", "a", "$share", "$share/", "$share/g", "$share/g/", "$share//a",
                         "$share/+/a", "$share/#/a", "$share/g+/a", "$share/g/a#", "$Share/g/a"}) {
    EXPECT_FALSE(parse_shared(bad).has_value()) << bad;
  }
  EXPECT_TRUE(is_shared("$share/"));
  EXPECT_FALSE(is_shared("$shared/a"));
  EXPECT_EQ(level_count("a"), 1U);
  EXPECT_EQ(level_count("/a//"), 4U);
}

TEST(mqtt_properties, are_looked_up) {
  std::array<std::byte, 200> room;
  property_writer w(room, property_place::publish, role::server);
  w.add(property::message_expiry_interval, 70000U)
      .add_user("a", "1")
      .add(property::subscription_identifier, 5U)
      .add(property::content_type, "text"sv)
      .add_user("a", "2")
      .add(property::subscription_identifier, 300U)
      .add(property::correlation_data, "\0\xff"sv);
  const properties all = w.finish().value();
  EXPECT_EQ(all.number(property::message_expiry_interval), 70000U);
  EXPECT_EQ(all.number(property::subscription_identifier), 5U);
  EXPECT_EQ(all.text(property::content_type), "text");
  EXPECT_EQ(as_text(*all.bytes(property::correlation_data)), "\0\xff"sv);
  EXPECT_TRUE(all.has_repeated_identifiers());
  // Of another type, or not there.
  EXPECT_EQ(all.text(property::message_expiry_interval), std::nullopt);
  EXPECT_EQ(all.number(property::content_type), std::nullopt);
  EXPECT_FALSE(all.bytes(property::content_type).has_value());
  EXPECT_EQ(all.number(property::topic_alias), std::nullopt);
  EXPECT_FALSE(all.has(static_cast<property>(200)));
  EXPECT_TRUE(all.flag(property::payload_format_indicator, true));
  EXPECT_FALSE(all.flag(property::payload_format_indicator, false));
  std::vector<user_property> users;
  for (const user_property& u : all.user_properties()) users.push_back(u);
  EXPECT_EQ(users, (std::vector<user_property>{{"a", "1"}, {"a", "2"}}));
  std::vector<std::uint32_t> ids;
  for (const std::uint32_t id : all.subscription_identifiers()) ids.push_back(id);
  EXPECT_EQ(ids, (std::vector<std::uint32_t>{5, 300}));
  EXPECT_TRUE(properties().user_properties().empty());
  EXPECT_TRUE(properties().empty());
}

TEST(mqtt_properties, are_parsed_again_and_sent_on) {
  std::array<std::byte, 100> room;
  std::array<std::byte, 100> other;
  property_writer w(room, property_place::publish, role::client);
  w.add(property::message_expiry_interval, 60U).add(property::topic_alias, 3U).add_user("k", "v");
  const properties all = w.finish().value();
  const auto again = properties::parse(all.block(), property_place::publish, role::client);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->present(), all.present());
  // Another expiry, and no alias, which is of one connection (P9).
  constexpr auto bit = [](property id) { return std::uint64_t{1} << static_cast<unsigned>(id); };
  property_writer on(other, property_place::publish, role::server);
  on.add(property::message_expiry_interval, 55U)
      .add_all(*again, bit(property::message_expiry_interval) | bit(property::topic_alias));
  const properties sent = on.finish().value();
  EXPECT_EQ(sent.number(property::message_expiry_interval), 55U);
  EXPECT_FALSE(sent.has(property::topic_alias));
  EXPECT_FALSE(sent.user_properties().empty());
  EXPECT_EQ(properties::parse(all.block(), property_place::connect, role::client).error(),
            mqtt::errc::misplaced_property);
  EXPECT_EQ(properties::parse(all.block().first(4), property_place::publish, role::client).error(),
            mqtt::errc::short_packet);
}

// Each breaks one rule of the writer: it fails, and nothing was written for it.
TEST(mqtt_properties, are_refused_when_written) {
  const std::string long_text(65536, 'x');
  const auto refused = [](property_place where, role sender, auto&& add) {
    std::array<std::byte, 100> room;
    property_writer w(room, where, sender);
    add(w);
    const auto made = w.finish();
    EXPECT_FALSE(made.has_value());
    return made ? std::string() : std::string(made.error().message());
  };
  const auto text = [](mqtt::errc why) { return std::string(describe(why).text); };
  using enum property_place;
  const auto of = [&](property_place where, auto... args) {
    return refused(where, role::client, [&](property_writer& w) { w.add(args...); });
  };
  EXPECT_EQ(of(publish, property::topic_alias, 0U), text(errc::bad_topic_alias));
  EXPECT_EQ(of(publish, property::topic_alias, 65536U), text(errc::bad_property_value));
  EXPECT_EQ(of(publish, property::payload_format_indicator, 2U), text(errc::bad_property_value));
  EXPECT_EQ(of(subscribe, property::subscription_identifier, 0U), text(errc::bad_property_value));
  EXPECT_EQ(of(subscribe, property::subscription_identifier, 268435456U),
            text(errc::bad_property_value));
  EXPECT_EQ(of(publish, property::subscription_identifier, 1U), text(errc::misdirected_property));
  EXPECT_EQ(of(connect, property::topic_alias, 1U), text(errc::misplaced_property));
  EXPECT_EQ(of(publish, property::content_type, 1U), text(errc::bad_property_value));
  EXPECT_EQ(of(publish, property::topic_alias, "x"sv), text(errc::bad_property_value));
  EXPECT_EQ(of(publish, property::user_property, "x"sv), text(errc::bad_property_value));
  EXPECT_EQ(of(publish, static_cast<property>(4), 1U), text(errc::unknown_property));
  EXPECT_EQ(of(publish, property::content_type, "\xff"sv), text(errc::bad_text));
  EXPECT_EQ(of(publish, property::content_type, "a\0"sv), text(errc::bad_text));
  EXPECT_EQ(of(publish, property::response_topic, "a/#"sv), text(errc::bad_topic_name));
  EXPECT_EQ(of(publish, property::response_topic, ""sv), text(errc::bad_topic_name));
  EXPECT_EQ(of(publish, property::content_type, std::string_view(long_text)),
            text(errc::bad_property_value));
  EXPECT_EQ(of(connect, property::authentication_data, "x"sv), text(errc::missing_method));
  EXPECT_EQ(refused(publish, role::client, [](auto& w) { w.add_user("\xff", ""); }),
            text(errc::bad_text));
  EXPECT_EQ(
      refused(publish, role::client,
              [](auto& w) { w.add(property::topic_alias, 1U).add(property::topic_alias, 2U); }),
      text(errc::duplicate_property));
}

TEST(mqtt_properties, fit_their_room_to_the_last_byte) {
  guarded guard(64);
  const std::size_t size = text_property_size(4) + user_property_size(1, 2) + 3 + 5 + 2 + 2;
  for (const std::size_t less : {0U, 1U}) {
    property_writer w(guard.room(size - less), property_place::publish, role::server);
    w.add(property::content_type, "text"sv)
        .add_user("k", "vv")
        .add(property::topic_alias, 1U)
        .add(property::message_expiry_interval, 1U)
        .add(property::payload_format_indicator, 1U)
        .add(property::subscription_identifier, 127U);
    const auto made = w.finish();
    EXPECT_EQ(made.has_value(), less == 0);
    if (!made) {
      EXPECT_EQ(made.error(), parley::errc::too_large);
    } else {
      EXPECT_EQ(w.size(), size);
    }
  }
}

}  // namespace
}  // namespace parley::test
