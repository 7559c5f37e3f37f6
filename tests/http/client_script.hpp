// Conversations with http::client as scripts: what is asked, what is sent and received, which
// events follow. A script can be played whole, cut at any byte, and with an end after any step.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <parley/codecs/http/client.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

using namespace std::chrono_literals;

// "opened", "response 1 200", "body 1: text", "end 1 X-Sum=3", "interim 1 103", "upgraded 1 101",
// "writable 1", "unanswered 1 retry core.closed", "failed http.bad_status_line", "closed".
std::string to_line(const http::client::event& event);

// One client and everything that a driver does for it. Checks on its way what holds in every
// conversation: each request ends once, no event follows its end or its cancellation.
class client_player {
 public:
  explicit client_player(const http::client_limits& l = {})
      : limits(l), client(limits, "example.com") {}
  client_player(const client_player&) = delete;

  // How received bytes are cut: `chunk` at a time (0: not), and once more behind byte `cut`.
  std::size_t chunk = 0;
  std::size_t cut = 0;

  // start, and `opened`.
  client_player& open();
  void send(std::uint64_t tag, std::string_view method = "GET", std::string_view body = {},
            const http::request_options& options = {});
  void begin(std::uint64_t tag, std::optional<std::uint64_t> length,
             const http::request_options& options = {}, std::string_view method = "POST");
  void write(std::uint64_t tag, std::string_view body);
  void finish(std::uint64_t tag);
  void cancel(std::uint64_t tag);
  // Bytes from the server, and the events that follow.
  void receive(std::string_view bytes);
  void eof();
  void broken(error why = error(errc::reset));
  // Lets time pass, and every deadline in it.
  void advance(duration by);
  // Takes every event that there is.
  void drain();
  // Takes everything that is to be written.
  std::string take_output();
  // Takes what was noted since the last call: lines, with "; " between.
  std::string said();

  http::client_limits limits;
  http::client client;
  time_point now = time_point{} + std::chrono::hours(5);
  std::vector<std::string> events;
  std::map<std::uint64_t, bool> ends;  // of each tag: whether its end was told
  std::size_t received = 0;
  std::size_t failures = 0;
  std::optional<error> why;   // of the last `failed` or `unanswered`
  std::uint64_t held_at = 0;  // response_event of this tag: hold()
  bool is_over = false;
  bool is_paused = false;

 private:
  void deliver(std::string_view bytes);
  void note(const http::client::event& event);
  void touch(std::uint64_t tag, bool ends_it);
  void check_over();
};

class client_script {
 public:
  using action = std::function<void(client_player&)>;

  explicit client_script(const http::client_limits& l = {}) : limits(l) {
    then([](client_player& p) { p.open(); });
  }
  client_script& then(action a) {
    steps.push_back(std::move(a));
    return *this;
  }
  client_script& send(std::uint64_t tag, std::string method = "GET", std::string body = {},
                      http::request_options options = {}) {
    return then([=](client_player& p) { p.send(tag, method, body, options); });
  }
  client_script& cancel(std::uint64_t tag) {
    return then([=](client_player& p) { p.cancel(tag); });
  }
  client_script& receive(std::string bytes) {
    return then([=](client_player& p) { p.receive(bytes); });
  }
  client_script& eof() {
    return then([](client_player& p) { p.eof(); });
  }
  // Exactly these bytes were written.
  client_script& sent(std::string bytes);
  // Something was.
  client_script& written() {
    return then([](client_player& p) { p.take_output(); });
  }
  // Exactly these events have come since the last time.
  client_script& events(std::string lines);

  http::client_limits limits;
  std::vector<action> steps;
};

// Plays the script whole, byte by byte, and cut at every byte.
void play_every_way(const client_script& s);
// Plays it up to each step, and then lets the server end, the connection break, or time pass.
void end_after_each_step(const client_script& s);
void play(const client_script& s, client_player& p, std::size_t limit = SIZE_MAX);

// A request as our client writes it: get("/") and so on, Host included.
std::string asked(std::string_view method = "GET", std::string_view more = {});
inline const std::string ok_empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
inline const std::string ok_hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

}  // namespace parley::test
