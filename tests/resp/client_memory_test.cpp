// What resp::client does with memory: limits, copies, moving buffers, failing
// allocations, and none at all in the steady state.
#include <gtest/gtest.h>

#include <array>
#include <new>

#include "client_script.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

using resp::client_config;
using words = std::vector<std::string_view>;

player opened(client_config config = {}) {
  player p(std::move(config));
  p.play(script().opened3());
  return p;
}

void send(player& p, std::uint64_t tag, const words& w = {"GET", "key"}) {
  const auto ok = p.client.send(w, tag, {}, p.now);
  ASSERT_TRUE(ok) << ok.error().to_string();
}

// --- commands that are refused ------------------------------------------------------

TEST(client_refuses, what_would_put_replies_out_of_step) {
  player p = opened();
  for (const words& w :
       {words{"SUBSCRIBE", "a"}, words{"subscribe", "a"}, words{"PSubscribe", "a"},
        words{"SSUBSCRIBE", "a"}, words{"UNSUBSCRIBE"}, words{"MONITOR"}, words{"SYNC"},
        words{"HELLO", "2"}, words{"AUTH", "x"}, words{"SELECT", "1"}, words{"RESET"},
        words{"QUIT"}, words{"CLIENT", "REPLY", "OFF"}, words{"client", "reply", "skip"}}) {
    const auto r = p.client.send(w, 1, {}, p.now);
    ASSERT_FALSE(r) << w.front();
    EXPECT_EQ(r.error(), errc::not_supported) << w.front();
    EXPECT_FALSE(r.error().hint().empty()) << w.front();
  }
  EXPECT_EQ(p.client.send({}, 1, {}, p.now).error(), errc::invalid_argument);
  EXPECT_EQ(p.client.send(words{""}, 1, {}, p.now).error(), errc::invalid_argument);
  EXPECT_EQ(p.client.in_flight_count(), 0u);
  EXPECT_EQ(p.client.buffered(), 0u);
  send(p, 1, {"CLIENT", "ID"});  // its relatives are welcome
  send(p, 2, {"SUBSTR", "k", "0", "1"});
}

// --- bounds --------------------------------------------------------------------------

TEST(client_limits, commands_in_flight_are_bounded) {
  player p = opened({.max_in_flight = 3});
  for (std::uint64_t tag = 1; tag <= 3; ++tag) send(p, tag);
  const auto r = p.client.send(words{"GET", "k"}, 4, {}, p.now);
  EXPECT_EQ(r.error(), errc::queue_full);
  EXPECT_EQ(p.client.in_flight_count(), 3u);
  p.take_output();
  p.receive("+1\r\n");
  send(p, 4);
}

TEST(client_limits, unwritten_bytes_are_bounded) {
  player p = opened({.max_output = 1000});
  const std::string value(400, 'v');
  send(p, 1, {"SET", "k", value});
  send(p, 2, {"SET", "k", value});
  const std::size_t before = p.client.buffered();
  EXPECT_EQ(p.client.send(words{"SET", "k", value}, 3, {}, p.now).error(), errc::queue_full);
  EXPECT_EQ(p.client.subscribe(resp::subscription::channel, words{value}, 3, {}, p.now).error(),
            errc::queue_full);
  EXPECT_EQ(p.client.buffered(), before);
  EXPECT_EQ(p.take_output(), cmd("SET", "k", value) + cmd("SET", "k", value));
  // One alone may be larger, or it could never be sent.
  send(p, 4, {"SET", "k", std::string(5000, 'x')});
}

TEST(client_limits, a_reply_beyond_the_budget_ends_the_connection) {
  client_config config;
  config.reply.reply_budget = 1000;
  for (const std::string& reply :
       {"$2000\r\n" + std::string(2000, 'x'), "*100\r\n" + std::string(2000, '_'),
        "*2\r\n$600\r\n" + std::string(600, 'x') + "\r\n$600\r\n" + std::string(600, 'y')}) {
    for (const std::size_t chunk : {0u, 1u, 100u}) {
      player p = opened(config);
      p.chunk = chunk;
      send(p, 1);
      p.receive(reply);
      EXPECT_EQ(p.failures, 1u) << reply.substr(0, 10);
      EXPECT_TRUE(p.is_over());
    }
  }
}

TEST(client_limits, declared_sizes_reserve_nothing) {
  for (const std::string_view huge :
       {"*2147483647\r\n", "%1000000000\r\n", "$536870912\r\n", "*9223372036854775807\r\n",
        "$9223372036854775807\r\n", "$99999999999999999999\r\n", "*4294967295\r\n"}) {
    player p = opened();
    send(p, 1);
    const auto room = p.client.prepare(4096).size();
    p.client.commit(0, p.now);
    p.receive(huge);
    p.receive("x");
    if (!p.is_over()) {
      EXPECT_LE(p.client.prepare(1).size(), 4 * room) << huge;
      p.client.commit(0, p.now);
    }
    EXPECT_LE(p.failures, 1u);
  }
}

TEST(client_limits, deep_nesting_ends_the_connection) {
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "*1\r\n";
  script s;
  s.opened3().send(1, {"GET", "k"}).receive(deep).event("failed resp.too_deep").event("closed");
  play_every_way(s);
}

TEST(client_limits, the_nodes_of_a_reply_are_bounded) {
  player p = opened({.max_nodes = 100});
  send(p, 1);
  std::string many = "*1000\r\n";
  for (int i = 0; i < 1000; ++i) many += ":1\r\n";
  p.receive(many);
  EXPECT_EQ(p.all_events.at(1), "failed resp.reply_too_large");
  player fits = opened({.max_nodes = 100});
  send(fits, 1);
  std::string few = "*99\r\n";
  for (int i = 0; i < 99; ++i) few += ":1\r\n";
  fits.receive(few);
  EXPECT_EQ(fits.failures, 0u);
  EXPECT_EQ(fits.client.in_flight_count(), 0u);
}

// --- large arguments and payloads --------------------------------------------------------

TEST(client_output, large_arguments_travel_unchanged) {
  for (const std::size_t size : {100u, 16u * 1024 - 50, 16u * 1024, 16u * 1024 + 1, 300000u}) {
    player p = opened();
    const std::string value(size, 'v');
    send(p, 1, {"SET", "k", value, "EX", "5"});
    send(p, 2, {"GET", "k"});
    EXPECT_EQ(p.take_output(), cmd("SET", "k", value, "EX", "5") + cmd("GET", "k")) << size;
  }
}

TEST(client_output, an_owned_payload_is_not_copied) {
  player p = opened();
  const std::string text(100000, 'p');
  const auto payload = shared_bytes::copy(as_bytes(text));
  ASSERT_TRUE(p.client.send(words{"PUBLISH", "ch"}, payload, 1, {}, p.now));
  bool found = false;
  for (const const_buffer& piece : p.client.output()) found |= piece.data == payload.data();
  EXPECT_TRUE(found);
  EXPECT_EQ(p.take_output(), cmd("PUBLISH", "ch", text));
  ASSERT_TRUE(p.client.send(words{"PUBLISH", "ch"}, shared_bytes(), 2, {}, p.now));
  EXPECT_EQ(p.take_output(), cmd("PUBLISH", "ch", ""));
  p.receive(":1\r\n:0\r\n");
  EXPECT_EQ(p.client.in_flight_count(), 0u);
}

// An asynchronous write may be reading them.
TEST(client_output, bytes_that_were_shown_stay_where_they_are) {
  player p = opened();
  send(p, 1, {"SET", "k", std::string(3000, 'a')});
  const auto list = p.client.output();
  const std::vector<const_buffer> shown(list.begin(), list.end());
  const std::string expected = cmd("SET", "k", std::string(3000, 'a'));
  for (std::uint64_t tag = 2; tag < 500; ++tag) {
    send(p, tag, {"SET", "k", std::string(tag * 20, 'b')});
  }
  std::string still;
  for (const const_buffer& b : shown) still.append(static_cast<const char*>(b.data), b.size);
  EXPECT_EQ(still, expected);
  EXPECT_EQ(p.client.output().front().data, shown.front().data);
}

// --- input ---------------------------------------------------------------------------------

// The buffer grows, and moves, while a reply is half there; in these builds what it
// left is overwritten.
TEST(client_input, views_follow_a_buffer_that_moves) {
  std::string reply = "*300\r\n";
  std::string expected = "reply 1 *[";
  for (int i = 0; i < 300; ++i) {
    const std::string text = std::to_string(i) + std::string(static_cast<std::size_t>(i), 'x');
    reply += "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
    expected += (i == 0 ? "\"" : " \"") + text + "\"";
  }
  expected += "]";
  for (const std::size_t chunk : {0u, 1u, 13u, 4096u, 5000u}) {
    player p = opened();
    p.chunk = chunk;
    send(p, 1);
    p.receive(reply);
    ASSERT_EQ(p.events.size(), 1u) << chunk;
    EXPECT_EQ(p.events[0], expected) << chunk;
  }
}

TEST(client_input, an_idle_client_gives_its_buffers_back) {
  player p = opened();
  send(p, 1);
  p.take_output();
  p.receive("$3\r\nabc\r\n");
  ASSERT_TRUE(is_drained(p.client.next_event()));
  // A read that brought nothing must not pin the buffer.
  (void)p.client.prepare(100);
  p.client.commit(0, p.now);
  p.client.release();
  const std::size_t before = allocations();
  (void)p.client.prepare(100);
  EXPECT_EQ(allocations(), before + 1);  // it was free
}

TEST(client_input, releasing_in_the_middle_of_a_reply_loses_nothing) {
  const std::string reply = "*2\r\n$3\r\nabc\r\n$3\r\ndef\r\n";
  for (std::size_t at = 0; at <= reply.size(); ++at) {
    player p = opened();
    send(p, 1);
    p.receive(std::string_view(reply).substr(0, at));
    p.client.release();
    p.receive(std::string_view(reply).substr(at));
    ASSERT_EQ(p.events.size(), 1u) << at;
    EXPECT_EQ(p.events[0], "reply 1 *[\"abc\" \"def\"]") << at;
  }
}

// --- strings in parts ---------------------------------------------------------------------------

struct parts_result {
  std::string joined;
  std::size_t events = 0;
  std::size_t most = 0;  // bytes of one event
};

parts_result in_parts(player& p, std::string_view reply, std::size_t chunk) {
  parts_result got;
  while (!reply.empty()) {
    const auto room = p.client.prepare(chunk);
    const std::size_t n = std::min({chunk, room.size(), reply.size()});
    std::ranges::copy(as_bytes(reply.substr(0, n)), room.begin());
    p.client.commit(n, p.now);
    reply.remove_prefix(n);
    for (auto e = p.client.next_event(); !is_drained(e); e = p.client.next_event()) {
      const auto* r = std::get_if<resp::reply_event>(&e);
      if (!r) return got;
      std::size_t size = 0;
      for (const resp::node& node : r->nodes) {
        got.joined += node.text();
        size += node.size;
      }
      ++got.events;
      got.most = std::max(got.most, size);
      EXPECT_EQ(r->complete, got.joined.size() == 500000) << got.joined.size();
    }
  }
  return got;
}

TEST(client_parts, a_large_string_is_delivered_as_it_arrives) {
  client_config config;
  config.reply.parts_above = 1000;
  std::string value;
  for (int i = 0; value.size() < 500000; ++i) value += std::to_string(i);
  value.resize(500000);
  player p = opened(config);
  send(p, 1);
  const auto got = in_parts(p, "$500000\r\n" + value + "\r\n", 10000);
  EXPECT_EQ(got.joined, value);
  EXPECT_GT(got.events, 10u);
  EXPECT_LE(got.most, 100000u);  // never in memory as a whole
  EXPECT_EQ(p.client.in_flight_count(), 0u);
}

TEST(client_parts, who_leaves_in_the_middle_gets_no_end) {
  client_config config;
  config.reply.parts_above = 100;
  player p = opened(config);
  send(p, 1);
  send(p, 2);
  p.receive("$1000\r\n" + std::string(300, 'x'));
  EXPECT_FALSE(p.events.empty());
  p.events.clear();
  EXPECT_TRUE(p.client.cancel(1));
  p.receive(std::string(700, 'x') + "\r\n+next\r\n");
  EXPECT_EQ(p.events, (std::vector<std::string>{"reply 2 +next"}));
}

TEST(client_parts, messages_are_never_cut) {
  client_config config;
  config.reply.parts_above = 64;
  const std::string payload(50000, 'm');
  const std::string bytes = ">3\r\n+message\r\n+ch\r\n$50000\r\n" + payload + "\r\n";
  for (const std::size_t chunk : {0u, 1000u, 7u}) {
    player p = opened(config);
    p.chunk = chunk;
    p.receive(bytes);
    ASSERT_EQ(p.events.size(), 1u);
    EXPECT_EQ(p.events[0], "message ch: " + payload);
  }
}

// --- allocations ------------------------------------------------------------------------------

TEST(client_steady_state, a_command_and_its_reply_cost_no_allocation) {
  resp::client c;
  time_point now{};
  const std::array<std::string_view, 3> set{"SET", "key", "value"};
  const std::string_view replies = "+OK\r\n*2\r\n$3\r\nabc\r\n:1\r\n";
  auto receive = [&](std::string_view bytes) {
    std::ranges::copy(as_bytes(bytes), c.prepare(bytes.size()).begin());
    c.commit(bytes.size(), now);
    int count = 0;
    for (auto e = c.next_event(); !is_drained(e); e = c.next_event()) ++count;
    return count;
  };
  c.start(now);
  receive(hello3);
  c.consume_output(total_size(c.output()));
  std::size_t before = 0;
  for (int round = 0; round < 200; ++round) {
    if (round == 20) before = allocations();
    ASSERT_TRUE(c.send(set, 1, {.timeout = 1s}, now));
    ASSERT_TRUE(c.send(set, 2, {.timeout = 1s}, now));
    c.consume_output(total_size(c.output()));
    ASSERT_EQ(receive(replies), 2);
    now += 1ms;
  }
  EXPECT_EQ(allocations(), before);
}

// Memory ends at every allocation in turn: a command is sent whole with its slot,
// or not at all.
TEST(client_allocations, one_that_fails_leaves_the_stream_in_step) {
  const std::string large(40000, 'L');
  const auto payload = shared_bytes::copy(as_bytes(large));
  const words small{"GET", "k"}, big{"SET", "k", large}, names{"a", "b"};
  const auto now = time_point{};
  for (int what = 0; what < 4; ++what) {
    std::size_t failures = 0;
    for (std::size_t allowed = 0; allowed < 20; ++allowed) {
      player p = opened();
      p.client.release();
      const std::string expected = cmd("GET", "key");
      bool threw = false;
      {
        failing_allocation limit(allowed);
        try {
          switch (what) {
            case 0:
              (void)p.client.send(small, 1, {}, now);
              break;
            case 1:
              (void)p.client.send(big, 1, {}, now);
              break;
            case 2:
              (void)p.client.send(words{"PUBLISH", "c"}, payload, 1, {}, now);
              break;
            default:
              (void)p.client.subscribe(resp::subscription::channel, names, 1, {}, now);
          }
        } catch (const std::bad_alloc&) {
          threw = true;
        }
      }
      failures += threw ? 1 : 0;
      EXPECT_EQ(p.client.in_flight_count(), threw ? 0u : 1u) << what << " " << allowed;
      if (threw) {
        EXPECT_EQ(p.client.buffered(), 0u) << what << " " << allowed;
        send(p, 2);
        EXPECT_EQ(p.take_output(), expected) << what << " " << allowed;
      }
    }
    EXPECT_GT(failures, 0u) << what;
  }
}

}  // namespace
}  // namespace parley::test
