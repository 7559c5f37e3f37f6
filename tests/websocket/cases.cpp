#include "websocket/cases.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ostream>
#include <sstream>

#include "support/http_head.hpp"
#include "support/vectors.hpp"

namespace parley::test {
namespace {

std::size_t number_of(std::string_view text) {
  std::size_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

std::size_t reduced(std::size_t size) {
  return tests_are_long() || size <= 65536 ? size : 65536 + size / 64;
}

// Removes what stands before `end`, and `end`.
std::string_view take_until(std::string_view& text, char end) {
  const std::string_view taken = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), taken.size() + 1));
  return taken;
}

// A payload, where marks cut it, and how large its fragments are.
struct payload_spec {
  std::string bytes;
  std::vector<std::pair<std::size_t, char>> marks;
  std::size_t fragment = 0;
};

payload_spec payload_of(std::string_view text) {
  payload_spec p;
  if (text.starts_with('*')) {
    text.remove_prefix(1);
    p.bytes = letters(reduced(number_of(take_until(text, '/'))));
    p.fragment = number_of(text);
    return p;
  }
  if (!text.starts_with('%')) {
    p.bytes = text;
    return p;
  }
  text.remove_prefix(1);
  while (!text.empty()) {
    if (text[0] == '|' || text[0] == '!') {
      p.marks.emplace_back(p.bytes.size(), text[0]);
      text.remove_prefix(1);
      continue;
    }
    unsigned byte = 0;
    std::from_chars(text.data(), text.data() + 2, byte, 16);
    p.bytes += static_cast<char>(byte);
    text.remove_prefix(2);
  }
  return p;
}

// Reads what is sent.
class script_builder {
 public:
  script_builder(case_script& to, const raw_websocket& peer) : to_(to), peer_(peer) {}

  void add(std::string_view token) {
    if (token.size() == 1 && std::string_view("|^!").contains(token[0])) {
      to_.steps.back().mark = token[0];
      return;
    }
    std::size_t count = 1;
    if (const std::size_t x = token.find('x'); x < token.find(':')) {
      count = tests_are_long() ? number_of(token) : std::min<std::size_t>(number_of(token), 50);
      token.remove_prefix(x + 1);
    }
    for (; count > 0; --count) add_frame(token);
  }

 private:
  void add_frame(std::string_view token) {
    frame_bits bits;
    if (token.starts_with("rsv"))
      bits.rsv = static_cast<unsigned>(number_of(take_until(token, '/').substr(3)));
    std::string_view name = take_until(token, ':');
    bits.fin = name[0] < 'a';
    constexpr std::string_view names = "CTBXPQ";
    constexpr unsigned opcodes[] = {0, 1, 2, 8, 9, 10};
    const std::size_t which = names.find(bits.fin ? name[0] : static_cast<char>(name[0] - 32));
    const unsigned op = which == std::string_view::npos
                            ? static_cast<unsigned>(number_of(name.substr(1)))
                            : opcodes[which];
    if (name == "X" && !token.empty()) {
      const auto code = static_cast<unsigned>(number_of(take_until(token, ':')));
      to_.steps.push_back({peer_.close(code, payload_of(token).bytes)});
      return;
    }
    const payload_spec p = payload_of(token);
    if (op <= 2) note(op, bits.fin, p.bytes);
    if (p.fragment == 0) return add_bytes(peer_.frame(op, p.bytes, bits), p);
    for (std::size_t at = 0; at < p.bytes.size(); at += p.fragment) {
      const bool last = at + p.fragment >= p.bytes.size();
      to_.steps.push_back({peer_.frame(
          at == 0 ? op : 0, std::string_view(p.bytes).substr(at, p.fragment), {.fin = last})});
    }
  }

  void add_bytes(const std::string& frame, const payload_spec& p) {
    const std::size_t header = frame.size() - p.bytes.size();
    std::size_t begin = 0;
    for (const auto& [at, mark] : p.marks) {
      to_.steps.push_back({frame.substr(begin, header + at - begin), mark});
      begin = header + at;
    }
    to_.steps.push_back({frame.substr(begin)});
  }

  // What an echo of it would be.
  void note(unsigned op, bool fin, const std::string& bytes) {
    if (op != 0) type_ = op == 1 ? "text " : "binary ";
    if (op != 0) coming_.clear();
    coming_ += bytes;
    if (!fin) return;
    to_.messages.push_back(coming_);
    echoes.push_back(type_ + shown(coming_));
  }

  case_script& to_;
  const raw_websocket& peer_;
  std::string coming_;
  std::string type_;

 public:
  std::vector<std::string> echoes;
};

void expect(case_script& to, std::string_view token, const std::vector<std::string>& echoes) {
  if (token == "echo") {
    to.answers.insert(to.answers.end(), echoes.begin(), echoes.end());
    return;
  }
  const std::string_view name = take_until(token, ':');
  if (name == "T") {
    to.answers.push_back("text " + payload_of(token).bytes);
  } else if (name == "Q") {
    to.answers.push_back("pong " + shown(payload_of(token).bytes));
  } else if (name == "X") {
    to.answers.push_back("close " + (token.empty() ? "empty" : std::string(token)));
  } else {
    to.failure = name;
  }
}

websocket_case case_of(std::string_view line) {
  websocket_case c;
  c.id = take_until(line, ' ');
  if (line.starts_with('@')) {
    line.remove_prefix(1);
    const std::string_view how = take_until(line, ' ');
    c.by_frames = how == "frame";
    c.portion = number_of(how);
  }
  const std::size_t arrow = line.find("=>");
  c.sent = line.substr(0, arrow);
  c.expected = line.substr(arrow + 2);
  return c;
}

std::string_view field_of(std::string_view head, std::string_view name) {
  const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string_view::npos) return {};
  head.remove_prefix(at + name.size() + 4);
  return head.substr(0, head.find("\r\n"));
}

}  // namespace

bool tests_are_long() {
  static const bool is_long = std::getenv("PARLEY_LONG") != nullptr;
  return is_long;
}

std::ostream& operator<<(std::ostream& to, const websocket_case& c) {
  return to << c.id << " " << c.sent;
}

std::vector<websocket_case> load_websocket_cases() {
  std::vector<websocket_case> all;
  for (const vector_case& group : load_vectors("websocket_cases")) {
    std::istringstream lines{std::string(group.block("cases"))};
    for (std::string line; std::getline(lines, line);) all.push_back(case_of(line));
  }
  return all;
}

case_script script_of(const websocket_case& c, const raw_websocket& peer) {
  case_script all;
  script_builder builder(all, peer);
  std::istringstream sent(c.sent), expected(c.expected);
  for (std::string token; sent >> token;) builder.add(token);
  for (std::string token; expected >> token;) expect(all, token, builder.echoes);
  return all;
}

std::string case_request(std::string_view extensions) {
  std::string more;
  if (!extensions.empty()) {
    more = "Sec-WebSocket-Extensions: " + std::string(extensions) + "\r\n";
  }
  return "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         more + "\r\n";
}

std::string case_response(std::string_view request, const websocket::deflate_settings& settings) {
  const auto accept = websocket::accept_of(field_of(request, "Sec-WebSocket-Key"));
  std::string more;
  const auto answer =
      websocket::choose_deflate(field_of(request, "Sec-WebSocket-Extensions"), settings);
  if (answer && *answer) {
    more = "Sec-WebSocket-Extensions: " + std::string(websocket::deflate_text(**answer).view()) +
           "\r\n";
  }
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         std::string(accept.data(), accept.size()) + "\r\n" + more + "\r\n";
}

std::optional<websocket::deflate_agreement> agreement_in(std::string_view response) {
  websocket::deflate_parameters any;
  any.has_client_bits = true;
  const auto read = websocket::check_answer(field_of(response, "Sec-WebSocket-Extensions"), any);
  return read ? *read : std::nullopt;
}

}  // namespace parley::test
