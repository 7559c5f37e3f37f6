// Server-sent events (WHATWG HTML section 9.2), from the sender and to the receiver.
#include <gtest/gtest.h>

#include <algorithm>
#include <parley/codecs/http/event_stream.hpp>
#include <random>
#include <vector>

#include "support/allocations.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using http::event_decoder;
using http::event_status;
using http::server_event;

// "type|data|id" for each event, then how it ended.
class listener {
 public:
  explicit listener(const http::event_limits& limits = {}) : decoder_(limits) {}

  bool feed(std::string_view piece) {
    for (;;) {
      // Exactly this size, so that a byte read beyond it is seen.
      const std::vector<char> copy(piece.begin(), piece.end());
      const auto r = decoder_.next(as_bytes({copy.data(), copy.size()}));
      piece.remove_prefix(r.consumed);
      if (r.status == event_status::failed) return false;
      if (r.status == event_status::need_data) return piece.empty();
      log_ += std::string(decoder_.type()) + "|" + std::string(decoder_.data()) + "|" +
              std::string(decoder_.last_event_id()) + "\n";
    }
  }
  std::string end() const {
    const auto retry = decoder_.retry();
    const auto fault = decoder_.fault();
    std::string all = log_ + "id " + std::string(decoder_.last_event_id());
    if (retry) all += " retry " + std::to_string(retry->count());
    if (fault) all += " fault " + std::to_string(static_cast<int>(*fault));
    return all;
  }
  event_decoder& decoder() { return decoder_; }

 private:
  event_decoder decoder_;
  std::string log_;
};

std::string whole(std::string_view stream, const http::event_limits& limits = {}) {
  listener l(limits);
  l.feed(stream);
  return l.end();
}

// Whole, cut at every byte, byte by byte.
void expect_events(std::string_view stream, std::string_view events,
                   const http::event_limits& limits = {}) {
  EXPECT_EQ(whole(stream, limits), events) << stream;
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    listener l(limits);
    if (l.feed(stream.substr(0, cut))) l.feed(stream.substr(cut));
    EXPECT_EQ(l.end(), events) << stream << "cut at " << cut;
  }
  listener bytes(limits);
  for (std::size_t i = 0; i < stream.size() && bytes.feed(stream.substr(i, 1)); ++i) {
  }
  EXPECT_EQ(bytes.end(), events) << stream;
}

TEST(event_decoder, fields_make_events) {
  expect_events("", "id ");
  expect_events("data: one\n\n", "message|one|\nid ");
  expect_events("data: one\n\ndata: two\n\n", "message|one|\nmessage|two|\nid ");
  expect_events("event: add\ndata: 7\n\ndata: 8\n\n", "add|7|\nmessage|8|\nid ");
  expect_events("data: a\ndata: b\ndata\ndata:\n\n", "message|a\nb\n\n|\nid ");
  expect_events("event: x\nevent: y\ndata: 1\n\n", "y|1|\nid ");
  expect_events("data: 1\nevent\n\n", "message|1|\nid ");
}

TEST(event_decoder, one_space_behind_the_colon_is_removed) {
  expect_events("data:a\n\ndata: a\n\ndata:  a\n\ndata:\ta\n\n",
                "message|a|\nmessage|a|\nmessage| a|\nmessage|\ta|\nid ");
  expect_events("data:a: b:\n\n", "message|a: b:|\nid ");
}

TEST(event_decoder, lines_end_with_lf_cr_or_both) {
  expect_events("data: a\rdata: b\r\ndata: c\n\r", "message|a\nb\nc|\nid ");
  expect_events("data: a\r\n\r\ndata: b\r\n\r\n", "message|a|\nmessage|b|\nid ");
  expect_events("data: a\r\rdata: b\r\r", "message|a|\nmessage|b|\nid ");
  expect_events("data: a\n\r\ndata: b\r\n\n\n", "message|a|\nmessage|b|\nid ");
}

TEST(event_decoder, an_event_ends_with_a_cr_at_the_end_of_a_piece) {
  listener l;
  ASSERT_TRUE(l.feed("data: a\r\n\r"));
  EXPECT_EQ(l.end(), "message|a|\nid ");
  ASSERT_TRUE(l.feed("\ndata: b\r\r"));
  EXPECT_EQ(l.end(), "message|a|\nmessage|b|\nid ");
}

TEST(event_decoder, a_byte_order_mark_is_skipped_at_the_very_start) {
  expect_events(
      "\xEF\xBB\xBF"
      "data: a\n\n",
      "message|a|\nid ");
  expect_events("\xEF\xBB\xBF\ndata: a\n\n", "message|a|\nid ");
  expect_events(
      "\xEF\xBB\xBF\xEF\xBB\xBF"
      "data: a\n\n",
      "id ");
  expect_events(
      "\xEF\xBB"
      "data: a\ndata: b\n\n",
      "message|b|\nid ");
  expect_events(
      "data: a\n\n\xEF\xBB\xBF"
      "data: b\n\n",
      "message|a|\nid ");
}

TEST(event_decoder, comments_and_unknown_fields_are_ignored) {
  expect_events(": hello\n:\n\nfoo: bar\nDATA: x\n data: y\ndata : z\ndata: a\n\n",
                "message|a|\nid ");
}

TEST(event_decoder, without_data_there_is_no_event) {
  expect_events("event: add\n\ndata: 1\n\n", "message|1|\nid ");
  expect_events("\n\n\r\n", "id ");
  expect_events("data\n\n", "message||\nid ");
  expect_events("data:\n\n", "message||\nid ");
}

TEST(event_decoder, what_stands_behind_the_last_blank_line_is_no_event) {
  expect_events("data: a\n\ndata: b\n", "message|a|\nid ");
  expect_events("data: a\n\nid: 5\ndata: b\n", "message|a|\nid ");
}

TEST(event_decoder, an_id_stays_until_another_one_comes) {
  expect_events("id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\n",
                "message|a|1\nmessage|b|1\nmessage|c|2\nid 2");
  expect_events("id: 1\ndata: a\n\nid\ndata: b\n\n", "message|a|1\nmessage|b|\nid ");
  expect_events("id: 1\n\n", "id 1");
  expect_events("id: 1\ndata: a\n\nid: 2\0x\ndata: b\n\n"sv, "message|a|1\nmessage|b|1\nid 1");
}

TEST(event_decoder, nul_is_allowed_in_all_else) {
  expect_events("event: \0\ndata: \0\n\n"sv, "\0|\0|\nid "sv);
}

TEST(event_decoder, retry_is_digits_alone) {
  expect_events("retry: 1500\n", "id  retry 1500");
  expect_events("retry:0\n", "id  retry 0");
  expect_events("retry: 1500\nretry: 1x\nretry: -1\nretry:\nretry: +2\nretry:  3\n",
                "id  retry 1500");
  expect_events("retry: 99999999999999999999999\n", "id  retry 2147483647");
  expect_events("retry: 2147483648\n", "id  retry 2147483647");
}

TEST(event_decoder, keeps_to_the_limits) {
  const http::event_limits limits{.max_line = 10, .max_event = 9};
  expect_events("data: 1234\n\n", "message|1234|\nid ", limits);
  expect_events("data: 12345\n\n", "id  fault 0", limits);
  expect_events(": 23456789\n", "id ", limits);
  expect_events(": 234567890\n", "id  fault 0", limits);
  expect_events("data: 1\n\n: 234567890", "message|1|\nid  fault 0", limits);
  expect_events("data: 1234\ndata: 6789\n\n", "message|1234\n6789|\nid ", limits);
  expect_events("data: 1234\ndata:67890\n\n", "id  fault 1", limits);
  expect_events("data: 1234\ndata: 6789\ndata\n\n", "id  fault 1", limits);
  expect_events("data:\n\n", "message||\nid ", {.max_line = 10, .max_event = 0});
  expect_events("data:1\n\n", "id  fault 1", {.max_line = 10, .max_event = 0});
  expect_events("\n", "id ", {.max_line = 0, .max_event = 0});
  expect_events("x\n", "id  fault 0", {.max_line = 0, .max_event = 0});
}

TEST(event_decoder, stays_failed_until_it_is_reset) {
  listener l({.max_line = 10, .max_event = 10});
  ASSERT_TRUE(l.feed("id: 4\nretry: 5\ndata: 1\n\ndata: half\r"));
  EXPECT_FALSE(l.feed("12345678901"));
  EXPECT_FALSE(l.feed("\ndata: x\n\n"));
  EXPECT_EQ(l.end(), "message|1|4\nid 4 retry 5 fault 0");
  l.decoder().reset();
  // A new stream: it may begin with a byte order mark, and the id stays.
  ASSERT_TRUE(l.feed("\xEF\xBB\xBF\ndata: 2\n\n"));
  EXPECT_EQ(l.end(), "message|1|4\nmessage|2|4\nid 4 retry 5");
}

TEST(event_decoder, an_id_of_an_unfinished_event_does_not_outlive_the_stream) {
  listener l;
  ASSERT_TRUE(l.feed("id: 1\ndata: a\n\nid: 2\ndata: b\n"));
  l.decoder().reset();
  ASSERT_TRUE(l.feed("data: c\n\n"));
  EXPECT_EQ(l.end(), "message|a|1\nmessage|c|1\nid 1");
}

TEST(event_decoder, consumes_up_to_the_end_of_the_event) {
  event_decoder d;
  const std::string_view stream = "data: a\n\ndata: b\n\n";
  const auto r = d.next(as_bytes(stream));
  EXPECT_EQ(r.status, event_status::event);
  EXPECT_EQ(r.consumed, 9U);
  EXPECT_EQ(d.data(), "a");
  EXPECT_EQ(d.next({}).status, event_status::need_data);
}

TEST(event_decoder, allocates_nothing_in_the_steady_state) {
  const std::string line(500, 'x');
  const std::string event =
      "id: 0123456789012345678901234567890\nevent: a type that is not short\ndata: " + line +
      "\ndata: " + line + "\n\n";
  event_decoder d;
  std::size_t before = 0;
  for (int round = 0; round < 100; ++round) {
    if (round == 10) before = allocations();
    std::size_t events = 0;
    for (std::size_t at = 0; at < event.size();) {
      const std::size_t n = std::min<std::size_t>(37, event.size() - at);
      const auto r = d.next(as_bytes(event).subspan(at, n));
      events += r.status == event_status::event;
      at += r.consumed;
    }
    ASSERT_EQ(events, 1U);
  }
  EXPECT_EQ(allocations(), before);
  d.release();
  EXPECT_EQ(d.last_event_id(), "0123456789012345678901234567890");
}

TEST(event_decoder, can_be_reset_after_a_failed_allocation) {
  const std::string event = "id: " + std::string(50, '1') + "\nevent: " + std::string(60, 'e') +
                            "\ndata: " + std::string(200, 'x') + "\n\n";
  std::size_t failures = 0;
  for (bool has_failed = true; has_failed; ++failures) {
    event_decoder d;
    try {
      const failing_allocation failing(failures);
      (void)d.next(as_bytes(event).first(40));
      (void)d.next(as_bytes(event).subspan(40));
      has_failed = failing.has_failed();
    } catch (const std::bad_alloc&) {
      d.reset();
    }
    const auto r = d.next(as_bytes(event));
    EXPECT_EQ(r.status, event_status::event);
    EXPECT_EQ(d.data(), std::string(200, 'x'));
  }
  EXPECT_GE(failures, 4U);
}

TEST(event_decoder, release_keeps_what_is_begun) {
  listener l;
  ASSERT_TRUE(l.feed("data: 1234567890123456789012345678901234567890\nda"));
  l.decoder().release();
  ASSERT_TRUE(l.feed("ta: x\n\n"));
  l.decoder().release();
  EXPECT_EQ(l.end(), "message|1234567890123456789012345678901234567890\nx|\nid ");
}

// ---- sending

std::string encode(const server_event& event) {
  std::vector<std::byte> room(http::event_bound(event));
  const std::byte* end = http::put_event(room.data(), event);
  const auto size = static_cast<std::size_t>(end - room.data());
  EXPECT_LE(size, room.size());
  return std::string(as_text(byte_view(room).first(size)));
}

std::string comment(std::string_view text) {
  std::vector<std::byte> room(http::comment_bound(text));
  const std::byte* end = http::put_comment(room.data(), text);
  return std::string(as_text(byte_view(room.data(), end)));
}

TEST(put_event, writes_the_fields_that_are_there) {
  EXPECT_EQ(encode({.data = "a"}), "data: a\n\n");
  EXPECT_EQ(encode({.data = ""}), "data: \n\n");
  EXPECT_EQ(encode({.data = "a", .type = "add", .id = "7", .retry = 1500ms}),
            "event: add\nid: 7\nretry: 1500\ndata: a\n\n");
  EXPECT_EQ(encode({.data = " a:", .id = " 7"}), "id:  7\ndata:  a:\n\n");
  EXPECT_EQ(encode({.data = "a", .retry = std::chrono::milliseconds::max()}),
            "retry: 9223372036854775807\ndata: a\n\n");
}

TEST(put_event, every_line_end_of_the_data_ends_a_line) {
  EXPECT_EQ(encode({.data = "a\nb\rc\r\nd"}), "data: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(encode({.data = "\n"}), "data: \ndata: \n\n");
  EXPECT_EQ(encode({.data = "a\r\n"}), "data: a\ndata: \n\n");
  EXPECT_EQ(encode({.data = "\n\r"}), "data: \ndata: \ndata: \n\n");
}

TEST(put_event, what_is_refused_cannot_forge_a_field) {
  for (const std::string_view bad : {"a\ndata: b"sv, "a\rb"sv, "a\0b"sv}) {
    EXPECT_EQ(http::check_event({.data = "", .type = bad}).error(), errc::invalid_argument);
    EXPECT_EQ(http::check_event({.data = "", .id = bad}).error(), errc::invalid_argument);
    EXPECT_TRUE(http::check_event({.data = bad}));
    EXPECT_EQ(encode({.data = "x", .type = bad, .id = bad}), "event: a\nid: a\ndata: x\n\n");
  }
  EXPECT_EQ(http::check_event({.data = "", .retry = -1ms}).error(), errc::invalid_argument);
  EXPECT_EQ(encode({.data = "x", .retry = -1ms}), "retry: 0\ndata: x\n\n");
  EXPECT_TRUE(http::check_event({.data = "a", .type = "add", .id = "7", .retry = 0ms}));
}

TEST(put_comment, writes_a_line_for_each_of_the_text) {
  EXPECT_EQ(comment(""), ": \n");
  EXPECT_EQ(comment("a\ndata: b\r\n\nc"), ": a\n: data: b\n: \n: c\n");
  EXPECT_EQ(whole(comment("a\n\ndata: b\n\n") + encode({.data = "c"})), "message|c|\nid ");
}

TEST(put_retry, is_an_event_that_nobody_sees) {
  std::byte room[http::retry_bound];
  const std::byte* end = http::put_retry(room, std::chrono::milliseconds::max());
  EXPECT_EQ(as_text({room, end}), "retry: 9223372036854775807\n\n");
  end = http::put_retry(room, 3s);
  EXPECT_EQ(whole(as_text({room, end})), "id  retry 3000");
}

std::string random_text(std::mt19937& random, std::string_view letters) {
  std::string text(random() % 40, ' ');
  for (char& c : text) c = letters[random() % letters.size()];
  return text;
}

TEST(event_stream, what_is_sent_is_received) {
  std::mt19937 random(20261126);
  std::string stream;
  std::string events;
  std::string id;
  for (int i = 0; i < 500; ++i) {
    const std::string data = random_text(random, "\n a:\xc3\xa4");
    const std::string type = random_text(random, ": ab\xc3\xa4");
    const std::string own_id = random_text(random, ": 01");
    ASSERT_TRUE(http::check_event({.data = data, .type = type, .id = own_id}));
    if (!own_id.empty()) id = own_id;
    events += (type.empty() ? "message" : type) + "|" + data + "|" + id + "\n";
    stream += encode({.data = data, .type = type, .id = own_id});
    if (i % 7 == 0) stream += comment(data);
  }
  events += "id " + id;
  EXPECT_EQ(whole(stream), events);
  listener pieces;
  for (std::string_view rest = stream; !rest.empty();) {
    const std::size_t n = std::min<std::size_t>(random() % 50, rest.size());
    ASSERT_TRUE(pieces.feed(rest.substr(0, n)));
    rest.remove_prefix(n);
  }
  EXPECT_EQ(pieces.end(), events);
}

}  // namespace
}  // namespace parley::test
