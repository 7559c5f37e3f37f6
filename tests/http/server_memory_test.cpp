// Memory ends at each allocation of a server's conversation in turn: the connection is lost, and
// nothing else; what it has sent until then is a prefix of what it would have sent.
#include <new>
#include <parley/codecs/http/content_coding.hpp>

#include "http/server_script.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

std::string text() {
  std::string t;
  for (int i = 0; i < 3000; ++i) t += std::to_string(i * 7919) + ' ';
  return t;
}

// Everything that allocates: heads, places, exchanges, held answers, large and coded bodies.
struct conversation {
  conversation() { machine.start(now); }

  void feed(std::string_view bytes) {
    while (!bytes.empty() && machine.wants_read()) {
      const auto into = machine.prepare(bytes.size());
      const std::size_t n = std::min(into.size(), bytes.size());
      if (n == 0) return;
      std::memcpy(into.data(), bytes.data(), n);
      machine.commit(n, now);
      bytes.remove_prefix(n);
      drain();
    }
  }
  void drain() {
    for (;;) {
      auto e = machine.next_event();
      if (is_drained(e) || std::holds_alternative<closed>(e)) return;
    }
  }
  void read() {
    for (auto list = machine.output(); !list.empty(); list = machine.output()) {
      sent.append(static_cast<const char*>(list[0].data), list[0].size);
      machine.consume_output(list[0].size);
    }
  }
  void run(const std::string& coded, const std::string& body) {
    feed("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: " +
         std::to_string(coded.size()) + "\r\n\r\n" + coded);
    feed(
        "GET /2 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"
        "GET /3 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    (void)machine.respond(3, {.compress = true}, body, now);
    (void)machine.begin(2, {.compress = true}, std::nullopt, now);
    (void)machine.write(2, as_bytes(body), now);
    (void)machine.respond(1, {}, body, now);
    read();
    (void)machine.finish(2, {}, now);
    read();
    drain();
    feed("BAD\r\n\r\n");
    read();
  }

  http::server_limits limits{.high_water = 1 << 20};
  http::server machine{limits};
  time_point now = time_point(std::chrono::hours(1));
  std::string sent;
};

TEST(http_server_memory, may_end_at_each_allocation) {
  const std::string body = text();
  const std::string coded(http::compressed(http::coding::gzip, as_bytes(body)).value().text());
  conversation whole;
  whole.run(coded, body);
  EXPECT_TRUE(whole.sent.ends_with("Bad Request\n")) << whole.sent.size();
  std::size_t failures = 0;
  for (std::size_t allowed = 0; allowed < 10'000; ++allowed) {
    conversation c;
    // The conversation's own strings must not be what fails.
    c.sent.reserve(2 * whole.sent.size());
    bool threw = false, has_failed = false;
    {
      failing_allocation limit(allowed);
      try {
        c.run(coded, body);
      } catch (const std::bad_alloc&) {
        threw = true;
      }
      has_failed = limit.has_failed();
    }
    if (!has_failed) break;
    ++failures;
    // Where zlib has no memory a body goes out as it is, or the request is refused: no exception.
    if (threw) {
      EXPECT_TRUE(whole.sent.starts_with(c.sent)) << "after " << allowed;
    }
    c.machine.close();
    c.drain();
    EXPECT_TRUE(c.machine.is_done());
  }
  EXPECT_GT(failures, 15U);
}

}  // namespace
}  // namespace parley::test
