// A server's connection whose client says anything, in pieces of any size, and whose application
// answers in any order, late, in pieces, or never. Whatever happens: what goes out is valid HTTP in
// the order of the requests, the machine ends once, and events name requests that are open.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <parley/codecs/http/decoder.hpp>
#include <parley/codecs/http/server.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/reader.hpp"

namespace {

using namespace parley;
using fuzz::must;
using fuzz::reader;
using namespace std::chrono_literals;

// Requests that get past the first checks; the input chooses among them.
constexpr std::array<std::string_view, 16> phrases{
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD /h HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
    "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "0\r\nSum: 1\r\n\r\n",
    "PUT /e HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
    "abc",
    "GET /u HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
    "GET /o HTTP/1.0\r\n\r\n",
    "GET /k HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "GET /l HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "POST /z HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n",
    "\r\n",
};

http::server_limits limits_of(std::uint8_t bits) {
  http::server_limits l;
  l.message.header_block = 512;
  l.message.body = (bits & 1) != 0 ? 64 : 4096;
  l.message.chunk_extensions = 64;
  if ((bits & 2) != 0) l.max_pipelined = 2;
  if ((bits & 4) != 0) l.high_water = 200;
  if ((bits & 8) != 0) l.max_output = 400;
  if ((bits & 16) != 0) l.max_discarded = 16;
  if ((bits & 32) != 0) l.ask_before_body = true;
  l.compress_above = 16;
  if (l.high_water > l.max_output) l.high_water = l.max_output;
  return l;
}

// Reads what the server sends, as a client would.
class replies {
 public:
  void asked(http::method verb) { verbs_.push_back(verb); }
  void read(std::string_view bytes) {
    unread_ += bytes;
    for (;;) {
      if (decoder_.is_idle() && !verbs_.empty()) decoder_.expect_response_to(verbs_.front());
      const http::part p = decoder_.next(as_bytes(unread_), fields_);
      must(p.what != http::part_kind::failed && p.what != http::part_kind::no_room);
      if (p.what == http::part_kind::head) {
        is_final_ = decoder_.response(p, fields_).status >= 200;
      } else if (p.what == http::part_kind::end && is_final_ && !verbs_.empty()) {
        verbs_.pop_front();
      }
      unread_.erase(0, p.consumed);
      if (p.what == http::part_kind::need_data || p.what == http::part_kind::tunnel) return;
    }
  }

 private:
  http::limits bounds_{.body = UINT64_MAX};
  http::decoder decoder_{http::role::response, bounds_};
  std::array<http::field_place, 100> fields_;
  std::deque<http::method> verbs_;
  std::string unread_;
  bool is_final_ = false;
};

class world {
 public:
  explicit world(reader& in) : limits_(limits_of(in.byte())), in_(in) {
    machine_.start(now_);
    drain();
  }

  void act() {
    const std::uint8_t action = in_.byte();
    switch (action % 12) {
      case 0:
      case 1:
      case 2:
      case 3:
        return feed(phrases[in_.byte() % phrases.size()], 1 + action / 12);
      case 4:
        return feed(in_.bytes(in_.byte()), 1 + action / 12);
      case 5:
      case 6:
        return answer(in_.byte());
      case 7:
        return read(in_.byte() * 4U);
      case 8:
        now_ += std::chrono::milliseconds(in_.byte() * 100);
        machine_.handle_timeout(now_);
        return drain();
      case 9:
        machine_.commit_eof(now_);
        return drain();
      case 10:
        machine_.release();
        return;
      default:
        if (action > 200) machine_.drain(now_);
        if (action < 60) machine_.hold();
        if (action >= 60 && action < 120) machine_.go_on();
        return drain();
    }
  }

  void finish() {
    read(SIZE_MAX);
    machine_.close();
    drain();
    must(closed_);
  }

 private:
  void feed(std::string_view bytes, std::size_t portion) {
    while (!bytes.empty() && machine_.wants_read()) {
      const auto into = machine_.prepare(bytes.size());
      if (into.empty()) break;
      const std::size_t n = std::min({into.size(), bytes.size(), portion});
      std::memcpy(into.data(), bytes.data(), n);
      machine_.commit(n, now_);
      bytes.remove_prefix(n);
      drain();
    }
  }

  // Any open request, in any way; refusals must change nothing that matters.
  void answer(std::uint8_t how) {
    if (open_.empty()) return;
    const http::request_id id = open_[how % open_.size()];
    const http::header field{"X-Id", "1"};
    const http::response head{.status = static_cast<std::uint16_t>((how & 16) != 0 ? 404 : 200),
                              .headers = {&field, 1},
                              .close = how == 99,
                              .compress = (how & 1) != 0};
    const std::string body(how, 'x');
    switch (how / 16 % 8) {
      case 0:
        return done(id, machine_.respond(id, head, body, now_));
      case 1:
        return ignore(machine_.begin(id, head, std::nullopt, now_));
      case 2:
        return ignore(machine_.begin(id, head, how, now_));
      case 3:
        return ignore(machine_.write(id, as_bytes(body), now_));
      case 4:
        return done(id, machine_.finish(id, {}, now_));
      case 5:
        return ignore(machine_.accept_body(id, now_));
      case 6:
        if (!machine_.upgrade(id, "x", {}, now_)) ignore(machine_.accept_tunnel(id, {}, now_));
        return;
      default:
        return machine_.abandon(id);
    }
  }
  void done(http::request_id id, const result<std::size_t>& r) {
    if (r) std::erase(open_, id);
    drain();
  }
  void ignore(const result<std::size_t>&) { drain(); }

  void read(std::size_t most) {
    while (most > 0) {
      const auto list = machine_.output();
      if (list.empty()) break;
      const std::size_t n = std::min(list[0].size, most);
      replies_.read({static_cast<const char*>(list[0].data), n});
      machine_.consume_output(n);
      most -= n;
      drain();
    }
  }

  void drain() {
    for (;;) {
      const auto e = machine_.next_event();
      if (is_drained(e)) return must(!closed_);
      if (const auto* r = std::get_if<http::request_event>(&e)) {
        must(!failed_ && !closed_ && r->id == ++last_);
        open_.push_back(r->id);
        replies_.asked(r->head->verb);
      } else if (const auto* b = std::get_if<http::body_event>(&e)) {
        must(b->id == last_ && !b->data.empty());
      } else if (const auto* end = std::get_if<http::request_end>(&e)) {
        must(end->id == last_);
      } else if (std::holds_alternative<failed>(e)) {
        must(!std::exchange(failed_, true));
      } else if (std::holds_alternative<closed>(e)) {
        closed_ = true;
        open_.clear();
        return must(machine_.is_done() && !machine_.wants_read() && !machine_.next_deadline());
      }
    }
  }

  http::server_limits limits_;
  http::server machine_{limits_};
  replies replies_;
  reader& in_;
  std::vector<http::request_id> open_;
  http::request_id last_ = 0;
  time_point now_ = time_point(1h);
  bool failed_ = false;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reader in({reinterpret_cast<const char*>(data), size});
  world w(in);
  while (!in.empty()) w.act();
  w.finish();
  return 0;
}
