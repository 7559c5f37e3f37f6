// What http::client does with memory: none while it rests, none more for each request, and none
// that it needs in the middle of a request.
#include <gtest/gtest.h>

#include <algorithm>
#include <new>

#include "client_script.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

using http::header;

constexpr std::string_view answer =
    "HTTP/1.1 200 OK\r\nServer: x\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

int receive(http::client& c, std::string_view bytes, time_point now) {
  std::ranges::copy(as_bytes(bytes), c.prepare(bytes.size()).begin());
  c.commit(bytes.size(), now);
  int count = 0;
  for (auto e = c.next_event(); !is_drained(e); e = c.next_event()) ++count;
  return count;
}

TEST(http_client_memory, a_client_at_rest_holds_next_to_nothing) {
  EXPECT_LE(sizeof(http::client), 128u);
  const std::size_t before = allocations();
  http::client_limits limits;
  http::client c(limits, "example.com");
  c.start(time_point{} + 1h);
  EXPECT_EQ(to_line(c.next_event()), "opened");
  EXPECT_EQ(to_line(c.next_event()), "need_data");
  (void)c.next_deadline();
  c.handle_timeout(time_point{} + 1h);
  EXPECT_EQ(allocations(), before);
}

TEST(http_client_memory, release_gives_everything_back) {
  client_player p;
  p.open();
  for (std::uint64_t tag = 1; tag <= 3; ++tag) {
    p.send(tag);
    p.client.release();  // busy: nothing is lost
    p.take_output();
    p.client.release();
    p.receive(std::string(answer).substr(0, 40));
    p.client.release();
    p.receive(std::string(answer).substr(40));
    EXPECT_EQ(p.said(), "response " + std::to_string(tag) + " 200; body " + std::to_string(tag) +
                            ": hello; end " + std::to_string(tag));
    p.client.release();
    // All is gone: the next byte costs the working set again.
    const std::size_t before = allocations();
    EXPECT_FALSE(p.client.prepare(10).empty());
    EXPECT_GE(allocations(), before + 2);
    p.client.commit(0, p.now);
    p.client.release();
  }
}

TEST(http_client_memory, none_in_the_steady_state) {
  time_point now = time_point{} + 1h;
  http::client_limits limits;
  http::client c(limits, "example.com");
  const header fields[] = {{"Accept", "*/*"}, {"User-Agent", "test"}};
  c.start(now);
  (void)c.next_event();
  std::size_t before = 0;
  for (int round = 0; round < 200; ++round) {
    if (round == 20) before = allocations();
    ASSERT_TRUE(c.send({.headers = fields}, byte_view(), 1, {.timeout = 5s}, now));
    c.consume_output(total_size(c.output()));
    (void)c.next_deadline();
    ASSERT_EQ(receive(c, answer, now), 3);
    now += 1ms;
  }
  EXPECT_EQ(allocations(), before);
}

TEST(http_client_memory, many_headers_and_one_too_many) {
  client_player p;
  p.limits.message.headers = 40;
  p.open().send(1);
  p.take_output();
  std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  for (int i = 0; i < 39; ++i) head += "X-" + std::to_string(i) + ": y\r\n";
  p.receive(head + "\r\n");
  EXPECT_EQ(p.said(), "response 1 200; end 1");
  p.send(2);
  p.take_output();
  p.receive(head + "Z: z\r\n\r\n");
  EXPECT_EQ(p.said(), "unanswered 2 http.too_many_headers; failed http.too_many_headers; closed");
}

TEST(http_client_memory, a_full_buffer_is_not_read_into) {
  client_player p;
  p.open().send(1);
  p.take_output();
  std::size_t sum = 0;
  // Nothing is drained.
  for (auto room = p.client.prepare(1 << 20); !room.empty(); room = p.client.prepare(1 << 20)) {
    std::ranges::fill(room, std::byte('x'));
    p.client.commit(room.size(), p.now);
    sum += room.size();
    ASSERT_LT(sum, 1u << 20);
  }
  EXPECT_LT(sum, 200'000u);
}

// Memory ends at every allocation in turn: a request is sent whole, or not at all.
TEST(http_client_memory, one_that_fails_leaves_no_half_of_a_request) {
  const std::string large(40'000, 'L');
  const auto shared = shared_bytes::copy(as_bytes(large));
  for (int what = 0; what < 4; ++what) {
    std::size_t failures = 0;
    for (std::size_t allowed = 0; allowed < 20; ++allowed) {
      client_player p;
      p.open();
      bool threw = false;
      {
        failing_allocation limit(allowed);
        try {
          const http::request_options wait{.expect_continue = what == 3};
          if (what == 0) (void)p.client.send({}, byte_view(), 1, {}, p.now);
          if (what == 1) (void)p.client.send({.method = "PUT"}, as_bytes(large), 1, {}, p.now);
          if (what == 2) (void)p.client.send({.method = "PUT"}, shared, 1, {}, p.now);
          if (what == 3) (void)p.client.send({.method = "PUT"}, as_bytes(large), 1, wait, p.now);
        } catch (const std::bad_alloc&) {
          threw = true;
        }
      }
      failures += threw ? 1 : 0;
      EXPECT_EQ(p.client.in_flight(), threw ? 0u : 1u) << what << " " << allowed;
      if (!threw) continue;
      EXPECT_EQ(p.client.buffered(), 0u) << what << " " << allowed;
      p.send(2);
      EXPECT_EQ(p.take_output(), asked()) << what << " " << allowed;
    }
    EXPECT_GT(failures, 0u) << what;
  }
}

}  // namespace
}  // namespace parley::test
