// Memory ends at every allocation in turn, in whatever part of a conversation between an
// mqtt_client and mosquitto it falls: in a call, or inside the loop. std::bad_alloc may come out of
// the call or of the turn. Whatever it hits, each operation ends once, the client goes on when
// memory is back, and nothing is left at the end.
#include "mqtt_on.hpp"
#include "support/without_memory.hpp"

namespace parley::test {
namespace {

class conversation final : public mqtt_client_handler, without_memory {
 public:
  explicit conversation(const mosquitto& server) : without_memory(64) {
    mqtt_config c = *mqtt_config::from_uri(server.uri());
    c.connect_timeout = 300ms;
    c.reconnect.base = 1ms;
    c.reconnect.cap = 5ms;
    client_ = std::make_unique<mqtt_client>(loop_, *this, c);
  }

  // True if memory ended somewhere: with `allowed` large enough it does not.
  bool run(std::size_t allowed) {
    bool failed = false;
    {
      const failing_allocation limit(allowed);
      count([this] { return client_->connect(); });
      turns(10);
      count([this] { return client_->subscribe("memory/#", qos::exactly_once); });
      turns(2);
      for (const qos q : every_qos) {
        count([&] { return client_->publish("memory/small", "x", q); });
        count([&] { return client_->publish("memory/large", large_, q); });
      }
      turns(10);
      count([this] { return client_->unsubscribe("memory/#"); });
      turns(2);
      failed = limit.has_failed();
    }
    recover(allowed);
    count([this] { return client_->close(); });
    client_.reset();
    turns(5);
    expect_each_ended_once(allowed);
    return failed;
  }

  void on_message(mqtt_client&, const mqtt::message_event&) override {}

 private:
  // Memory is back: all goes on.
  void recover(std::size_t allowed) {
    const time_point until = loop_.now() + 20s;
    while (!client_->is_up() && loop_.now() < until) {
      (void)client_->connect();
      turns(5);
    }
    ASSERT_TRUE(client_->is_up()) << allowed;
    bool arrived = false;
    client_->publish("memory/after", "x", qos::exactly_once).then([&](result<mqtt::reason_code> r) {
      arrived = r.has_value();
    });
    while (!arrived && loop_.now() < until) turns(1);
    EXPECT_TRUE(arrived) << allowed;
  }

  std::unique_ptr<mqtt_client> client_;
  const shared_bytes large_ = shared_bytes::copy(as_bytes(std::string(20'000, 'y')));
};

TEST(mqtt_out_of_memory, at_every_allocation_of_a_conversation) {
  const mosquitto server({.lines = {"set_tcp_nodelay true"}});
  std::size_t failures = 0;
  for (std::size_t allowed = 0; allowed < 5000; ++allowed) {
    if (!conversation(server).run(allowed)) break;
    ++failures;
  }
  EXPECT_GT(failures, 30U);
}

}  // namespace
}  // namespace parley::test
