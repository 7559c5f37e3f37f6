#include "client_script.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace parley::test {
namespace {

using resp::element;
using resp::kind;

std::string list_line(std::string_view open, element value, char close) {
  std::string line(open);
  for (const element e : value) {
    if (line.size() > open.size()) line.push_back(' ');
    line += to_line(e);
  }
  line.push_back(close);
  return line;
}

std::string text(byte_view bytes) { return std::string(as_text(bytes)); }

struct line_of {
  std::string operator()(const need_data&) const { return "need_data"; }
  std::string operator()(const paused&) const { return "paused"; }
  std::string operator()(const resp::opened& e) const {
    return e.protocol == resp::version::resp3 ? "opened 3" : "opened 2";
  }
  std::string operator()(const resp::reply_event& e) const {
    std::string line = "reply " + std::to_string(e.tag) + " ";
    if (e.complete) return line + to_line(e.root());
    line += "part";
    for (const resp::node& n : e.nodes) line += " " + std::string(n.text());
    return line;
  }
  std::string operator()(const resp::expired& e) const {
    return "expired " + std::to_string(e.tag);
  }
  std::string operator()(const resp::message_event& e) const {
    const std::string name = e.pattern.empty() ? std::string() : std::string(e.pattern) + "/";
    return "message " + name + std::string(e.channel) + ": " + text(e.payload);
  }
  std::string operator()(const resp::confirmed& e) const {
    std::string line = e.on ? "on " : "off ";
    if (e.kind == resp::subscription::pattern) line += "pattern ";
    if (e.kind == resp::subscription::shard) line += "shard ";
    line += std::string(e.name) + " tag " + std::to_string(e.tag);
    return e.last ? line + " last" : line;
  }
  std::string operator()(const resp::push_event& e) const {
    return "push " + to_line(element(e.nodes));
  }
  std::string operator()(const failed& e) const {
    return "failed " + std::string(e.why.info().domain) + "." + std::string(e.why.name());
  }
  std::string operator()(const closed&) const { return "closed"; }
};

std::vector<std::string_view> views(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

}  // namespace

std::string cmd(std::vector<std::string_view> words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (std::string_view w : words) {
    bytes += "$" + std::to_string(w.size()) + "\r\n" + std::string(w) + "\r\n";
  }
  return bytes;
}

std::string to_line(element value) {
  switch (value.type()) {
    case kind::simple_string:
      return "+" + std::string(value.text());
    case kind::error:
    case kind::blob_error:
      return "-" + std::string(value.text());
    case kind::integer:
      return ":" + std::to_string(value.integer());
    case kind::blob_string:
    case kind::verbatim:
      return "\"" + std::string(value.text()) + "\"";
    case kind::null:
      return "_";
    case kind::boolean:
      return value.boolean() ? "#t" : "#f";
    case kind::number:
      return "," + std::to_string(value.number());
    case kind::big_number:
      return "(" + std::string(value.text());
    case kind::map:
      return list_line("%{", value, '}');
    case kind::set:
      return list_line("~[", value, ']');
    case kind::push:
      return list_line(">[", value, ']');
    case kind::array:
    case kind::attribute:
    case kind::stream_end:
      break;
  }
  return list_line("*[", value, ']');
}

std::string to_line(const resp::client::event& event) { return std::visit(line_of{}, event); }

void player::end_tag(std::uint64_t tag, bool final) {
  EXPECT_NE(tag, 0u);
  EXPECT_FALSE(cancelled_.contains(tag)) << "an event for the cancelled tag " << tag;
  EXPECT_FALSE(ended_.contains(tag)) << "another event for tag " << tag;
  if (final) ended_.insert(tag);
}

void player::note(const resp::client::event& event) {
  EXPECT_FALSE(closed_) << "after closed: " << to_line(event);
  EXPECT_EQ(failures, 0u) << "after failed: " << to_line(event);
  if (std::holds_alternative<failed>(event)) ++failures;
  if (const auto* r = std::get_if<resp::reply_event>(&event)) end_tag(r->tag, r->complete);
  if (const auto* e = std::get_if<resp::expired>(&event)) end_tag(e->tag, true);
  if (const auto* c = std::get_if<resp::confirmed>(&event)) {
    if (c->tag != 0) end_tag(c->tag, c->last);
  }
  events.push_back(to_line(event));
  all_events.push_back(events.back());
}

void player::drain() {
  for (;;) {
    const auto event = client.next_event();
    if (is_drained(event)) return;
    if (std::holds_alternative<closed>(event)) break;
    note(event);
  }
  if (!std::exchange(closed_, true)) {
    events.emplace_back("closed");
    all_events.emplace_back("closed");
  }
  check_over();
}

void player::check_over() {
  EXPECT_TRUE(std::holds_alternative<closed>(client.next_event()));
  EXPECT_TRUE(client.is_done());
  EXPECT_FALSE(client.wants_read());
  EXPECT_FALSE(client.next_deadline());
  EXPECT_FALSE(client.is_open());
  EXPECT_TRUE(client.prepare(100).empty());
  const std::string_view words[] = {"PING"};
  EXPECT_EQ(client.send(words, 999, {}, now).error(), errc::misuse);
  EXPECT_EQ(client.subscribe(resp::subscription::channel, words, 999, {}, now).error(),
            errc::misuse);
  client.commit_eof(now);
  client.commit_error(error(errc::reset), now);
  client.handle_timeout(now + 1h);
  client.close(now);
  client.release();
  EXPECT_TRUE(std::holds_alternative<closed>(client.next_event()));
}

void player::deliver(std::string_view bytes) {
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

void player::receive(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t n = chunk == 0 ? bytes.size() : std::min(chunk, bytes.size());
    if (cut > received) n = std::min(n, cut - received);
    const std::size_t before = received;
    deliver(bytes.substr(0, n));
    if (received != before + n) return;  // the client wants no more
    bytes.remove_prefix(n);
  }
}

void player::advance(duration by) {
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

std::string player::take_output() {
  std::string bytes;
  for (;;) {
    const buffer_list list = client.output();
    if (list.empty()) return bytes;
    const std::size_t n = std::min<std::size_t>(total_size(list), chunk == 0 ? SIZE_MAX : chunk);
    std::string piece;
    for (const const_buffer& b : list) piece.append(static_cast<const char*>(b.data), b.size);
    bytes += piece.substr(0, n);
    client.consume_output(n);
  }
}

void player::perform(const step& s) {
  const auto words = views(s.words);
  switch (s.kind) {
    case step::what::start:
      client.start(now);
      break;
    case step::what::sent:
      EXPECT_EQ(take_output(), s.text);
      return;
    case step::what::receive:
      receive(s.text);
      return;
    case step::what::event:
      ASSERT_FALSE(events.empty()) << "expected: " << s.text;
      EXPECT_EQ(events.front(), s.text);
      events.erase(events.begin());
      return;
    case step::what::send: {
      const auto ok = client.send(words, s.tag, {.timeout = s.time}, now);
      EXPECT_TRUE(ok) << ok.error().to_string();
      break;
    }
    case step::what::change: {
      const auto ok = s.on
                          ? client.subscribe(s.name_kind, words, s.tag, {.timeout = s.time}, now)
                          : client.unsubscribe(s.name_kind, words, s.tag, {.timeout = s.time}, now);
      EXPECT_TRUE(ok) << ok.error().to_string();
      break;
    }
    case step::what::cancel:
      EXPECT_TRUE(client.cancel(s.tag));
      EXPECT_FALSE(client.cancel(s.tag));
      cancelled_.insert(s.tag);
      break;
    case step::what::close:
      client.close(now);
      break;
    case step::what::advance:
      advance(s.time);
      return;
    case step::what::eof:
      client.commit_eof(now);
      break;
    case step::what::error:
      client.commit_error(error(errc::reset), now);
      break;
  }
  drain();
}

void player::play(const script& s, std::size_t limit) {
  for (std::size_t i = 0; i < std::min(limit, s.steps.size()); ++i) {
    const step& now_due = s.steps[i];
    // Only expectations may stand between an event and the next thing to happen.
    if (now_due.kind != step::what::event && now_due.kind != step::what::sent) {
      EXPECT_TRUE(events.empty()) << "not expected before step " << i << ": " << events.front();
      events.clear();
    }
    perform(now_due);
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "at step " << i << " (chunk " << chunk << ", cut " << cut << ")";
      return;
    }
  }
  if (limit >= s.steps.size()) {
    EXPECT_TRUE(events.empty()) << "more than expected: " << events.front();
  }
}

void play_every_way(const script& s) {
  std::size_t total = 0;
  {
    player whole(s.config);
    whole.play(s);
    total = whole.received;
  }
  for (const std::size_t chunk : {1u, 2u, 7u}) {
    player pieces(s.config);
    pieces.chunk = chunk;
    pieces.play(s);
    if (::testing::Test::HasFailure()) return;
  }
  for (std::size_t cut = 1; cut < total; ++cut) {
    player split(s.config);
    split.cut = cut;
    split.play(s);
    if (::testing::Test::HasFailure()) return;
  }
}

void fail_each_step(const script& s) {
  for (std::size_t limit = 0; limit <= s.steps.size(); ++limit) {
    for (const std::string_view how : {"eof", "error", "time"}) {
      player p(s.config);
      p.play(s, limit);
      if (p.is_over() || (how == "time" && limit == 0)) continue;  // not started: no deadline
      if (how == "eof") {
        p.client.commit_eof(p.now);
        p.drain();
      } else if (how == "error") {
        p.client.commit_error(error(errc::reset), p.now);
        p.drain();
        EXPECT_EQ(p.all_events[p.all_events.size() - 2], "failed core.reset");
      } else {
        p.advance(1h);
      }
      EXPECT_EQ(p.failures, 1u) << how << " before step " << limit;
      EXPECT_TRUE(p.is_over()) << how << " before step " << limit;
      if (::testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace parley::test
