// resp::client against a server that says anything, and a user who does anything.
// The input is a list of actions: commands, cancels, time, bytes of the server in
// pieces of any size, ends. Whatever they are: each tag ends at most once and
// never after it was cancelled, `failed` comes once and then nothing but
// `closed`, and the bookkeeping adds up.
#include <algorithm>
#include <array>
#include <cstdint>
#include <parley/codecs/resp/client.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/reader.hpp"

namespace {

using namespace parley;
using fuzz::must;
using fuzz::reader;

// What a tag has seen so far.
enum class life : std::uint8_t { waiting, ended, cancelled };

// Answers that get past the first checks; the input chooses among them.
constexpr std::array<std::string_view, 16> phrases{
    "+OK\r\n",
    "%1\r\n+proto\r\n:3\r\n",
    "-ERR unknown command `HELLO`\r\n",
    ":7\r\n",
    "$3\r\nabc\r\n",
    "*2\r\n+a\r\n_\r\n",
    ">3\r\n+message\r\n+c\r\n+text\r\n",
    ">3\r\n+subscribe\r\n+c\r\n:1\r\n",
    "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n",
    "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n",
    "*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n",
    "*2\r\n$4\r\npong\r\n$0\r\n\r\n",
    "-LOADING wait\r\n",
    "|1\r\n+k\r\n:1\r\n",
    "$200\r\n",
    "*?\r\n",
};

resp::client_config config_of(std::uint8_t bits) {
  resp::client_config c;
  if (bits & 1) c.who.password = "p";
  if (bits & 2) c.who.database = 1;
  if (bits & 4) c.who.protocol = resp::version_choice::resp2;
  if (bits & 8) c.reply.parts_above = 64;
  if (bits & 16) c.reply.reply_budget = 500;
  if (bits & 32) c.max_in_flight = 4;
  if (bits & 64) c.max_output = 200;
  if (bits & 128) c.max_nodes = 20;
  return c;
}

class session {
 public:
  session(resp::client_config config, reader& in) : client_(std::move(config)), in_(in) {}

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
        return receive(phrases[in_.byte() % phrases.size()].substr(0, in_.byte() % 8));
      case 5:
      case 6:
        return send(action);
      case 7:
      case 8:
        return subscribe(action);
      case 9:
        return cancel();
      case 10:
        now_ += std::chrono::milliseconds(in_.byte() * 20);
        client_.handle_timeout(now_);
        return drain();
      case 11:
        return write(in_.byte());
      case 12:
        client_.release();
        return drain();
      case 13:
        (void)client_.prepare(in_.byte());
        client_.commit(0, now_);
        return drain();
      default:
        return rare(in_.byte());
    }
  }

  void finish() {
    client_.commit_eof(now_);
    drain();
    must(closed_ || !started_ || client_.is_done());
    must(client_.is_done());
  }

 private:
  void rare(std::uint8_t which) {
    if (which == 0) client_.commit_eof(now_);
    if (which == 1) client_.commit_error(error(errc::reset), now_);
    if (which == 2) client_.close(now_);
    if (which >= 3) {
      started_ = true;
      client_.start(now_);
    }
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

  resp::send_options options() {
    return {.timeout = std::chrono::milliseconds((in_.byte() % 4) * 100)};
  }

  void accepted(const result<std::size_t>& r, std::size_t in_flight) {
    must(client_.in_flight_count() == in_flight + (r ? 1 : 0));
    if (!r) return must(closed_ || r.error().kind() != error_class::protocol);
    must(client_.is_open());
    lives_.push_back(life::waiting);
  }

  void send(std::uint8_t how) {
    const std::size_t before = client_.in_flight_count();
    const std::uint64_t tag = lives_.size() + 1;
    const std::array<std::string_view, 2> words{in_.byte() % 8 ? "GET" : "RESET",
                                                in_.bytes(in_.byte() % 32)};
    if (how % 2) return accepted(client_.send(words, tag, options(), now_), before);
    const auto payload = shared_bytes::copy(as_bytes(std::string(in_.byte() * 4u, 'p')));
    accepted(client_.send(words, payload, tag, options(), now_), before);
  }

  void subscribe(std::uint8_t how) {
    const std::size_t before = client_.in_flight_count();
    const std::uint64_t tag = lives_.size() + 1;
    const std::array<std::string_view, 3> names{"c", "d", "e"};
    const std::uint8_t what = in_.byte();
    const auto some = std::span(names).first(what % 4);
    const auto kind = static_cast<resp::subscription>(what / 4 % 3);
    accepted(how % 2 ? client_.subscribe(kind, some, tag, options(), now_)
                     : client_.unsubscribe(kind, some, tag, options(), now_),
             before);
  }

  void cancel() {
    const std::uint64_t tag = in_.byte() % (lives_.size() + 2);
    const std::size_t before = client_.in_flight_count();
    if (client_.cancel(tag)) {
      must(tag >= 1 && tag <= lives_.size() && lives_[tag - 1] == life::waiting);
      lives_[tag - 1] = life::cancelled;
    }
    must(client_.in_flight_count() == before);
  }

  void write(std::size_t n) {
    const auto list = client_.output();
    const std::size_t before = client_.buffered();
    must(total_size(list) <= before);
    n = std::min(n, total_size(list));
    client_.consume_output(n);
    must(client_.buffered() == before - n);
  }

  void touch(std::uint64_t tag, bool ends) {
    must(tag >= 1 && tag <= lives_.size());
    must(lives_[tag - 1] == life::waiting);
    if (ends) lives_[tag - 1] = life::ended;
  }

  // Every view that an event shows is read: a stale one shows itself under ASan.
  void read(std::string_view text) {
    for (const char c : text) sum_ = sum_ * 31 + static_cast<unsigned char>(c);
  }
  void read(std::span<const resp::node> nodes) {
    for (const resp::node& n : nodes) read(n.text());
  }

  void drain() {
    for (;;) {
      const auto event = client_.next_event();
      if (is_drained(event)) return must(!failed_ && !closed_);
      if (std::holds_alternative<closed>(event)) break;
      must(!failed_ && !closed_);
      if (std::holds_alternative<failed>(event)) failed_ = true;
      if (std::holds_alternative<resp::opened>(event)) must(!std::exchange(opened_, true));
      if (const auto* r = std::get_if<resp::reply_event>(&event)) {
        touch(r->tag, r->complete);
        must(!r->nodes.empty());
        read(r->nodes);
      }
      if (const auto* e = std::get_if<resp::expired>(&event)) touch(e->tag, true);
      if (const auto* c = std::get_if<resp::confirmed>(&event)) {
        if (c->tag != 0) touch(c->tag, c->last);
        read(c->name);
      }
      if (const auto* m = std::get_if<resp::message_event>(&event)) {
        read(m->channel);
        read(m->pattern);
        read(as_text(m->payload));
      }
      if (const auto* p = std::get_if<resp::push_event>(&event)) read(p->nodes);
    }
    closed_ = true;
    must(client_.is_done() && !client_.wants_read() && !client_.next_deadline());
    must(!client_.is_open() && client_.prepare(10).empty());
  }

  resp::client client_;
  reader& in_;
  std::vector<life> lives_;
  time_point now_{};
  unsigned sum_ = 0;
  bool started_ = false;
  bool opened_ = false;
  bool failed_ = false;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reader in({reinterpret_cast<const char*>(data), size});
  session s(config_of(in.byte()), in);
  while (!in.empty()) s.act();
  s.finish();
  return 0;
}
