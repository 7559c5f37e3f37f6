// The conversations of tests/vectors/websocket_cases, whose form frames.md explains.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "websocket/machine_script.hpp"

namespace parley::test {

struct websocket_case {
  std::string id;
  std::size_t portion = 0;  // 0: all at once
  bool by_frames = false;
  std::string sent;
  std::string expected;
};

// How GoogleTest shows and names it.
std::ostream& operator<<(std::ostream& to, const websocket_case& c);
inline std::string case_name(std::string id) {
  std::replace(id.begin(), id.end(), '.', '_');
  return id;
}

// All of them. Sizes beyond 64 KiB and numbers of messages are reduced, but in the long form.
std::vector<websocket_case> load_websocket_cases();
bool tests_are_long();

// What a case comes to, for a peer on one side.
struct case_script {
  struct step {
    std::string bytes;
    char mark = 0;  // '|', '^' or '!': what must hold behind it
  };
  std::vector<step> steps;
  std::vector<std::string> answers;  // lines of raw_websocket::read()
  std::vector<std::string> messages;
  std::string failure;  // the code, or nothing
};
case_script script_of(const websocket_case& c, const raw_websocket& peer);

// A machine as a loop has it, once its handshake is behind it, and the peer's hand.
template <class M>
class case_player {
 public:
  explicit case_player(M& m) : machine_(m) {}

  void feed(std::string_view bytes, std::size_t portion);
  void feed_eof() { machine_.commit_eof(now_), drain(); }
  std::string sent();
  bool has_failed() const { return has_failed_; }
  bool is_closed() const { return is_closed_; }

 private:
  void drain();

  M& machine_;
  time_point now_ = time_point(1h);
  bool has_failed_ = false;
  bool is_closed_ = false;
};

// The handshakes of the other side: of a client with these extensions, and of a server.
std::string case_request(std::string_view extensions);
std::string case_response(std::string_view request, const websocket::deflate_settings& settings);
// What the response to it has agreed on.
std::optional<websocket::deflate_agreement> agreement_in(std::string_view response);

template <class M>
void case_player<M>::feed(std::string_view bytes, std::size_t portion) {
  while (!bytes.empty() && machine_.wants_read()) {
    const auto into = machine_.prepare(bytes.size());
    const std::size_t most = portion == 0 ? bytes.size() : portion;
    const std::size_t n = std::min({into.size(), bytes.size(), most});
    std::memcpy(into.data(), bytes.data(), n);
    machine_.commit(n, now_);
    bytes.remove_prefix(n);
    drain();
  }
}

template <class M>
std::string case_player<M>::sent() {
  std::string all;
  for (auto list = machine_.output(); !list.empty(); list = machine_.output()) {
    for (const const_buffer& b : list) all.append(static_cast<const char*>(b.data), b.size);
    machine_.consume_output(total_size(list));
  }
  return all;
}

// Echoes.
template <class M>
void case_player<M>::drain() {
  for (;;) {
    auto e = machine_.next_event();
    if (const auto* m = std::get_if<websocket::message_event>(&e)) {
      const bool ok = machine_.send(m->type, m->data, now_).has_value();
      EXPECT_TRUE(ok);
    }
    has_failed_ |= std::holds_alternative<failed>(e);
    is_closed_ |= std::holds_alternative<closed>(e);
    if (is_drained(e) || is_closed_) return;
  }
}

}  // namespace parley::test
