// The configuration of MQTT clients, and its URIs.
#include "mqtt_on.hpp"

namespace parley::test {
namespace {

std::string fault(const std::string& text) {
  const auto c = mqtt_config::from_uri(text);
  return c ? "none" : c.error().to_string();
}

TEST(mqtt_config, its_defaults_are_those_that_were_promised) {
  const mqtt_config c;
  EXPECT_EQ(c.broker, "localhost");          // S62
  EXPECT_EQ(c.port, 1883);                   // S63
  EXPECT_TRUE(c.client_id.empty());          // S64
  EXPECT_TRUE(c.username.empty());           // S65
  EXPECT_TRUE(c.password.empty());           // S66
  EXPECT_EQ(c.qos, qos::at_most_once);       // S67
  EXPECT_FALSE(c.retain);                    // S68
  EXPECT_TRUE(c.clean_session);              // S69
  EXPECT_EQ(c.keepalive, 60);                // S70
  EXPECT_TRUE(c.will_topic.empty());         // S71
  EXPECT_TRUE(c.will_payload.empty());       // S72
  EXPECT_EQ(c.will_qos, qos::at_most_once);  // S73
  EXPECT_FALSE(c.will_retain);               // S74
  EXPECT_FALSE(c.tls_enable);                // S75
  EXPECT_TRUE(c.tls_ca_certs.empty());       // S76
  EXPECT_TRUE(c.tls_certfile.empty());       // S77
  EXPECT_TRUE(c.tls_keyfile.empty());        // S78
  EXPECT_TRUE(c.validate());
}

TEST(mqtt_config, all_of_it_from_a_uri) {
  const auto c = mqtt_config::from_uri(
      "mqtts://ann:se%2Fcret@hub?client_id=d7&qos=1&retain=true&clean_session=false&keepalive=5&"
      "session_expiry=60&version=5&timeout=1.5&fail_over=other:99&fail_over=third&will_topic=a/b&"
      "will_payload=gone&will_qos=2&will_retain=1&ca_certs=ca&certfile=c&keyfile=k&verify=ca_only");
  ASSERT_TRUE(c) << c.error().to_string();
  EXPECT_TRUE(c->tls_enable);
  EXPECT_EQ(c->where(), endpoint("hub", 8883));
  EXPECT_EQ(c->where(1), endpoint("other", 99));
  EXPECT_EQ(c->where(2), endpoint("third", 8883));
  EXPECT_EQ(c->brokers(), 3U);
  EXPECT_EQ(c->username, "ann");
  EXPECT_EQ(c->password, "se/cret");
  EXPECT_EQ(c->client_id, "d7");
  EXPECT_EQ(c->qos, qos::at_least_once);
  EXPECT_TRUE(c->retain && c->will_retain);
  EXPECT_FALSE(c->clean_session);
  EXPECT_EQ(c->keepalive, 5);
  EXPECT_EQ(c->session_expiry, 60U);
  EXPECT_EQ(c->version, mqtt_versions::v5);
  EXPECT_EQ(c->connect_timeout, 1500ms);
  EXPECT_EQ(c->will_topic, "a/b");
  EXPECT_EQ(c->will_payload, "gone");
  EXPECT_EQ(c->will_qos, qos::exactly_once);
  EXPECT_EQ(c->tls_ca_certs, "ca");
  EXPECT_EQ(c->tls_certfile, "c");
  EXPECT_EQ(c->tls_keyfile, "k");
  EXPECT_EQ(c->verify, verify_mode::ca_only);
  EXPECT_EQ(c->to_string(), "mqtts://ann:***@hub:8883");
  EXPECT_EQ(mqtt_config::from_uri("mqtt+unix:///run/m.sock")->unix_socket, "/run/m.sock");
  EXPECT_EQ(mqtt_config::from_uri("mqtt://h")->port, 1883);
}

TEST(mqtt_config, what_is_wrong_with_a_uri_is_named) {
  EXPECT_THAT(fault("http://hub"), HasSubstr("not mqtt, mqtts, mqtt+ws or mqtt+wss"));
  EXPECT_THAT(fault("mqtt://hub/topic"), HasSubstr("has a path"));
  EXPECT_THAT(fault("mqtt://hub?clientid=x"), HasSubstr("\"clientid\""));
  EXPECT_THAT(fault("mqtt://hub?qos=3"), HasSubstr("\"qos\""));
  EXPECT_THAT(fault("mqtt://hub?version=4"), HasSubstr("\"version\""));
  EXPECT_THAT(fault("mqtt://hub?ca_certs=x"), HasSubstr("tls_enable is false"));
  EXPECT_THAT(fault("mqtt://hub?clean_session=false"), HasSubstr("needs a client_id"));
  EXPECT_THAT(fault("mqtt://hub?will_payload=x"), HasSubstr("without will_topic"));
}

TEST(mqtt_config, every_fault_is_told_at_once) {
  memory_store store;
  mqtt_config c;
  c.broker.clear();
  c.port = 0;
  c.clean_session = false;
  c.store = &store;
  c.password = "x";
  c.will_topic = "a/#";
  c.tls_certfile = "c";
  c.connect_timeout = 0s;
  c.limits.receive_maximum = 0;
  const auto ok = c.validate();
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error(), errc::bad_configuration);
  const std::string text = ok.error().to_string();
  for (const char* word :
       {"broker is empty", "port is 0", "kept", "a store", "password", "will_topic", "tls_keyfile",
        "tls_enable", "connect_timeout", "receive_maximum"}) {
    EXPECT_THAT(text, HasSubstr(word));
  }
}

// S160, S161
TEST(mqtt_config, tls_that_is_not_there_is_an_error_and_no_plain_connection) {
  blocking::loop loop;
  mqtt_config c;
  c.tls_enable = true;
  mqtt_client client(loop, c);
  const auto up = loop.wait(client.connect());
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error(), errc::unavailable);
  EXPECT_EQ(client.state(), provider_state::failed);
}

}  // namespace
}  // namespace parley::test
