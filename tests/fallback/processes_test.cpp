// Fall-back over other people's servers and one of gRPC, all of them over TLS, whose processes are
// killed in the middle of what they were given: redis-server, mosquitto and `parley serve
// grpcs://`.
#include <parley/build_config.hpp>

#if PARLEY_HAS_GRPC
#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <parley/adapters/all/built_in.hpp>
#include <parley/core/fallback/interface_factory.hpp>
#include <string>
#include <vector>

#include "redis/loops.hpp"
#include "support/child.hpp"
#include "support/mosquitto.hpp"
#include "support/redis_server.hpp"
#include "support/tls_files.hpp"

namespace parley::test {
namespace {

using enum protocol_type;
using strings = std::vector<std::string>;

// The three servers, where they are started again.
class servers {
 public:
  void start_grpc() {
    grpc_ = std::make_unique<child>(strings{PARLEY_BINARY_DIR "/parley", "serve",
                                            "grpcs://127.0.0.1:" + std::to_string(grpc_port_),
                                            "--cert", files().chain, "--key", files().key});
  }
  bool has_grpc() const { return grpc_->out().ends_with('\n'); }
  std::string grpc_log() const { return grpc_->err(); }

  // Hangs with what it is given from now on.
  void freeze(protocol_type which) {
    if (which == redis) redis_.freeze();
    if (which == mqtt) mqtt_.freeze();
    if (which == grpc) grpc_->freeze();
  }
  void kill(protocol_type which) {
    if (which == redis) redis_.kill9();
    if (which == mqtt) mqtt_.kill9();
    if (which == grpc) grpc_->kill();
  }
  void restart(protocol_type which) {
    if (which == redis) redis_.restart();
    if (which == mqtt) mqtt_.restart();
    if (which == grpc) start_grpc();
  }

  // All verify the server, and all tell who shouts that they have the message.
  interface_configs places() const {
    const std::string trust = "?ca_certs=" + files().ca;
    interface_configs where;
    where.add(redis, "rediss://127.0.0.1:" + std::to_string(redis_port_) + trust);
    where.add(mqtt, "mqtts://127.0.0.1:" + std::to_string(mqtt_.port()) + trust + "&qos=1");
    where.add(grpc, "grpcs://127.0.0.1:" + std::to_string(grpc_port_) + trust);
    return where;
  }

 private:
  std::uint16_t redis_port_ = free_port();
  redis_server redis_{{"--tls-port", std::to_string(redis_port_), "--tls-cert-file", files().chain,
                       "--tls-key-file", files().key, "--tls-ca-cert-file", files().ca,
                       "--tls-auth-clients", "no"}};
  mosquitto mqtt_{{.tls = true}};
  std::uint16_t grpc_port_ = free_port();
  std::unique_ptr<child> grpc_;
};

template <class L>
class fallback_processes : public loop_suite<L> {
 protected:
  fallback_processes() {
    add_built_in(table, lower);
    config.supervision.fail_back_after = 200ms;
    config.supervision.grace = 50ms;
    config.supervision.stagger = 100ms;
    config.supervision.retry = {.base = 20ms, .cap = 100ms};
    config.watch_interval = 20ms;
    config.options.dedupe = true;
  }
  ~fallback_processes() override {
    for (auto* each : {&mouth, &ears}) {
      if (*each) (void)this->at.wait((*each)->close());
      each->reset();
    }
  }

  template <class F>
  void until(F condition) {
    ASSERT_TRUE(this->at.run_until(condition, 60s)) << mouth->channel("events")->to_string() << "\n"
                                                    << ears->channel("events")->to_string() << "\n"
                                                    << all.grpc_log();
  }
  // One who shouts, and another one who hears it whichever way it comes.
  void begin(preference order) {
    all.start_grpc();
    ASSERT_TRUE(this->at.run_until([&] { return all.has_grpc(); }, 60s)) << all.grpc_log();
    ears.emplace(this->home, table, all.places(), config);
    auto hear = [this](const message& m) {
      m.text() == "probe" ? ++probes : ++heard[std::string(m.text())];
    };
    auto listening = this->at.wait(ears->create_speaker("events", hear, order));
    ASSERT_TRUE(listening) << listening.error().to_string();
    listener = *listening;
    mouth.emplace(this->home, table, all.places(), config);
    auto speaking = this->at.wait(mouth->create_speaker("events", order));
    ASSERT_TRUE(speaking) << speaking.error().to_string();
    speaker = *speaking;
    wait_for_ears();
  }
  void wait_for_ears() {
    until([&] {
      const auto s = ears->channel("events");
      return std::ranges::all_of(s->carriers,
                                 [](const auto& c) { return c.report.state == carrier_state::up; });
    });
  }
  void wait_for_carrier(protocol_type which) {
    until([&] {
      const auto s = mouth->channel("events");
      return s->is_carrying && s->carriers[*s->carrier].protocol == to_string(which);
    });
  }
  // It listens again where messages go now: a server may be up before it has been asked to.
  void wait_until_heard() {
    until([&, before = probes] {
      (void)this->at.wait(speaker->shout("probe"));
      return probes > before;
    });
  }
  operation<delivery> shout() { return speaker->shout(std::to_string(++shouted)); }
  // And they are heard: a server that dies may not have passed on what it has acknowledged.
  void shout_some() {
    for (int i = 0; i < 5; ++i) {
      const auto sent = this->at.wait(shout());
      EXPECT_TRUE(sent) << sent.error().to_string();
    }
    until([&] { return heard.size() >= static_cast<std::size_t>(shouted); });
  }
  // The carrier dies with 20 messages, which go on over the next one.
  void kill_in_the_middle(protocol_type which, protocol_type next) {
    wait_for_carrier(which);
    shout_some();
    all.freeze(which);
    std::vector<operation<delivery>> under_way;
    under_way.reserve(20);
    for (int i = 0; i < 20; ++i) under_way.push_back(shout());
    this->at.run_for(50ms);
    EXPECT_TRUE(std::ranges::none_of(under_way, [](auto& op) { return op.is_complete(); }));
    all.kill(which);
    for (auto& op : under_way) {
      const auto sent = this->at.wait(std::move(op));
      EXPECT_TRUE(sent) << sent.error().to_string();
    }
    wait_for_carrier(next);
    shout_some();
  }

  servers all;
  transports lower;
  protocols table;
  interface_factory_config config;
  std::optional<interface_factory> mouth, ears;
  std::optional<parley::speaker> speaker, listener;
  std::map<std::string, int> heard;
  int shouted = 0, probes = 0;
};
TYPED_TEST_SUITE(fallback_processes, real_loops, loop_names);

TYPED_TEST(fallback_processes, each_message_is_heard_once_whichever_dies) {  // S38, S121
  const protocol_type orders[][3] = {{redis, mqtt, grpc}, {mqtt, grpc, redis}, {grpc, redis, mqtt}};
  for (const auto& [first, second, third] : orders) {
    SCOPED_TRACE(to_string(first));
    this->heard.clear();
    this->shouted = 0;
    this->begin(preference(first, second, third));
    this->kill_in_the_middle(first, second);
    this->kill_in_the_middle(second, third);
    // Both come back, and the first one carries again.
    this->all.restart(second);
    this->all.restart(first);
    this->wait_for_carrier(first);
    this->wait_for_ears();
    this->wait_until_heard();
    this->shout_some();

    this->at.run_for(100ms);  // what would be heard twice
    EXPECT_EQ(this->heard.size(), static_cast<std::size_t>(this->shouted));
    for (const auto& [text, times] : this->heard) EXPECT_EQ(times, 1) << text;
    const auto s = *this->mouth->channel("events");
    EXPECT_GE(s.switches, 3U);
    EXPECT_GE(s.fail_backs, 1U);
    EXPECT_GE(s.repeated, 40U);
    EXPECT_EQ(s.failed, 0U);
  }
}

}  // namespace
}  // namespace parley::test
#endif
