// http::client against a server that says anything, and a user who does anything. The input is a
// list of actions: requests, pieces of bodies, cancels, time, bytes of the server in pieces of any
// size, ends. Whatever they are: each request ends once and never after it was cancelled, `failed`
// comes once and then nothing but `closed`, and no POST is to be repeated that may have left.
#include <algorithm>
#include <array>
#include <cstdint>
#include <parley/codecs/http/client.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/reader.hpp"

namespace {

using namespace parley;
using fuzz::must;
using fuzz::reader;

// Answers that get past the first checks; the input chooses among them.
constexpr std::array<std::string_view, 16> phrases{
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "0\r\nX: y\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 x\r\nLink: a\r\n\r\n",
    "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: u\r\n\r\n",
    "HTTP/1.1 413 x\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 408 x\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 204 x\r\nKeep-Alive: timeout=3\r\n\r\n",
    "\r\n",
};
constexpr std::array<std::string_view, 8> methods{"GET", "HEAD", "POST",    "PUT",
                                                  "PUT", "LOCK", "CONNECT", "DELETE"};

http::client_limits limits_of(std::uint8_t bits) {
  http::client_limits l;
  if (bits & 1) l.max_pipelined = 4;
  if (bits & 2) l.high_water = 100;
  if (bits & 4) l.max_output = 500;
  if (bits & 8) l.max_discarded = 8;
  if (bits & 16) l.message.body = 20;
  if (bits & 32) l.continue_timeout = {};
  if (bits & 64) l.message.headers = 3;
  if (bits & 128) l.response_timeout = std::chrono::seconds(1);
  return l;
}

// What a request has seen so far.
struct asked {
  bool ended = false;
  bool is_post = false;
  std::uint64_t begin = 0;  // in all output
};

class session {
 public:
  session(std::uint8_t bits, reader& in)
      : limits_(limits_of(bits)), client_(limits_, "host"), in_(in) {
    if (in_.byte() % 8 == 7) return;  // most inputs need not find out how to start
    client_.start(now_);
    drain();
  }

  void act() {
    const std::uint8_t action = in_.byte();
    switch (action % 16) {
      case 0:
      case 1:
      case 2:
        return receive(phrases[in_.byte() % phrases.size()]);
      case 3:
        return receive(in_.bytes(in_.byte()));
      case 4:
        return receive(phrases[in_.byte() % phrases.size()].substr(0, in_.byte() % 64));
      case 5:
      case 6:
      case 7:
        return ask(action);
      case 8:
        return feed();
      case 9:
        return cancel();
      case 10:
        now_ += std::chrono::milliseconds(in_.byte() * 20);
        client_.handle_timeout(now_);
        return drain();
      case 11:
        return write(in_.byte() * 4u);
      case 12:
        client_.release();
        return drain();
      case 13:
        (void)client_.prepare(in_.byte());
        client_.commit(0, now_);
        return drain();
      case 14:
        in_.byte() % 2 == 0 ? client_.hold() : client_.go_on();
        return drain();
      default:
        return rare(in_.byte());
    }
  }

  void finish() {
    client_.go_on();
    client_.commit_eof(now_);
    drain();
    if (client_.is_upgraded()) return;
    must(closed_ && client_.is_done());
    for (const asked& a : asked_) must(a.ended);
  }

 private:
  void rare(std::uint8_t which) {
    if (which == 0) client_.commit_eof(now_);
    if (which == 1) client_.commit_error(error(errc::reset), now_);
    if (which == 2) client_.commit_error(error(errc::truncated), now_);
    if (which == 3) client_.close(now_);
    if (which == 4) client_.set_body_limit(in_.byte());
    if (which >= 5) client_.start(now_);
    drain();
  }

  void receive(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto room = client_.prepare(bytes.size());
      must(room.empty() || client_.wants_read());
      if (room.empty()) return;
      const std::size_t n = std::min(room.size(), bytes.size());
      std::ranges::copy(as_bytes(bytes.substr(0, n)), room.begin());
      client_.commit(n, now_);
      bytes.remove_prefix(n);
      drain();
    }
  }

  void ask(std::uint8_t how) {
    const std::uint8_t what = in_.byte();
    const std::uint8_t choice = in_.byte();
    http::request head{.method = methods[what % methods.size()]};
    if (head.method == "CONNECT") head.target = "a:1";
    http::request_options options;
    if (choice & 1) options.expect_continue = true;
    if (choice & 2) options.timeout = std::chrono::milliseconds(500);
    if ((choice & 12) == 12) options.close = true;
    if ((choice & 48) == 48) options.upgrade = "u";
    const std::string body((choice >> 6) * (how >= 128 ? 200u : 1u), 'b');
    const std::uint64_t tag = asked_.size() + 1;
    const std::uint64_t begin = consumed_ + client_.buffered();
    const std::size_t before = client_.in_flight();
    const bool reusable = client_.is_reusable();
    const auto r = ask_so(how, head, body, tag, options);
    must(client_.in_flight() == before + (r ? 1 : 0));
    if (!r) return must(begin == consumed_ + client_.buffered());
    must(reusable && client_.is_open() && *r == client_.buffered());
    asked_.push_back({.is_post = head.method == "POST" || head.method == "LOCK", .begin = begin});
    drain();
  }

  result<std::size_t> ask_so(std::uint8_t how, const http::request& head, const std::string& body,
                             std::uint64_t tag, const http::request_options& options) {
    if (how % 16 == 5) return client_.send(head, as_bytes(body), tag, options, now_);
    if (how % 16 == 6) {
      return client_.send(head, shared_bytes::copy(as_bytes(body)), tag, options, now_);
    }
    const auto length = how & 32 ? std::optional<std::uint64_t>(how) : std::nullopt;
    auto r = client_.begin(head, length, tag, options, now_);
    if (r) fed_ = tag;
    return r;
  }

  void feed() {
    const std::uint8_t n = in_.byte();
    const std::string body(n / 2, 'f');
    const std::size_t before = client_.buffered();
    if (n % 4 == 0) {
      (void)client_.finish(fed_, {}, now_);
    } else if (n % 4 == 1) {
      (void)client_.write(fed_, shared_bytes::copy(as_bytes(std::string(n * 5u, 's'))), now_);
    } else {
      (void)client_.write(fed_, as_bytes(body), now_);
    }
    must(client_.buffered() >= before);
    drain();
  }

  void cancel() {
    const std::uint64_t tag = in_.byte() % (asked_.size() + 2);
    if (client_.cancel(tag)) {
      must(tag >= 1 && tag <= asked_.size());
      must(!asked_[tag - 1].ended || tag == fed_);
      asked_[tag - 1].ended = true;
    }
    must(!client_.cancel(tag));
    drain();
  }

  void write(std::size_t n) {
    const std::size_t before = client_.buffered();
    const std::size_t shown = total_size(client_.output());
    must(shown <= before);
    shown_ = std::max<std::uint64_t>(shown_, consumed_ + shown);
    n = std::min(n, shown);
    client_.consume_output(n);
    consumed_ += n;
    must(client_.buffered() == before - n);
    drain();
  }

  asked& touch(std::uint64_t tag) {
    must(tag >= 1 && tag <= asked_.size());
    must(!asked_[tag - 1].ended);
    return asked_[tag - 1];
  }

  // Every view that an event shows is read: a stale one shows itself under ASan.
  void read(std::string_view text) {
    for (const char c : text) sum_ = sum_ * 31 + static_cast<unsigned char>(c);
  }
  void read(const http::header_list& list) {
    for (const http::header h : list) {
      read(h.name);
      read(h.value);
    }
  }

  void see(const http::client::event& event) {
    if (const auto* e = std::get_if<http::response_event>(&event)) {
      (void)touch(e->tag);
      must(e->head->status >= 200);
      read(e->head->headers);
    }
    if (const auto* e = std::get_if<http::interim_event>(&event)) {
      (void)touch(e->tag);
      must(e->head->status < 200);
      read(e->head->headers);
    }
    if (const auto* e = std::get_if<http::response_body>(&event)) {
      (void)touch(e->tag);
      must(!e->data.empty());
      read(as_text(e->data));
    }
    if (const auto* e = std::get_if<http::response_end>(&event)) {
      touch(e->tag).ended = true;
      read(e->trailers);
    }
    if (const auto* e = std::get_if<http::upgraded>(&event)) {
      touch(e->tag).ended = true;
      read(e->head->headers);
      must(client_.is_upgraded() && client_.in_flight() == 0);
    }
    if (const auto* e = std::get_if<http::unanswered>(&event)) {
      asked& a = touch(e->tag);
      a.ended = true;
      must(!e->may_retry || !a.is_post || shown_ <= a.begin);
    }
    if (const auto* e = std::get_if<http::client_writable>(&event)) {
      must(e->tag >= 1 && e->tag <= asked_.size());
      must(!asked_[e->tag - 1].ended || e->tag == fed_);
    }
  }

  void drain() {
    for (;;) {
      const auto event = client_.next_event();
      if (is_drained(event)) return must(!failed_ && !closed_);
      if (std::holds_alternative<closed>(event)) break;
      must(!failed_ && !closed_);
      if (std::holds_alternative<failed>(event)) failed_ = true;
      if (std::holds_alternative<http::opened>(event)) must(!std::exchange(opened_, true));
      see(event);
    }
    closed_ = true;
    must(client_.is_done() && !client_.wants_read() && !client_.next_deadline());
    must(!client_.is_open() && !client_.is_reusable() && client_.prepare(10).empty());
    must(client_.in_flight() == 0);
  }

  http::client_limits limits_;
  http::client client_;
  reader& in_;
  std::vector<asked> asked_;
  std::uint64_t fed_ = 0;       // whose body is given in pieces
  std::uint64_t consumed_ = 0;  // of all output
  std::uint64_t shown_ = 0;
  time_point now_ = time_point{} + std::chrono::hours(1);
  unsigned sum_ = 0;
  bool opened_ = false;
  bool failed_ = false;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reader in({reinterpret_cast<const char*>(data), size});
  session s(in.byte(), in);
  while (!in.empty()) s.act();
  s.finish();
  return 0;
}
