// Listening: several on one address, a short queue, and what cannot be.
#include "loops/fixtures.hpp"

namespace parley::test {
namespace {

PARLEY_LOOP_SUITE(loop_listens);

// Counts what it is given, and takes nothing.
struct counts final : acceptor {
  driver* accept(connection&, const address&) override {
    ++count;
    return nullptr;
  }
  int count = 0;
};

TYPED_TEST(loop_listens, several_listeners_may_share_a_port) {
  counts a, b, c;
  const listen_options share{.reuse_port = true};
  auto first = this->port().listen(this->world.any_port(), a, share);
  ASSERT_TRUE(first) << first.error().to_string();
  const address where = (*first)->local_address();
  auto second = this->port().listen(where, b, share);
  ASSERT_TRUE(second) << second.error().to_string();
  EXPECT_FALSE(this->port().listen(where, c));  // all of them must want it
  for (int i = 0; i < 64; ++i) this->connect(where);
  ASSERT_TRUE(this->world.run_until([&] { return a.count + b.count == 64; }));
  EXPECT_GT(a.count, 0);
  EXPECT_GT(b.count, 0);
  ASSERT_TRUE(this->world.run_until([&] {
    return std::ranges::all_of(this->clients,
                               [](auto& p) { return p->ended_count + p->failed_count > 0; });
  }));
}

TYPED_TEST(loop_listens, who_does_not_share_keeps_others_out) {
  counts a, b;
  auto first = this->port().listen(this->world.any_port(), a);
  ASSERT_TRUE(first);
  const auto second =
      this->port().listen((*first)->local_address(), b, listen_options{.reuse_port = true});
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error() == errc::io) << second.error().to_string();
}

TYPED_TEST(loop_listens, unix_sockets_cannot_be_shared) {
  counts a;
  const auto made =
      this->port().listen(this->world.local_path("shared"), a, listen_options{.reuse_port = true});
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error() == errc::not_supported) << made.error().to_string();
}

TYPED_TEST(loop_listens, a_short_queue_delays_and_loses_nobody) {
  auto prepared = std::make_unique<line_server>();
  auto made = this->port().listen(this->world.any_port(), *prepared, listen_options{.backlog = 1});
  ASSERT_TRUE(made);
  for (int i = 0; i < 5; ++i) {
    this->connect((*made)->local_address()).driven().send("hello");
    ASSERT_TRUE(this->world.run_until([&] { return !this->clients.back()->lines.empty(); }));
  }
  this->servers.push_back(std::move(prepared));
}

}  // namespace
}  // namespace parley::test
