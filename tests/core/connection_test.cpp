// The order of a turn, kept by core/loop/connection.hpp for every loop.
#include "fake_connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

namespace parley {
namespace {

using test::fake_connection;
using test::fake_loop;
using test::word_list;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// A driver that writes down what it is asked, and does what the test sets.
struct fake_driver final : driver {
  explicit fake_driver(word_list& words) : log(words) {}

  void start(time_point) override { log.emplace_back("start"); }
  std::span<std::byte> prepare(std::size_t) override {
    log.emplace_back("prepare");
    return full ? std::span<std::byte>() : std::span(room);
  }
  void commit(std::size_t n, time_point) override {
    log.push_back("commit " + std::string(as_text(std::span(room).first(n))));
  }
  void commit_eof(time_point) override { log.emplace_back("eof"); }
  void commit_error(const error& why, time_point) override {
    log.push_back("error " + std::string(why.name()));
  }
  void handle_timeout(time_point) override { log.emplace_back("timeout"); }
  bool drain(time_point) override {
    log.emplace_back("drain");
    if (on_drain) on_drain();
    return std::exchange(is_paused, false);
  }
  buffer_list output() override {
    piece = {pending.data(), pending.size()};
    return pending.empty() ? buffer_list() : buffer_list(&piece, 1);
  }
  void consume_output(std::size_t n) override { pending.erase(0, n); }
  void release() override { log.emplace_back("release"); }
  bool ends_output() const override { return half_close; }
  std::optional<time_point> next_deadline() const override { return deadline; }
  bool wants_read() const override { return reads; }
  bool is_done() const override { return done; }
  void released() override { log.emplace_back("released"); }

  word_list& log;
  std::array<std::byte, 8> room{};
  std::string pending;
  const_buffer piece;
  std::function<void()> on_drain;
  bool is_paused = false;  // the next drain ends with `paused`
  std::optional<time_point> deadline;
  bool full = false;
  bool reads = true;
  bool done = false;
  bool half_close = false;
};

struct connection_test : ::testing::Test {
  ~connection_test() override {
    if (!connection) return;
    connection->close();
    loop.run();
    connection->on_released();
    loop.run();
  }

  word_list taken() { return std::exchange(log, {}); }
  void connect() {
    connection->on_connected();
    log.clear();
  }
  void release() { std::exchange(connection, nullptr)->on_released(); }

  word_list log;
  fake_loop loop;
  fake_driver driver{log};
  fake_connection* connection = new fake_connection(loop, driver, log);
};

TEST_F(connection_test, keeps_the_order_read_drain_write_arm) {
  driver.on_drain = [&] { driver.pending = "hello"; };
  connection->on_connected();
  EXPECT_THAT(taken(), ElementsAre("start", "drain", "write hello", "read on"));
  driver.on_drain = [&] { driver.pending = "answer"; };
  driver.deadline = loop.now() + std::chrono::milliseconds(5);
  EXPECT_TRUE(connection->receive("question"));
  EXPECT_THAT(taken(), ElementsAre("prepare", "commit question", "drain", "write answer"));
  EXPECT_EQ(loop.next_timer(), driver.deadline);
}

TEST_F(connection_test, reading_is_switched_only_when_it_changes) {
  connect();
  connection->receive("a");
  EXPECT_THAT(taken(), ElementsAre("prepare", "commit a", "drain"));
  driver.reads = false;
  connection->receive("b");
  EXPECT_THAT(taken(), ElementsAre("prepare", "commit b", "drain", "read off"));
  driver.reads = true;
  connection->wake();
  loop.run();
  EXPECT_THAT(taken(), ElementsAre("drain", "read on"));
}

TEST_F(connection_test, a_machine_without_room_is_not_polled_in_a_circle) {
  connect();
  driver.full = true;
  EXPECT_TRUE(connection->on_readable(1).empty());
  connection->on_read(0);
  EXPECT_THAT(taken(), ElementsAre("prepare", "read off"));
  driver.full = false;
  connection->wake();
  loop.run();
  EXPECT_THAT(taken(), ElementsAre("drain", "read on"));
}

TEST_F(connection_test, a_read_that_brought_nothing_ends_the_prepared_span) {
  connect();
  EXPECT_FALSE(connection->on_readable(1).empty());
  connection->on_read(0);
  EXPECT_THAT(taken(), ElementsAre("prepare", "commit "));
}

TEST_F(connection_test, writes_again_only_when_the_pending_write_has_ended) {
  connect();
  connection->writes = {{2, true}};
  driver.pending = "abcdef";
  connection->wake();
  loop.run();
  EXPECT_THAT(taken(), ElementsAre("drain", "write ab pending"));
  driver.pending += "gh";
  connection->wake();
  loop.run();
  EXPECT_THAT(taken(), ElementsAre("drain"));  // not written: one is under way
  connection->on_writable(3);
  EXPECT_THAT(taken(), ElementsAre("drain", "write fgh"));
  EXPECT_EQ(driver.pending, "");
}

TEST_F(connection_test, a_short_write_is_followed_by_another_at_once) {
  connect();
  connection->writes = {{1, false}, {2, false}};
  driver.pending = "abcdef";
  connection->wake();
  loop.run();
  EXPECT_THAT(taken(), ElementsAre("drain", "write a", "write bc", "write def"));
}

TEST_F(connection_test, a_write_that_took_nothing_waits_for_the_bad_news) {
  connect();
  connection->writes = {{0, false}};
  driver.pending = "abc";
  connection->wake();
  loop.run();
  EXPECT_THAT(taken(), ElementsAre("drain", "write "));
  driver.on_drain = [&] { driver.done = true; };
  connection->on_broken(error(errc::reset));
  EXPECT_THAT(taken(), ElementsAre("error reset", "drain", "begin_close"));
}

TEST_F(connection_test, ends_the_write_side_after_the_last_byte_and_reads_on) {
  connect();
  driver.half_close = true;
  driver.pending = "bye";
  connection->writes = {{0, true}};
  connection->wake();
  loop.run();
  EXPECT_THAT(taken(), ElementsAre("drain", "write  pending"));
  connection->on_writable(3);
  EXPECT_THAT(taken(), ElementsAre("drain", "shut"));
  connection->receive("x");
  EXPECT_THAT(taken(), ElementsAre("prepare", "commit x", "drain"));  // shut once
}

TEST_F(connection_test, the_peers_end_stops_reading_and_not_writing) {
  connect();
  driver.on_drain = [&] { driver.pending = "rest"; };
  connection->on_eof();
  EXPECT_THAT(taken(), ElementsAre("eof", "drain", "write rest", "read off"));
  connection->on_eof();
  EXPECT_TRUE(connection->on_readable(1).empty());
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(connection_test, an_error_is_told_once_and_ends_the_connection) {
  connect();
  driver.pending = "never";
  connection->on_broken(error(errc::reset));
  connection->on_broken(error(errc::io));
  EXPECT_THAT(taken(), ElementsAre("error reset", "drain", "begin_close"));
}

TEST_F(connection_test, a_failed_connect_reaches_the_machine_without_a_start) {
  connection->on_broken(error(errc::refused));
  EXPECT_THAT(taken(), ElementsAre("error refused", "drain", "begin_close"));
}

TEST_F(connection_test, nothing_is_written_before_it_is_connected) {
  driver.pending = "early";
  connection->wake();
  loop.run();
  EXPECT_THAT(taken(), IsEmpty());
  connection->on_connected();
  EXPECT_THAT(taken(), ElementsAre("start", "drain", "write early", "read on"));
}

TEST_F(connection_test, a_machine_that_is_done_is_dropped_after_its_last_byte) {
  connect();
  driver.done = true;
  driver.pending = "farewell";
  connection->writes = {{4, true}};
  connection->receive("x");
  EXPECT_THAT(taken(), ElementsAre("prepare", "commit x", "drain", "write fare pending"));
  connection->on_writable(4);
  EXPECT_THAT(taken(), ElementsAre("drain", "begin_close"));
}

TEST_F(connection_test, may_be_closed_inside_the_drain) {
  connect();
  driver.pending = "dropped";
  driver.on_drain = [&] { connection->close(); };
  connection->receive("x");
  EXPECT_THAT(taken(), ElementsAre("prepare", "commit x", "drain", "begin_close"));
  EXPECT_TRUE(connection->is_closing());
  connection->close();
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(connection_test, nothing_reaches_the_machine_after_close) {
  connect();
  driver.deadline = loop.now() + std::chrono::seconds(1);
  connection->wake();
  loop.run();
  connection->wake();
  connection->close();
  log.clear();
  connection->wake();
  connection->on_connected();
  connection->on_read(1);
  connection->on_eof();
  connection->on_broken(error(errc::reset));
  connection->on_writable(1);
  EXPECT_TRUE(connection->on_readable(10).empty());
  loop.advance(std::chrono::seconds(5));
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(connection_test, released_is_the_last_call) {
  connect();
  connection->close();
  log.clear();
  release();
  EXPECT_THAT(taken(), ElementsAre("released", "dispose"));
  EXPECT_FALSE(loop.has_attached());
}

TEST_F(connection_test, released_waits_while_the_connection_stands_in_the_queue) {
  connect();
  connection->wake();
  connection->close();
  log.clear();
  release();
  EXPECT_THAT(taken(), IsEmpty());
  loop.run();
  EXPECT_THAT(taken(), ElementsAre("released", "dispose"));
}

TEST_F(connection_test, wakes_are_joined_into_one_turn) {
  connect();
  for (int i = 0; i < 5; ++i) connection->wake();
  loop.run();
  EXPECT_THAT(taken(), ElementsAre("drain"));
  driver.on_drain = [&] { connection->wake(); };  // needless: the turn sends anyway
  connection->receive("x");
  EXPECT_THAT(taken(), ElementsAre("prepare", "commit x", "drain"));
  EXPECT_FALSE(loop.has_ready());
}

TEST_F(connection_test, a_machine_that_waits_for_its_output_goes_on_after_a_write) {
  connect();
  driver.is_paused = true;
  driver.pending = "full";
  connection->receive("x");
  EXPECT_THAT(taken(), ElementsAre("prepare", "commit x", "drain", "write full", "drain"));
  driver.is_paused = true;
  connection->receive("y");
  EXPECT_THAT(taken(), ElementsAre("prepare", "commit y", "drain")) << "nothing was written";
}

TEST_F(connection_test, a_peer_that_does_not_read_the_farewell_is_dropped) {
  connect();
  driver.done = true;
  driver.pending = "farewell";
  connection->writes = {{4, true}};
  connection->receive("x");
  taken();
  loop.advance(std::chrono::seconds(4));
  EXPECT_THAT(taken(), Not(Contains("begin_close")));
  loop.advance(std::chrono::seconds(1));
  EXPECT_THAT(taken(), Contains("begin_close"));
}

TEST_F(connection_test, the_deadline_is_handled_and_armed_again) {
  driver.deadline = loop.now() + std::chrono::milliseconds(100);
  connect();
  driver.on_drain = [&] { driver.deadline = loop.now() + std::chrono::milliseconds(50); };
  loop.advance(std::chrono::milliseconds(99));
  EXPECT_THAT(taken(), IsEmpty());
  loop.advance(std::chrono::milliseconds(1));
  EXPECT_THAT(taken(), ElementsAre("timeout", "drain"));
  driver.on_drain = [&] { driver.deadline.reset(); };
  loop.advance(std::chrono::milliseconds(50));
  EXPECT_THAT(taken(), ElementsAre("timeout", "drain"));
  EXPECT_FALSE(loop.next_timer());
}

TEST_F(connection_test, an_idle_connection_gives_its_buffers_back_once) {
  connect();
  connection->receive("x");
  log.clear();
  for (int i = 0; i < 6; ++i) loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(std::ranges::count(log, "release"), 1);
  EXPECT_FALSE(loop.next_timer());  // and then costs no timer
}

TEST_F(connection_test, a_busy_connection_keeps_its_buffers) {
  connect();
  for (int i = 0; i < 20; ++i) {
    connection->receive("x");
    loop.advance(std::chrono::milliseconds(400));
  }
  EXPECT_EQ(std::ranges::count(log, "release"), 0);
}

TEST_F(connection_test, another_driver_may_take_over_inside_the_drain) {
  connect();
  fake_driver second(log);
  second.pending = "upgraded";
  driver.on_drain = [&] { connection->rebind(second); };
  connection->receive("x");
  EXPECT_THAT(taken(), ElementsAre("prepare", "commit x", "drain", "drain", "write upgraded"));
  connection->close();
  log.clear();
  loop.run();
  release();
  EXPECT_THAT(taken(), ElementsAre("released", "dispose"));
}

TEST_F(connection_test, waiting_inside_a_drain_can_be_told) {
  connect();
  bool inside = false;
  driver.on_drain = [&] { inside = loop.in_turn(); };
  connection->receive("x");
  EXPECT_TRUE(inside);
  EXPECT_FALSE(loop.in_turn());
}

}  // namespace
}  // namespace parley
