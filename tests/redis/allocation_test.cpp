// In the steady state a message costs no heap allocation of the client's.
#include <gtest/gtest.h>

#include <parley/adapters/blocking/loop.hpp>
#include <parley/codecs/resp/redis_provider.hpp>

#include "support/allocations.hpp"
#include "support/redis_server.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

// `round` returns after its messages have come; the first ones warm up.
template <class Round>
std::size_t allocations_of(Round round) {
  for (int i = 0; i < 20; ++i) round();
  const std::size_t before = allocations();
  for (int i = 0; i < 100; ++i) round();
  return allocations() - before;
}

TEST(redis_allocations, a_shout_and_its_message_cost_none) {
  redis_server server;
  blocking::loop loop;
  redis_provider redis(loop, {.host = "127.0.0.1", .port = server.port()});
  ASSERT_TRUE(loop.wait(redis.initialize()));
  std::size_t heard = 0;
  auto on_message = [&](const message& m) { heard += m.payload().size(); };
  auto speaker = loop.wait(redis.create_speaker("steady", on_message));
  ASSERT_TRUE(speaker);
  std::size_t told = 0, expected = 0;
  const std::size_t counted = allocations_of([&] {
    for (int i = 0; i < 50; ++i) {
      speaker->shout_bytes(as_bytes("0123456789abcdef")).then([&](result<delivery> r) {
        told += r.has_value();
      });
    }
    expected += 50;
    while (told < expected || heard < expected * 16) loop.run_once(100ms);
  });
  EXPECT_EQ(counted, 0u);
}

TEST(redis_allocations, a_typed_command_costs_none) {
  redis_server server;
  blocking::loop loop;
  redis_provider redis(loop, {.host = "127.0.0.1", .port = server.port()});
  ASSERT_TRUE(loop.wait(redis.initialize()));
  const std::size_t counted = allocations_of([&] {
    auto n = loop.wait(redis.command_as<std::int64_t>("INCR", "n"));
    ASSERT_TRUE(n);
  });
  EXPECT_EQ(counted, 0u);
}

}  // namespace
}  // namespace parley::test
