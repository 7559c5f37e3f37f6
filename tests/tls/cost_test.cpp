// What TLS costs beside OpenSSL: no allocation of ours per record, no copy between the buffers
// of the two machines, and nothing that an idle connection holds on to.
#include <gtest/gtest.h>

#include <set>

#include "support/allocations.hpp"
#include "tls/tls_pair.hpp"

namespace parley::test {
namespace {

// A machine that only notes where bytes are put and taken from.
class noting_machine {
 public:
  using event = std::variant<need_data, paused, failed, closed>;

  void start(time_point) { started = true; }
  std::span<std::byte> prepare(std::size_t) { return room; }
  void commit(std::size_t n, time_point) { received += n; }
  void commit_eof(time_point) {}
  void commit_error(const error&, time_point) { broken = true; }
  event next_event() {
    if (broken) return closed{};
    return need_data{};
  }
  buffer_list output() { return to_send; }
  void consume_output(std::size_t n) {
    sent += n;
    if (sent == total) to_send = {};
  }
  void release() {}
  bool ends_output() const { return false; }
  std::optional<time_point> next_deadline() const { return std::nullopt; }
  void handle_timeout(time_point) {}
  bool wants_read() const { return true; }
  bool is_done() const { return broken; }

  std::vector<std::byte> room = std::vector<std::byte>(64 * 1024);
  buffer_list to_send;
  std::size_t total = 0, sent = 0, received = 0;
  bool started = false, broken = false;
};

using noting = stack<noting_machine>;

struct noting_pair {
  explicit noting_pair(tls_world& w)
      : a(noting_machine(), std::make_unique<tls::client>(w.client_context, w.host, w.wall)),
        b(noting_machine(), std::make_unique<tls::server>(w.server_context, w.wall)) {
    a.start({});
    b.start({});
    while (!a.top().started || !b.top().started) exchange();
    exchange();
  }

  // Without a string in between, which would be an allocation of the test's.
  static bool carry(noting& from, noting& to) {
    bool any = false;
    for (auto list = from.output(); !list.empty(); list = from.output()) {
      const auto into = to.prepare(list[0].size);
      const std::size_t n = std::min(into.size(), list[0].size);
      if (n == 0) return any;
      std::memcpy(into.data(), list[0].data, n);
      to.commit(n, {});
      from.consume_output(n);
      (void)to.next_event();
      any = true;
    }
    return any;
  }
  void exchange() {
    for (bool any = true; any;) {
      any = carry(a, b);
      any = carry(b, a) || any;
    }
  }
  void send(noting& from, buffer_list list) {
    from.top().to_send = list;
    from.top().total = total_size(list);
    from.top().sent = 0;
    exchange();
  }

  noting a;
  noting b;
};

TEST(tls_cost, records_cost_no_allocation_of_ours) {
  tls_world world(good_setup());
  noting_pair p(world);
  const std::string large(16 * 1024, 'l');
  const std::string small(64, 's');
  const std::vector<const_buffer> one{{large.data(), large.size()}};
  const std::vector<const_buffer> many(100, const_buffer{small.data(), small.size()});
  for (int i = 0; i < 3; ++i) {
    p.send(p.a, one);
    p.send(p.b, many);
  }
  const std::size_t before = allocations();
  for (int i = 0; i < 100; ++i) {
    p.send(p.a, one);
    p.send(p.b, many);
    p.send(p.a, std::span(many).first(1));
  }
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(p.b.top().received, 103 * large.size() + 100 * small.size());
  EXPECT_EQ(p.a.top().received, 103 * 100 * small.size());
}

// OpenSSL decrypts into its own buffer and copies once into the span that it is given: that is
// the upper machine's own, and it is filled to the last byte without another one in between.
TEST(tls_cost, plain_bytes_go_straight_into_the_buffer_above) {
  tls_world world(good_setup());
  noting_pair p(world);
  std::string text(20'000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 23);
  const std::vector<const_buffer> list{{text.data(), text.size()}};
  // A room of less than a record: the rest waits in OpenSSL, not in a buffer of ours.
  p.b.top().room.resize(1000);
  p.b.release();
  const std::size_t before = allocations();
  p.send(p.a, list);
  EXPECT_EQ(p.b.top().received, text.size());
  EXPECT_EQ(as_text(p.b.top().room), std::string_view(text).substr(19'000, 1000));
  // The receive buffer of the layer, which had been given back, and its send buffer's blocks.
  EXPECT_LE(allocations() - before, 12u);
}

TEST(tls_cost, an_idle_connection_holds_no_buffer_of_ours) {
  tls_world world(good_setup());
  noting_pair p(world);
  const std::string text(50'000, 'x');
  p.send(p.a, std::vector<const_buffer>{{text.data(), text.size()}});
  p.send(p.b, std::vector<const_buffer>(100, const_buffer{text.data(), 50}));
  p.a.release();
  p.b.release();
  // The next message brings them back: so they were given.
  const std::size_t before = allocations();
  p.send(p.a, std::vector<const_buffer>{{text.data(), 100}});
  EXPECT_GE(allocations() - before, 2u);
}

}  // namespace
}  // namespace parley::test
