// Several servers behind one client (S39, S129).
#include "grpc_on.hpp"

namespace parley::test {
namespace {

template <class L>
class grpc_balance : public grpc_on<L> {
 protected:
  void SetUp() override {
    for (int i = 0; i < 2; ++i) {
      auto c = this->served();
      c.port = 0;
      servers.push_back(this->up(c));
      this->answer(*servers.back(), "which", [i](const value&) -> result<value> { return i; });
      ports.push_back(servers.back()->local_address()->port());
    }
  }
  grpc_config balanced(grpc_balancing how) {
    grpc_config c;
    c.is_server = false;
    for (const std::uint16_t p : ports) c.targets.emplace_back("127.0.0.1", p);
    c.lb_policy = how;
    return this->quick(std::move(c));
  }
  std::vector<int> ask_often(grpc_provider& client) {
    std::vector<int> counts(2);
    for (int i = 0; i < 20; ++i) {
      const auto r = this->ask(client, "which", value());
      EXPECT_TRUE(r) << r.error().to_string();
      if (r) ++counts[static_cast<std::size_t>(*r->as_int())];
    }
    return counts;
  }

  std::vector<std::unique_ptr<grpc_provider>> servers;
  std::vector<std::uint16_t> ports;
};
TYPED_TEST_SUITE(grpc_balance, real_loops);

TYPED_TEST(grpc_balance, round_robin_asks_one_after_the_other) {  // S39, S129
  const auto client = this->up(this->balanced(grpc_balancing::round_robin));
  ASSERT_TRUE(this->at.run_until([&] {
    const auto counts = this->ask_often(*client);
    return counts[0] == 10 && counts[1] == 10;
  }));
}

TYPED_TEST(grpc_balance, when_one_dies_the_other_answers_every_call) {
  const auto client = this->up(this->balanced(grpc_balancing::round_robin));
  ASSERT_TRUE(this->at.run_until([&] { return this->ask_often(*client)[0] > 0; }));
  this->servers[0].reset();
  // Each may be repeated, so that none is lost.
  call_options again;
  again.repeatable = true;
  for (int i = 0; i < 20; ++i) {
    const auto r = this->ask(*client, "which", value(), again);
    ASSERT_TRUE(r) << r.error().to_string();
    EXPECT_EQ(*r, value(1));
  }
}

TYPED_TEST(grpc_balance, who_is_not_healthy_is_not_asked) {
  const auto client = this->up(this->balanced(grpc_balancing::round_robin));
  this->servers[0]->set_healthy(false);
  ASSERT_TRUE(this->at.run_until([&] { return this->ask_often(*client)[0] == 0; }));
  this->servers[0]->set_healthy(true);
  ASSERT_TRUE(this->at.run_until([&] { return this->ask_often(*client)[0] == 10; }));
}

TYPED_TEST(grpc_balance, pick_first_stays_with_one) {
  const auto client = this->up(this->balanced(grpc_balancing::pick_first));
  const auto counts = this->ask_often(*client);
  EXPECT_TRUE(counts[0] == 20 || counts[1] == 20);
  // And goes to the other when it is lost.
  this->servers[counts[0] == 20 ? 0 : 1].reset();
  call_options again;
  again.repeatable = true;
  EXPECT_EQ(this->ask(*client, "which", value(), again), value(counts[0] == 20 ? 1 : 0));
}

}  // namespace
}  // namespace parley::test
