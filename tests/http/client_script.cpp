#include "client_script.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace parley::test {
namespace {

std::string name_of(const error& e) {
  return std::string(e.info().domain) + "." + std::string(e.name());
}

struct line_of {
  std::string operator()(const need_data&) const { return "need_data"; }
  std::string operator()(const paused&) const { return "paused"; }
  std::string operator()(const http::opened&) const { return "opened"; }
  std::string operator()(const http::response_event& e) const {
    return "response " + std::to_string(e.tag) + " " + std::to_string(e.head->status);
  }
  std::string operator()(const http::interim_event& e) const {
    return "interim " + std::to_string(e.tag) + " " + std::to_string(e.head->status);
  }
  std::string operator()(const http::response_body& e) const {
    return "body " + std::to_string(e.tag) + ": " + std::string(as_text(e.data));
  }
  std::string operator()(const http::response_end& e) const {
    std::string line = "end " + std::to_string(e.tag);
    for (const http::header h : e.trailers) {
      line += " " + std::string(h.name) + "=" + std::string(h.value);
    }
    return line;
  }
  std::string operator()(const http::upgraded& e) const {
    return "upgraded " + std::to_string(e.tag) + " " + std::to_string(e.head->status);
  }
  std::string operator()(const http::client_writable& e) const {
    return "writable " + std::to_string(e.tag);
  }
  std::string operator()(const http::unanswered& e) const {
    return "unanswered " + std::to_string(e.tag) + (e.may_retry ? " retry " : " ") + name_of(e.why);
  }
  std::string operator()(const failed& e) const { return "failed " + name_of(e.why); }
  std::string operator()(const closed&) const { return "closed"; }
};

}  // namespace

std::string to_line(const http::client::event& event) { return std::visit(line_of{}, event); }

std::string asked(std::string_view method, std::string_view more) {
  return std::string(method) + " / HTTP/1.1\r\nHost: example.com\r\n" + std::string(more) + "\r\n";
}

// --- what the user does ---------------------------------------------------------------------

client_player& client_player::open() {
  client.start(now);
  drain();
  EXPECT_EQ(said(), "opened");
  return *this;
}

void client_player::send(std::uint64_t tag, std::string_view method, std::string_view body,
                         const http::request_options& options) {
  const auto ok = client.send({.method = method}, as_bytes(body), tag, options, now);
  ASSERT_TRUE(ok) << ok.error().to_string();
  ends[tag] = false;
  drain();
}

void client_player::begin(std::uint64_t tag, std::optional<std::uint64_t> length,
                          const http::request_options& options, std::string_view method) {
  const auto ok = client.begin({.method = method}, length, tag, options, now);
  ASSERT_TRUE(ok) << ok.error().to_string();
  ends[tag] = false;
  drain();
}

void client_player::write(std::uint64_t tag, std::string_view body) {
  const auto ok = client.write(tag, as_bytes(body), now);
  ASSERT_TRUE(ok) << ok.error().to_string();
  drain();
}

void client_player::finish(std::uint64_t tag) {
  const auto ok = client.finish(tag, {}, now);
  ASSERT_TRUE(ok) << ok.error().to_string();
  drain();
}

void client_player::cancel(std::uint64_t tag) {
  EXPECT_TRUE(client.cancel(tag));
  EXPECT_FALSE(client.cancel(tag));
  ends[tag] = true;
  drain();
}

// --- what the loop does ---------------------------------------------------------------------

void client_player::eof() {
  client.commit_eof(now);
  drain();
}

void client_player::broken(error with) {
  client.commit_error(with, now);
  drain();
}

void client_player::touch(std::uint64_t tag, bool ends_it) {
  ASSERT_TRUE(ends.contains(tag)) << "an event for a tag that was never sent: " << tag;
  EXPECT_FALSE(ends[tag]) << "an event behind the end of " << tag;
  if (ends_it) ends[tag] = true;
}

void client_player::note(const http::client::event& event) {
  EXPECT_FALSE(is_over) << "after closed: " << to_line(event);
  EXPECT_EQ(failures, 0u) << "after failed: " << to_line(event);
  if (const auto* e = std::get_if<failed>(&event)) {
    ++failures;
    why = e->why;
  }
  if (const auto* e = std::get_if<http::response_event>(&event)) {
    touch(e->tag, false);
    if (e->tag == held_at) client.hold();
  }
  if (const auto* e = std::get_if<http::interim_event>(&event)) touch(e->tag, false);
  if (const auto* e = std::get_if<http::response_end>(&event)) touch(e->tag, true);
  if (const auto* e = std::get_if<http::upgraded>(&event)) touch(e->tag, true);
  if (const auto* e = std::get_if<http::unanswered>(&event)) {
    touch(e->tag, true);
    why = e->why;
  }
  if (const auto* e = std::get_if<http::response_body>(&event)) {
    touch(e->tag, false);
    EXPECT_FALSE(e->data.empty());
    // Where a body is cut is nobody's business.
    const std::string head = "body " + std::to_string(e->tag) + ": ";
    if (!events.empty() && events.back().starts_with(head)) {
      events.back() += as_text(e->data);
      return;
    }
  }
  events.push_back(to_line(event));
}

void client_player::drain() {
  for (;;) {
    const auto event = client.next_event();
    is_paused = std::holds_alternative<paused>(event);
    if (is_drained(event)) return;
    if (std::holds_alternative<closed>(event)) break;
    note(event);
  }
  if (!std::exchange(is_over, true)) events.emplace_back("closed");
  check_over();
}

void client_player::check_over() {
  EXPECT_TRUE(client.is_done());
  EXPECT_FALSE(client.wants_read());
  EXPECT_FALSE(client.next_deadline());
  EXPECT_FALSE(client.is_open());
  EXPECT_FALSE(client.is_reusable());
  EXPECT_EQ(client.in_flight(), 0u);
  EXPECT_TRUE(client.prepare(100).empty());
  EXPECT_EQ(client.send({}, byte_view(), 999, {}, now).error(), errc::misuse);
  EXPECT_EQ(client.begin({}, 3, 999, {}, now).error(), errc::misuse);
  EXPECT_EQ(client.finish(999, {}, now).error(), errc::misuse);
  EXPECT_FALSE(client.cancel(1));
  client.commit_eof(now);
  client.commit_error(error(errc::reset), now);
  client.handle_timeout(now + 1h);
  client.close(now);
  client.release();
  EXPECT_TRUE(std::holds_alternative<closed>(client.next_event()));
  for (const auto& [tag, ended] : ends) EXPECT_TRUE(ended) << "no end was told of " << tag;
}

void client_player::deliver(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = client.prepare(bytes.size());
    if (room.empty()) return;
    const std::size_t n = std::min(room.size(), bytes.size());
    std::ranges::copy(as_bytes(bytes.substr(0, n)), room.begin());
    client.commit(n, now);
    received += n;
    drain();
    bytes.remove_prefix(n);
  }
}

void client_player::receive(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t n = chunk == 0 ? bytes.size() : std::min(chunk, bytes.size());
    if (cut > received) n = std::min(n, cut - received);
    const std::size_t before = received;
    deliver(bytes.substr(0, n));
    if (received != before + n) return;  // the client wants no more
    bytes.remove_prefix(n);
  }
}

void client_player::advance(duration by) {
  const time_point until = now + by;
  for (auto next = client.next_deadline(); next && *next <= until; next = client.next_deadline()) {
    now = std::max(now, *next);
    client.handle_timeout(now);
    drain();
    const auto again = client.next_deadline();
    ASSERT_TRUE(!again || *again > now) << "a deadline in the past remains";
  }
  now = until;
  client.handle_timeout(now);
  drain();
}

std::string client_player::take_output() {
  std::string bytes;
  for (;;) {
    const buffer_list list = client.output();
    if (list.empty()) break;
    const std::size_t n = std::min<std::size_t>(total_size(list), chunk == 0 ? SIZE_MAX : chunk);
    std::string piece;
    for (const const_buffer& b : list) piece.append(static_cast<const char*>(b.data), b.size);
    bytes += piece.substr(0, n);
    client.consume_output(n);
  }
  if (!is_over) drain();
  return bytes;
}

std::string client_player::said() {
  std::string lines;
  for (const std::string& e : std::exchange(events, {})) {
    if (!lines.empty()) lines += "; ";
    lines += e;
  }
  return lines;
}

// --- scripts --------------------------------------------------------------------------------

client_script& client_script::sent(std::string bytes) {
  return then([=](client_player& p) { EXPECT_EQ(p.take_output(), bytes); });
}

client_script& client_script::events(std::string lines) {
  return then([=](client_player& p) { EXPECT_EQ(p.said(), lines); });
}

void play(const client_script& s, client_player& p, std::size_t limit) {
  for (std::size_t i = 0; i < std::min(limit, s.steps.size()); ++i) {
    s.steps[i](p);
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "at step " << i << " (chunk " << p.chunk << ", cut " << p.cut << ")";
      return;
    }
  }
  if (limit >= s.steps.size()) {
    EXPECT_EQ(p.said(), "");
  }
}

void play_every_way(const client_script& s) {
  client_player whole(s.limits);
  play(s, whole);
  for (const std::size_t chunk : {1u, 2u, 7u}) {
    if (::testing::Test::HasFailure()) return;
    client_player pieces(s.limits);
    pieces.chunk = chunk;
    play(s, pieces);
  }
  for (std::size_t cut = 1; cut < whole.received; ++cut) {
    if (::testing::Test::HasFailure()) return;
    client_player split(s.limits);
    split.cut = cut;
    play(s, split);
  }
}

void end_after_each_step(const client_script& s) {
  for (std::size_t limit = 1; limit <= s.steps.size(); ++limit) {
    for (const std::string_view how : {"eof", "error", "time"}) {
      client_player p(s.limits);
      play(s, p, limit);
      if (p.is_over || p.client.is_upgraded()) continue;
      if (how == "eof") p.eof();
      if (how == "error") p.broken();
      if (how == "time") p.advance(1h);
      // What nobody but the user can end is waited for.
      if (how == "time") {
        EXPECT_TRUE(p.is_over || !p.client.next_deadline()) << "after step " << limit;
      } else {
        EXPECT_TRUE(p.is_over) << how << " after step " << limit;
        EXPECT_EQ(p.failures, how == "error" ? 1u : p.failures) << "after step " << limit;
      }
      if (::testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace parley::test
