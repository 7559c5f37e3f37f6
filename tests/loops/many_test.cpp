// Many connections on one loop. PARLEY_LONG makes them 10,000, whose other ends are
// in a process of their own: a process may open 20,000 descriptors at most.

#include <sys/resource.h>

#include <cstdlib>

#include "loops/fixtures.hpp"
#include "support/echo_process.hpp"

namespace parley::test {
namespace {

PARLEY_LOOP_SUITE(loop_many);

// Each says who it is, in rounds, and hears itself.
template <class Test>
void all_talk(Test& test, const address& where, std::size_t many) {
  for (std::size_t i = 0; i < many; ++i) {
    test.connect(where).driven().send("I am " + std::to_string(i));
    // A queue of connections that wait to be accepted is bounded.
    if (i % 500 == 499) {
      ASSERT_TRUE(test.world.run_until([&] { return !test.clients[i]->lines.empty(); }));
    }
  }
  std::size_t heard = 0;
  const auto all_heard = [&](std::size_t rounds) {
    while (heard < many && test.clients[heard]->lines.size() >= rounds) ++heard;
    return heard == many;
  };
  ASSERT_TRUE(test.world.run_until([&] { return all_heard(1); }));
  for (std::size_t i = 0; i < many; ++i) {
    ASSERT_EQ(test.clients[i]->lines[0], "I am " + std::to_string(i));
    test.clients[i]->send("again");
  }
  heard = 0;
  ASSERT_TRUE(test.world.run_until([&] { return all_heard(2); }));
}

TYPED_TEST(loop_many, a_thousand_connections) {
  constexpr std::size_t many = 1000;
  auto& server = this->serve();
  all_talk(*this, server.where(), many);
  EXPECT_EQ(server.peers.size(), many);
  for (std::size_t i = 0; i < many; i += 2) this->clients[i]->close();
  ASSERT_TRUE(this->world.run_until([&] { return server.open_count() == many / 2; }));
}

template <class World>
class loop_very_many : public loop_test<World> {};
TYPED_TEST_SUITE(loop_very_many, real_worlds, loop_names);

// One in ten of them without PARLEY_LONG: the same way, in less time.
TYPED_TEST(loop_very_many, connections_to_another_process) {
  const std::size_t many = std::getenv("PARLEY_LONG") ? 10'000 : 1000;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ASSERT_GT(files.rlim_cur, many + 100) << "the system allows too few descriptors";
  echo_process other;
  all_talk(*this, other.where(), many);
}

}  // namespace
}  // namespace parley::test
