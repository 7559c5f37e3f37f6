// Conversations with resp::client as scripts: what is sent, what is received,
// which events follow. A script can be played whole, cut at any byte, and with
// any of its steps failing.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <parley/codecs/resp/client.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

using namespace std::chrono_literals;

// A command as it travels: cmd("GET", "key").
std::string cmd(std::vector<std::string_view> words);
template <class... Words>
std::string cmd(std::string_view first, Words... words) {
  return cmd(std::vector<std::string_view>{first, words...});
}

// The answer to HELLO 3, shortened.
inline constexpr std::string_view hello3 =
    "%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n";
inline constexpr std::string_view unknown_hello =
    "-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n";

// An event as a line of text: "opened 3", "reply 7 +OK", "message news: text",
// "message n*s/news: text", "on news tag 7 last", "failed resp.no_auth".
std::string to_line(const resp::client::event& event);
// A reply as text: +OK  -ERR text  :7  "blob"  _  #t  ,1.5  *["a" :1]  %{"k" :2}
std::string to_line(resp::element value);

struct step {
  enum class what { start, sent, receive, event, send, change, cancel, close, advance, eof, error };
  what kind = what::start;
  std::string text{};                // sent, receive, event
  std::vector<std::string> words{};  // send, change
  std::uint64_t tag = 0;
  duration time{};  // advance; timeout of send and change
  resp::subscription name_kind{};
  bool on = true;
};

class script {
 public:
  explicit script(resp::client_config c = {}) : config(std::move(c)) {}

  script& start() { return add({.kind = step::what::start}); }
  // Exactly these bytes are sent.
  script& sent(std::string_view bytes) { return add({step::what::sent, std::string(bytes)}); }
  script& receive(std::string_view bytes) { return add({step::what::receive, std::string(bytes)}); }
  // The next event. Others must not follow before the next step that causes some.
  script& event(std::string_view line) { return add({step::what::event, std::string(line)}); }
  script& send(std::uint64_t tag, std::vector<std::string> words, duration timeout = {}) {
    return add({.kind = step::what::send, .words = std::move(words), .tag = tag, .time = timeout});
  }
  script& subscribe(std::uint64_t tag, std::vector<std::string> names,
                    resp::subscription kind = resp::subscription::channel) {
    return change(tag, std::move(names), kind, true);
  }
  script& unsubscribe(std::uint64_t tag, std::vector<std::string> names,
                      resp::subscription kind = resp::subscription::channel) {
    return change(tag, std::move(names), kind, false);
  }
  script& cancel(std::uint64_t tag) { return add({.kind = step::what::cancel, .tag = tag}); }
  script& close() { return add({.kind = step::what::close}); }
  script& advance(duration by) { return add({.kind = step::what::advance, .time = by}); }
  script& eof() { return add({.kind = step::what::eof}); }
  script& broken() { return add({.kind = step::what::error}); }
  // start, HELLO 3 and opened.
  script& opened3() { return start().sent(cmd("HELLO", "3")).receive(hello3).event("opened 3"); }
  // start, HELLO refused, PING and opened.
  script& opened2() {
    start().sent(cmd("HELLO", "3")).receive(unknown_hello).sent(cmd("PING"));
    return receive("+PONG\r\n").event("opened 2");
  }

  resp::client_config config;
  std::vector<step> steps;

 private:
  script& change(std::uint64_t tag, std::vector<std::string> names, resp::subscription kind,
                 bool on) {
    return add({step::what::change, {}, std::move(names), tag, {}, kind, on});
  }
  script& add(step s) {
    steps.push_back(std::move(s));
    return *this;
  }
};

// One client and everything that a driver does for it. Checks on its way what
// holds in every conversation.
class player {
 public:
  explicit player(resp::client_config config) : client(std::move(config)) {}

  // How received bytes are cut: `chunk` at a time (0: not), and once more behind
  // byte `cut` of all that is received.
  std::size_t chunk = 0;
  std::size_t cut = 0;

  // Plays steps up to `limit`. Failures are reported with `name`.
  void play(const script& s, std::size_t limit = SIZE_MAX);
  // Bytes from the peer, and the events that follow.
  void receive(std::string_view bytes);
  void advance(duration by);
  // Takes every event that there is.
  void drain();
  // Takes everything that is to be written.
  std::string take_output();
  // What must hold of a client that has failed or is closed, for ever.
  void check_over();

  resp::client client;
  time_point now = time_point{} + std::chrono::hours(5);
  std::vector<std::string> events;  // not yet expected by the script
  std::vector<std::string> all_events;
  std::size_t received = 0;
  bool is_over() const { return closed_; }
  std::size_t failures = 0;

 private:
  void perform(const step& s);
  void deliver(std::string_view bytes);
  void note(const resp::client::event& event);
  void end_tag(std::uint64_t tag, bool final);

  std::set<std::uint64_t> ended_;      // tags that must not be seen again
  std::set<std::uint64_t> cancelled_;  // the same, by the user's wish
  bool closed_ = false;
};

// Plays the script whole, byte by byte, and cut at every byte.
void play_every_way(const script& s);
// Plays it up to each step, and then lets the peer end, the connection break, or
// time pass: one `failed`, and then closed for ever.
void fail_each_step(const script& s);

}  // namespace parley::test
