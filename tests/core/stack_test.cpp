// stack<U> with zero, one and two layers.
#include <gtest/gtest.h>

#include <parley/core/machine/stack.hpp>
#include <string>
#include <vector>

#include "toy_machines.hpp"

namespace parley {
namespace {

using test::frame_layer;
using test::line_machine;
using lines = stack<line_machine>;
static_assert(machine<lines>);

constexpr char outer_key = 0x21;  // next to the socket
constexpr char inner_key = 0x42;
const std::string greeting(1, frame_layer::greeting);
const std::string farewell(1, '\0');

struct rig {
  explicit rig(int count)
      : layers(count),
        machine(line_machine(), count > 0 ? own(upper, inner_key) : nullptr,
                count > 1 ? own(lower, outer_key) : nullptr) {}

  static layer_ptr own(frame_layer*& seen, char key) {
    auto made = std::make_unique<frame_layer>(key);
    seen = made.get();
    return made;
  }

  // What the peer sends for these plain bytes, greetings and farewell included.
  std::string wire(const std::string& plain, bool ends) const {
    if (layers == 0) return plain;
    std::string bytes = greeting + frame_layer::encode(plain, inner_key) + (ends ? farewell : "");
    if (layers == 1) return bytes;
    return greeting + frame_layer::encode(bytes, outer_key) + (ends ? farewell : "");
  }

  // What a peer makes of the bytes that were sent.
  static std::string decoded(std::string_view bytes, char key) {
    std::string plain;
    EXPECT_TRUE(bytes.starts_with(greeting));
    bytes.remove_prefix(1);
    while (!bytes.empty()) {
      const auto size = static_cast<unsigned char>(bytes[0]);
      for (const char c : bytes.substr(1, size)) plain.push_back(static_cast<char>(c ^ key));
      bytes.remove_prefix(size + std::size_t{1});
    }
    return plain;
  }
  std::string plain_sent() const {
    std::string bytes = sent;
    if (layers == 2) bytes = decoded(bytes, outer_key);
    return layers == 0 ? bytes : decoded(bytes, inner_key);
  }

  void drain() {
    for (auto e = machine.next_event(); !is_drained(e); e = machine.next_event()) {
      if (auto* l = std::get_if<line_machine::line>(&e)) events.emplace_back(l->text);
      if (auto* f = std::get_if<failed>(&e)) {
        events.push_back("failed " + std::string(f->why.name()));
        why = f->why;
      }
      if (std::holds_alternative<closed>(e)) {
        if (!over) events.emplace_back("closed");
        over = true;
        break;
      }
    }
    write();
  }
  void write() {
    for (auto list = machine.output(); !list.empty(); list = machine.output()) {
      const auto& piece = list.front();
      sent.append(static_cast<const char*>(piece.data), piece.size);
      machine.consume_output(piece.size);
    }
  }
  // False when the stack wants no more.
  bool receive(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!machine.wants_read()) return false;
      const auto room = machine.prepare(bytes.size());
      if (room.empty()) return false;
      const std::size_t n = std::min(room.size(), bytes.size());
      std::ranges::copy(as_bytes(bytes.substr(0, n)), room.begin());
      machine.commit(n, now);
      bytes.remove_prefix(n);
      received += n;
      drain();
    }
    return true;
  }
  void start() {
    machine.start(now);
    drain();
  }

  int layers;
  frame_layer* upper = nullptr;
  frame_layer* lower = nullptr;
  lines machine;
  time_point now = time_point{} + std::chrono::hours(1);
  std::vector<std::string> events;
  std::string sent;
  std::size_t received = 0;
  std::optional<error> why;
  bool over = false;
};

struct stacks : ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(layers, stacks, ::testing::Values(0, 1, 2));

using words = std::vector<std::string>;

TEST_P(stacks, carry_lines_however_they_are_cut) {
  const std::string plain = "one\ntwo two two two two two two two two\n\nfour\n";
  const words expected{"one", "two two two two two two two two two", "", "four"};
  const std::string wire = rig(GetParam()).wire(plain, false);
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    rig r(GetParam());
    r.start();
    EXPECT_TRUE(r.receive(std::string_view(wire).substr(0, cut)));
    EXPECT_TRUE(r.receive(std::string_view(wire).substr(cut)));
    EXPECT_EQ(r.events, expected) << cut;
  }
  rig bytewise(GetParam());
  bytewise.start();
  for (const char c : wire) EXPECT_TRUE(bytewise.receive(std::string_view(&c, 1)));
  EXPECT_EQ(bytewise.events, expected);
}

TEST_P(stacks, start_the_machine_when_every_layer_is_open) {
  rig r(GetParam());
  r.start();
  EXPECT_EQ(r.machine.top().started_.has_value(), GetParam() == 0);
  EXPECT_EQ(r.sent, GetParam() == 0 ? "hello\n" : greeting);
  r.receive(r.wire("", false));
  EXPECT_TRUE(r.machine.top().started_);
  EXPECT_EQ(r.plain_sent(), "hello\n");
}

TEST_P(stacks, encode_what_is_sent_up_to_the_layers_limit) {
  rig r(GetParam());
  r.start();
  r.receive(r.wire("", false));
  const std::string text(500, 't');
  r.machine.top().send(text);
  if (GetParam() > 0) {
    EXPECT_LE(total_size(r.machine.output()), 3 * frame_layer::output_limit);
  }
  const std::size_t once = total_size(r.machine.output());
  EXPECT_EQ(total_size(r.machine.output()), once);  // asking twice changes nothing
  r.write();
  EXPECT_EQ(r.plain_sent(), "hello\n" + text + "\n");
}

TEST_P(stacks, deliver_everything_before_the_end) {
  rig r(GetParam());
  r.start();
  r.receive(r.wire("last\n", true));
  r.machine.commit_eof(r.now);
  r.drain();
  EXPECT_EQ(r.events, (words{"last", "closed"}));
  EXPECT_TRUE(r.machine.is_done());
}

TEST_P(stacks, a_cut_stream_is_truncated_and_no_end) {
  if (GetParam() == 0) {
    rig r(0);
    r.start();
    r.receive("last\nhal");
    r.machine.commit_eof(r.now);
    r.drain();
    EXPECT_EQ(r.events, (words{"last", "closed"}));  // the machine of lines says so
    return;
  }
  const std::string wire = rig(GetParam()).wire("last\n", false);
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    rig r(GetParam());
    r.start();
    r.receive(std::string_view(wire).substr(0, cut));
    r.machine.commit_eof(r.now);
    r.drain();
    ASSERT_FALSE(r.events.empty()) << cut;
    EXPECT_EQ(r.events.back(), "closed") << cut;
    EXPECT_EQ(std::ranges::count_if(r.events, [](auto& e) { return e.starts_with("failed"); }), 1)
        << cut;
    EXPECT_TRUE(r.why->cause() || *r.why == errc::truncated) << cut;
    EXPECT_TRUE(r.machine.is_done()) << cut;
  }
}

TEST_P(stacks, an_error_below_arrives_once_with_its_cause) {
  const std::string wire = rig(GetParam()).wire("x\n", false);
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    rig r(GetParam());
    r.start();
    r.receive(std::string_view(wire).substr(0, cut));
    r.events.clear();
    r.machine.commit_error(error(errc::reset, "socket"), r.now);
    r.drain();
    r.drain();
    ASSERT_EQ(r.events.size(), 2u) << cut;
    EXPECT_EQ(r.events[1], "closed");
    const error* deepest = &*r.why;
    int depth = 0;
    for (; deepest->cause(); deepest = deepest->cause()) ++depth;
    EXPECT_EQ(*deepest, errc::reset);
    EXPECT_EQ(depth, GetParam());
    EXPECT_TRUE(r.machine.is_done());
  }
}

TEST_P(stacks, close_from_the_top_after_the_last_byte) {
  rig r(GetParam());
  r.start();
  r.receive(r.wire("", false));
  r.machine.top().send("bye");
  r.machine.top().close();
  r.drain();
  EXPECT_EQ(r.plain_sent(), "hello\nbye\n");
  if (GetParam() > 0) {
    EXPECT_TRUE(r.sent.ends_with(farewell));
  }
  EXPECT_TRUE(r.machine.is_done());
}

TEST_P(stacks, may_end_before_the_layers_are_open) {
  rig r(GetParam());
  r.start();
  r.machine.top().close();
  r.drain();
  EXPECT_TRUE(r.machine.is_done());
  EXPECT_FALSE(r.machine.next_deadline());
}

TEST_P(stacks, the_earliest_deadline_counts_and_each_looks_at_its_own) {
  rig r(GetParam());
  r.start();
  r.receive(r.wire("", false));
  EXPECT_FALSE(r.machine.next_deadline());
  r.machine.top().deadline = r.now + std::chrono::seconds(9);
  EXPECT_EQ(r.machine.next_deadline(), r.now + std::chrono::seconds(9));
  r.machine.handle_timeout(r.now + std::chrono::seconds(8));
  r.drain();
  EXPECT_TRUE(r.events.empty());
  r.machine.handle_timeout(r.now + std::chrono::seconds(9));
  r.drain();
  EXPECT_EQ(r.events, (words{"failed timed_out", "closed"}));
}

TEST_P(stacks, a_handshake_that_takes_too_long_fails_the_machine) {
  if (GetParam() == 0) return;
  rig r(GetParam());
  r.start();
  if (GetParam() == 2) r.receive(greeting);  // the lower one opens
  const auto due = r.machine.next_deadline();
  ASSERT_TRUE(due);
  r.machine.handle_timeout(*due);
  r.drain();
  EXPECT_EQ(r.events, (words{"failed timed_out", "closed"}));
  EXPECT_TRUE(r.machine.is_done());
}

TEST_P(stacks, stop_reading_when_the_user_does_not_drain_and_lose_nothing) {
  rig r(GetParam());
  r.start();
  r.receive(r.wire("", false));
  std::string plain;
  for (int i = 0; i < 100; ++i) plain += "line " + std::to_string(i) + "\n";
  const std::string wire = r.wire(plain, false).substr(r.wire("", false).size());
  r.machine.top().stopped = true;
  std::string_view rest(wire);
  const std::size_t before = r.received;
  if (GetParam() == 2) {
    // The two greetings are inside the first frames: send the whole stream anew.
    rig fresh(2);
    fresh.start();
    EXPECT_TRUE(fresh.receive(fresh.wire(plain, false)));
    EXPECT_EQ(fresh.events.size(), 100u);
    return;
  }
  EXPECT_FALSE(r.receive(rest));
  EXPECT_FALSE(r.machine.wants_read());
  rest.remove_prefix(r.received - before);
  EXPECT_GT(rest.size(), 0u);
  r.machine.top().stopped = false;
  r.drain();  // what the layers hold comes without another read
  EXPECT_TRUE(r.receive(rest));
  ASSERT_EQ(r.events.size(), 100u);
  EXPECT_EQ(r.events.back(), "line 99");
}

TEST_P(stacks, read_for_the_handshake_although_the_machine_does_not) {
  if (GetParam() == 0) return;
  rig r(GetParam());
  r.machine.top().stopped = true;
  r.machine.start(r.now);
  EXPECT_TRUE(r.machine.wants_read());
}

TEST_P(stacks, an_idle_stack_gives_its_buffers_back) {
  rig r(GetParam());
  r.start();
  r.receive(r.wire("x\n", false));
  (void)r.machine.next_event();
  r.machine.release();
  EXPECT_TRUE(r.machine.top().released);
  EXPECT_TRUE(!r.upper || r.upper->released);
  EXPECT_TRUE(!r.lower || r.lower->released);
}

TEST_P(stacks, a_wrong_greeting_is_the_layers_failure) {
  if (GetParam() == 0) return;
  rig r(GetParam());
  r.start();
  r.receive("X");
  ASSERT_EQ(r.events.size(), 2u);
  EXPECT_TRUE(r.events[0].starts_with("failed"));
  EXPECT_FALSE(r.machine.top().started_);
}

}  // namespace
}  // namespace parley
