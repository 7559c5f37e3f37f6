// mosquitto_pub and mosquitto_sub (Debian: mosquitto-clients) as clients of the broker, on every
// loop that has real sockets; and a broker that is killed.
#include <gmock/gmock.h>

#include <memory>
#include <parley/build_config.hpp>
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <parley/core/store/memory_store.hpp>
#if PARLEY_HAS_FILES && PARLEY_HAS_TLS
#include <parley/adapters/files/tls_maker.hpp>
#endif

#include "redis/loops.hpp"
#include "support/child.hpp"

namespace parley::test {
namespace {

std::vector<std::string> words_of(std::string program, std::uint16_t port,
                                  std::vector<std::string> more) {
  std::vector<std::string> words{std::move(program), "-h", "127.0.0.1", "-p", std::to_string(port)};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

template <class World>
class mosquitto_on : public testing::Test {
 protected:
  void serve() {
    config.port = 0;
    broker = std::make_unique<mqtt_broker>(on.home(), config);
    const auto ok = broker->listen();
    ASSERT_TRUE(ok) << ok.error().to_string();
    port = broker->local_address()->port();
  }
  std::unique_ptr<child> start(const std::string& program, std::vector<std::string> more) {
    return std::make_unique<child>(words_of("mosquitto_" + program, port, std::move(more)));
  }
  // Runs it to its end.
  std::string run(const std::string& program, std::vector<std::string> more) {
    auto c = start(program, std::move(more));
    EXPECT_TRUE(on.run_until([&] { return c->has_ended(); }));
    return c->out() + c->err();
  }
  bool has_subscriptions(std::size_t n) {
    return on.run_until([&] { return broker->stats().subscriptions == n; });
  }

  World on;
  memory_store kept;
  mqtt_broker_config config;
  std::unique_ptr<mqtt_broker> broker;
  std::uint16_t port = 0;
};

using mosquitto_worlds = testing::Types<on_loop<blocking_world>, on_loop<epoll_world>
#if PARLEY_HAS_UV
                                        ,
                                        on_loop<uv_world>
#endif
#if PARLEY_HAS_ASIO
                                        ,
                                        on_loop<asio_world>
#endif
                                        >;
TYPED_TEST_SUITE(mosquitto_on, mosquitto_worlds, loop_names);

TYPED_TEST(mosquitto_on, publishes_and_subscribes) {
  this->serve();
  for (const std::string version : {"311", "5"}) {
    for (const std::string qos : {"0", "1", "2"}) {
      auto sub = this->start("sub", {"-V", version, "-q", qos, "-t", "a/+", "-C", "2"});
      ASSERT_TRUE(this->has_subscriptions(1));
      EXPECT_EQ(this->run("pub", {"-V", version, "-q", qos, "-t", "a/1", "-m", "one"}), "");
      EXPECT_EQ(this->run("pub", {"-V", version, "-q", qos, "-t", "a/2", "-m", "two"}), "");
      ASSERT_TRUE(this->on.run_until([&] { return sub->has_ended(); })) << version << qos;
      EXPECT_EQ(sub->out() + sub->err(), "one\ntwo\n");
      ASSERT_TRUE(this->has_subscriptions(0));
    }
  }
  EXPECT_TRUE(this->on.run_until([&] { return this->broker->clients() == 0; }));
}

TYPED_TEST(mosquitto_on, large_and_retained_messages) {
  this->serve();
  const std::string large(300'000, 'x');
  EXPECT_EQ(this->run("pub", {"-q", "1", "-r", "-t", "r", "-m", large.substr(0, 100'000)}), "");
  const std::string got = this->run("sub", {"-t", "#", "-C", "1"});
  EXPECT_TRUE(got == large.substr(0, 100'000) + "\n");
}

TYPED_TEST(mosquitto_on, sessions_and_wills) {
  this->config.kept = &this->kept;
  this->serve();
  auto watch = this->start("sub", {"-t", "w", "-C", "1"});
  ASSERT_TRUE(this->has_subscriptions(1));
  auto lost = this->start("sub", {"-i", "me", "-c", "-q", "1", "-t", "t", "--will-topic", "w",
                                  "--will-payload", "gone"});
  ASSERT_TRUE(this->has_subscriptions(2));
  lost->kill();
  ASSERT_TRUE(this->on.run_until([&] { return watch->has_ended(); }));
  EXPECT_EQ(watch->out(), "gone\n");
  EXPECT_EQ(this->run("pub", {"-q", "1", "-t", "t", "-m", "later"}), "");
  // The broker starts again, with its store.
  this->broker.reset();
  this->serve();
  EXPECT_EQ(this->run("sub", {"-i", "me", "-c", "-q", "1", "-t", "t", "-C", "1"}), "later\n");
}

TYPED_TEST(mosquitto_on, users_and_topics) {
  this->config.settings.users = {{"ann", secret("right")}};
  this->config.settings.allow_anonymous = false;
  this->config.settings.acl = *mqtt::topic_acl::parse("user ann\ntopic a/#\n");
  this->serve();
  EXPECT_THAT(this->run("pub", {"-t", "a/b", "-m", "x"}), testing::HasSubstr("not authorised"));
  EXPECT_NE(this->run("pub", {"-u", "ann", "-P", "wrong", "-t", "a/b", "-m", "x"}), "");
  EXPECT_EQ(
      this->run("pub", {"-V", "5", "-q", "1", "-u", "ann", "-P", "right", "-t", "a/b", "-m", "x"}),
      "");
  EXPECT_THAT(this->run("sub", {"-V", "5", "-u", "ann", "-P", "right", "-t", "b", "-W", "1"}),
              testing::HasSubstr("All subscription requests were denied"));
}

TYPED_TEST(mosquitto_on, stops_in_good_order) {
  this->serve();
  auto sub = this->start("sub", {"-V", "5", "-t", "a"});
  ASSERT_TRUE(this->has_subscriptions(1));
  EXPECT_TRUE(this->on.wait(this->broker->stop()));
  EXPECT_EQ(this->broker->clients(), 0U);
  this->broker.reset();
}

// kill -9 of the broker: what was acknowledged is there.
TEST(mosquitto_kill, acknowledged_messages_survive) {
  on_loop<blocking_world> on;
  temporary_folder folder;
  const std::string store = folder.path() + "/store";
  const std::string program = std::string(PARLEY_BINARY_DIR) + "/conformance/mqtt_broker";
  auto broker = std::make_unique<child>(std::vector<std::string>{program, store});
  ASSERT_TRUE(on.run_until([&] { return broker->out().ends_with("\n"); })) << broker->err();
  const auto port = static_cast<std::uint16_t>(std::stoi(broker->out()));
  const auto run = [&](const std::string& p, std::vector<std::string> more) {
    child c(words_of("mosquitto_" + p, port, std::move(more)));
    EXPECT_TRUE(on.run_until([&] { return c.has_ended(); }));
    return c.out() + c.err();
  };
  const std::vector<std::string> session{"-i", "me", "-c", "-q", "2", "-t", "t"};
  auto once = session;
  once.insert(once.end(), {"-E"});
  EXPECT_EQ(run("sub", once), "");
  for (const std::string n : {"1", "2", "3"}) {
    EXPECT_EQ(run("pub", {"-q", n == "2" ? "2" : "1", "-t", "t", "-m", n}), "");
  }
  EXPECT_EQ(run("pub", {"-q", "1", "-r", "-t", "kept", "-m", "r"}), "");
  broker->kill();
  ASSERT_TRUE(on.run_until([&] { return broker->has_ended(); }));
  broker = std::make_unique<child>(std::vector<std::string>{program, store, std::to_string(port)});
  ASSERT_TRUE(on.run_until([&] { return broker->out().ends_with("\n"); })) << broker->err();
  auto all = session;
  all.insert(all.end(), {"-C", "3"});
  // It prints what is exactly once with PUBREL, and so later.
  const std::string got = run("sub", all);
  for (const std::string n : {"1\n", "2\n", "3\n"}) EXPECT_THAT(got, testing::HasSubstr(n));
  EXPECT_EQ(run("sub", {"-t", "kept", "-C", "1"}), "r\n");
}

}  // namespace
}  // namespace parley::test
