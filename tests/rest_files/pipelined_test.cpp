// Large files that one connection asks for one behind the other, on every loop.
#include "rest_files/web_on.hpp"

namespace parley::test {
namespace {

template <class L>
class pipelined_on : public web_on<L> {};
TYPED_TEST_SUITE(pipelined_on, all_loops, loop_names);

// None of them waits for room that another holds.
TYPED_TEST(pipelined_on, large_files_come_one_after_the_other) {
  const std::string all = letters(1'000'000);
  this->put("a.bin", all);
  this->serve();
  auto peer = this->connect();
  std::string requests;
  for (int i = 0; i < 5; ++i) requests += "GET /a.bin HTTP/1.1\r\nHost: a\r\n\r\n";
  peer->send(requests);
  EXPECT_TRUE(this->at.run_until([&] { return peer->received.size() > 5 * all.size(); }))
      << peer->received.size();
}

// Nor does one that has to wait fill the connection's memory meanwhile.
TYPED_TEST(pipelined_on, those_that_wait_are_read_no_further) {
  const std::string all = letters(4'000'000);
  this->put("a.bin", all);
  auto c = this->served();
  c.server_limits.max_output = std::size_t{1} << 20;
  this->serve({}, std::move(c));
  auto peer = this->connect();
  std::string requests;
  for (int i = 0; i < 4; ++i) requests += "GET /a.bin HTTP/1.1\r\nHost: a\r\n\r\n";
  peer->send(requests);
  EXPECT_TRUE(this->at.run_until(
      [&] { return peer->received.size() > 4 * all.size() || peer->has_ended; }));
  EXPECT_GT(peer->received.size(), 4 * all.size());
}

}  // namespace
}  // namespace parley::test
