// mqtt_clients whose session is in a store: what an earlier one has left, and a store that fails.
#include <parley/codecs/mqtt/client_errc.hpp>

#include "mqtt_on.hpp"
#include "support/faulty_store.hpp"

namespace parley::test {
namespace {

template <class L>
class mqtt_store_on : public mqtt_on<L> {
 protected:
  mqtt_config kept_in(store& under, const mosquitto& server) {
    mqtt_config c = this->config_of(server);
    c.client_id = "keeper";
    c.clean_session = false;
    c.store = &under;
    return c;
  }
};
TYPED_TEST_SUITE(mqtt_store_on, real_loops, loop_names);

const mqtt_publish_options until_stored(qos::at_least_once, false, mqtt_until::stored);

// What is published before connect() comes behind what an earlier process has left.
TYPED_TEST(mqtt_store_on, publish_comes_before_connect) {
  mosquitto server;
  memory_store under;
  const mqtt_config c = this->kept_in(under, server);
  {
    talker earlier(this->home, c);
    EXPECT_TRUE(this->publish(earlier, "log", "0", until_stored));
    EXPECT_TRUE(this->publish(earlier, "log", "1", until_stored));
  }
  const auto listener = server.listen_for("log", {"-q", "1"});
  talker one(this->home, c);
  EXPECT_TRUE(this->publish(one, "log", "2", until_stored));
  const auto up = this->at.wait(one.client->connect());
  ASSERT_TRUE(up) << up.error().to_string();
  EXPECT_THAT(this->heard(*listener, 3), ElementsAre("log|1|0|0", "log|1|0|1", "log|1|0|2"));
  ASSERT_TRUE(this->at.run_until([&] { return under.size() == 0; }));
  // Those of the earlier one, and the one that nobody has waited for since it was stored.
  EXPECT_EQ(one.ended.size(), 3U);
}

// The store cannot be read: whoever publishes or connects is told, and may try again.
TYPED_TEST(mqtt_store_on, a_store_that_cannot_be_read) {
  mosquitto server;
  faulty_store under;
  talker one(this->home, this->kept_in(under, server));
  under.fail_after(0, error(store_errc::corrupt, "sessions, at 7"));
  const auto sent = this->publish(one, "log", "0", until_stored);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), store_errc::corrupt);
  under.fail_after(0, error(store_errc::corrupt, "sessions, at 7"));
  const auto refused = this->at.wait(one.client->connect());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), store_errc::corrupt);
  EXPECT_THAT(refused.error().to_string(), HasSubstr("sessions, at 7"));
  EXPECT_TRUE(this->at.wait(one.client->connect()));
}

// A record of a session that makes no sense is told each time: nothing is half taken over.
TYPED_TEST(mqtt_store_on, a_damaged_session_stays_damaged) {
  mosquitto server;
  memory_store under;
  EXPECT_TRUE(under.put(as_bytes("keeper"), as_bytes("m"), as_bytes("no message")));
  talker one(this->home, this->kept_in(under, server));
  for (int i = 0; i < 2; ++i) {
    const auto refused = this->at.wait(one.client->connect());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), mqtt::client_errc::record_damaged);
    const auto sent = this->publish(one, "log", "0", until_stored);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error(), mqtt::client_errc::record_damaged);
  }
}

// The disk is full for a while: what was accepted is sent once there is room again.
TYPED_TEST(mqtt_store_on, a_disk_that_is_full_for_a_while) {
  mosquitto server;
  faulty_store under;
  const auto listener = server.listen_for("log", {"-q", "1"});
  auto one = this->connect(this->kept_in(under, server));
  under.fail_after(1, error(store_errc::disk_full, "no room"));  // sync(), behind put()
  const auto sent = this->publish(*one, "log", "0", qos::at_least_once);
  EXPECT_TRUE(under.has_failed());
  EXPECT_TRUE(sent) << sent.error().to_string();
  EXPECT_EQ(one->client->connects(), 2U);
  ASSERT_EQ(one->downs.size(), 1U);
  EXPECT_THAT(one->downs[0], HasSubstr("no room"));
  EXPECT_THAT(this->heard(*listener, 1), ElementsAre("log|1|0|0"));
}

}  // namespace
}  // namespace parley::test
