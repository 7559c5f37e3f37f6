// A client whose process is killed by SIGKILL in the middle: the server's handlers learn of it.
#include "grpc_processes/processes_on.hpp"

namespace parley::test {
namespace {

template <class L>
class grpc_client_process : public grpc_processes_on<L> {
 protected:
  // Our server at each place, and a client that does `what` until it is killed by what `f` does.
  template <class F>
  void with_client(const std::string& what, F f) {
    this->at_each_place([&] {
      auto config = *grpc_config::server_from_uri(*uri::parse(this->server.url));
      ours = std::make_unique<grpc_provider>(this->home, std::move(config));
      const auto up = this->at.wait(ours->initialize());
      ASSERT_TRUE(up) << up.error().to_string();
      (void)ours->serve("work", [&](grpc_answer a) {
        a.on_cancel([&] { was_told = true; });
        calls.push_back(std::move(a));
      });
      (void)ours->serve_stream(what, [&](grpc_stream s) { ends.push_back(std::move(s)); });
      const auto where = *ours->local_address();
      const std::string url = where.is_local() ? this->server.url : "grpc://" + where.to_string();
      theirs = std::make_unique<child>(
          std::vector<std::string>{PARLEY_TEST_GRPC_PROCESS, "client", url, what});
      f();
      ends.clear();
      calls.clear();
      was_told = false;
      ours.reset();
      theirs.reset();
    });
  }
  grpc_stream& stream() {
    EXPECT_TRUE(this->at.run_until([&] { return !ends.empty(); }, 60s)) << theirs->err();
    return ends.front();
  }
  void expect_number(grpc_stream& s, int n) {
    const auto r = this->at.wait(s.read());
    ASSERT_TRUE(r && *r);
    EXPECT_EQ((*r)->content(), value(n));
  }
  void expect_gone(grpc_stream& s) {
    this->until([&] { return !s.is_open(); });
    const auto more = this->at.wait(s.write(value(1)));
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error(), errc::closed) << more.error().to_string();
  }

  std::unique_ptr<grpc_provider> ours;
  std::unique_ptr<child> theirs;
  std::vector<grpc_answer> calls;
  std::vector<grpc_stream> ends;
  bool was_told = false;
};
TYPED_TEST_SUITE(grpc_client_process, real_loops, loop_names);

TYPED_TEST(grpc_client_process, is_killed_in_a_call) {
  this->with_client("call", [&] {
    this->until([&] { return !this->calls.empty(); });
    EXPECT_FALSE(this->calls.front().is_cancelled());
    this->theirs->kill();
    this->until([&] { return this->was_told; });
    EXPECT_TRUE(this->calls.front().is_cancelled());
    this->calls.front().reply(grpc_message(1));  // leads nowhere
  });
}

TYPED_TEST(grpc_client_process, is_killed_in_a_server_stream) {
  this->with_client("feed", [&] {
    grpc_stream& s = this->stream();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(this->at.wait(s.write(value(i))));
    this->theirs->kill();
    this->expect_gone(s);
  });
}

TYPED_TEST(grpc_client_process, is_killed_in_a_client_stream) {
  this->with_client("sink", [&] {
    grpc_stream& s = this->stream();
    for (int i = 0; i < 3; ++i) this->expect_number(s, i);
    this->theirs->kill();
    // What had arrived before is heard still; then the loss, and not an end that was meant.
    auto r = this->at.wait(s.read());
    while (r && *r) r = this->at.wait(s.read());
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error(), errc::cancelled) << r.error().to_string();
    this->expect_gone(s);
  });
}

TYPED_TEST(grpc_client_process, is_killed_in_a_stream_both_ways) {
  this->with_client("mirror", [&] {
    grpc_stream& s = this->stream();
    for (int i = 0; i < 3; ++i) {
      this->expect_number(s, i);
      ASSERT_TRUE(this->at.wait(s.write(value(i))));
    }
    this->expect_number(s, 3);
    auto next = s.read();
    this->theirs->kill();
    const auto r = this->at.wait(std::move(next));
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error(), errc::cancelled) << r.error().to_string();
    this->expect_gone(s);
  });
}

TYPED_TEST(grpc_client_process, is_killed_while_it_listens) {
  this->with_client("listen", [&] {
    auto s = this->at.wait(this->ours->create_speaker("news"));
    ASSERT_TRUE(s);
    const auto receivers = [&] { return this->at.wait(s->shout("x"))->receivers; };
    this->until([&] { return receivers() == 1; });
    this->theirs->kill();
    this->until([&] { return receivers() == 0; });
  });
}

}  // namespace
}  // namespace parley::test
