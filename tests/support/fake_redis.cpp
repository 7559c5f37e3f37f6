#include "support/fake_redis.hpp"

#include <algorithm>
#include <array>
#include <parley/core/loop/driver.hpp>

namespace parley::test {
namespace {

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return text;
}

// '*' and '?' only: enough for the patterns that tests use.
bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (matches(pattern.substr(1), text.substr(i))) return true;
    }
    return false;
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         matches(pattern.substr(1), text.substr(1));
}

}  // namespace

class fake_redis::session final : public machine_driver<fake_redis_machine, session> {
 public:
  session(fake_redis& server, connection& c) : machine_driver(server), server_(&server), c_(c) {}

  void on_event(fake_redis_machine::event&, time_point) {}
  void released() override {
    if (server_) server_->sessions_.erase(this);
    delete this;
  }
  void wake() { c_.wake(); }
  void drop() {
    server_ = nullptr;
    c_.close();
  }

 private:
  fake_redis* server_;
  connection& c_;
};

fake_redis::~fake_redis() { kill(); }

result<address> fake_redis::listen(const address& at) {
  auto made = loop_.listen(at, *this);
  if (!made) return std::unexpected(std::move(made.error()));
  listener_ = *std::move(made);
  return listener_->local_address();
}

void fake_redis::kill() {
  listener_.reset();
  for (session* s : std::exchange(sessions_, {})) s->drop();
}

driver* fake_redis::accept(connection& c, const address&) {
  ++accepted;
  auto* s = new session(*this, c);
  sessions_.insert(s);
  return s;
}

std::int64_t fake_redis::publish(std::string_view channel, std::string_view payload) {
  std::int64_t receivers = 0;
  for (session* s : sessions_) {
    fake_redis_machine& m = s->driven();
    if (m.listens(channel)) {
      m.push_message({}, channel, payload);
      ++receivers;
    }
    for (const std::string& p : m.patterns()) {
      if (!matches(p, channel)) continue;
      m.push_message(p, channel, payload);
      ++receivers;
    }
    s->wake();
  }
  return receivers;
}

void fake_redis::pushed(std::string_view key, std::string_view item) {
  session* first = nullptr;
  for (session* s : sessions_) {
    if (s->driven().waits_for() != key) continue;
    if (!first || s->driven().waits_since() < first->driven().waits_since()) first = s;
  }
  if (!first) return;
  first->driven().hand_over(item);
  first->wake();
}

void fake_redis_machine::hand_over(std::string_view item) {
  put("*2\r\n");
  blob(std::exchange(waits_for_, {}));
  blob(item);
}

fake_redis_machine::event fake_redis_machine::next_event() {
  if (over_) return closed{};
  std::array<resp::node, 16> nodes;
  for (;;) {
    const auto r = decoder_.decode(input_.data(), nodes);
    for (std::size_t i = 0; i < r.count; ++i) {
      if (!builder_.add(nodes[i])) continue;
      const resp::reply command = builder_.take();
      auto words = command.as<std::vector<std::string>>();
      if (words && !words->empty()) answer(*words);
    }
    input_.consume(r.consumed);
    if (r.status == resp::decode_status::failed) over_ = true;
    if (r.status != resp::decode_status::ok) break;
  }
  return need_data{};
}

void fake_redis_machine::simple(std::string_view text) { put("+" + std::string(text) + "\r\n"); }
void fake_redis_machine::integer(std::int64_t n) { put(":" + std::to_string(n) + "\r\n"); }
void fake_redis_machine::blob(std::string_view text) {
  put("$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n");
}

bool fake_redis_machine::answer_login(const std::vector<std::string>& words) {
  const std::string verb = upper(words[0]);
  std::string given;
  if (verb == "HELLO") {
    if (!server_.knows_hello) return put("-ERR unknown command `HELLO`\r\n"), true;
    for (std::size_t i = 2; i + 2 < words.size(); ++i) {
      if (upper(words[i]) == "AUTH") given = words[i + 2];
    }
  } else if (verb == "AUTH") {
    given = words.back();
  } else {
    if (!in_ && !server_.password.empty()) {
      return put("-NOAUTH Authentication required.\r\n"), true;
    }
    return false;
  }
  if (!server_.password.empty() && given.empty() && !in_) {
    return put("-NOAUTH Authentication required.\r\n"), true;
  }
  if (!given.empty() && given != server_.password) {
    return put("-WRONGPASS invalid username-password pair or user is disabled.\r\n"), true;
  }
  in_ = true;
  if (verb == "AUTH") return simple("OK"), true;
  version_ = resp::version::resp3;
  put("%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n");
  return true;
}

void fake_redis_machine::confirm(std::string_view word, std::string_view name) {
  put(version_ == resp::version::resp3 ? ">3\r\n" : "*3\r\n");
  blob(word);
  blob(name);
  integer(static_cast<std::int64_t>(channels_.size() + patterns_.size()));
}

bool fake_redis_machine::answer_subscription(const std::vector<std::string>& words) {
  const std::string verb = upper(words[0]);
  const bool on = verb == "SUBSCRIBE" || verb == "PSUBSCRIBE";
  if (!on && verb != "UNSUBSCRIBE" && verb != "PUNSUBSCRIBE") return false;
  const bool pattern = verb.front() == 'P';
  auto& set = pattern ? patterns_ : channels_;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (on && words[i] == server_.deny) {
      put("-NOPERM No permissions to access a channel\r\n");
      continue;
    }
    on ? static_cast<void>(set.insert(words[i])) : static_cast<void>(set.erase(words[i]));
    std::string word = verb;
    std::ranges::transform(word, word.begin(), [](char c) { return static_cast<char>(c + 32); });
    confirm(word, words[i]);
  }
  return true;
}

void fake_redis::say(std::string_view raw) {
  for (session* s : sessions_) {
    s->driven().put(raw);
    s->wake();
  }
}

void fake_redis_machine::push_message(std::string_view pattern, std::string_view channel,
                                      std::string_view payload) {
  const bool by_pattern = !pattern.empty();
  put(version_ == resp::version::resp3 ? ">" : "*");
  put(by_pattern ? "4\r\n" : "3\r\n");
  blob(by_pattern ? "pmessage" : "message");
  if (by_pattern) blob(pattern);
  blob(channel);
  blob(payload);
}

void fake_redis_machine::answer(const std::vector<std::string>& words) {
  server_.seen.push_back(words);
  if (server_.mute) return;
  if (!server_.garbage.empty()) return put(server_.garbage);
  if (const auto raw = server_.instead.find(upper(words[0])); raw != server_.instead.end()) {
    return put(raw->second);
  }
  if (answer_login(words) || answer_subscription(words)) return;
  const std::string verb = upper(words[0]);
  if (verb == "PING" && version_ == resp::version::resp2 && !channels_.empty()) {
    return put("*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  }
  if (verb == "PING") return simple("PONG");
  if (verb == "CLIENT" || verb == "SELECT") return simple("OK");
  if (verb == "ECHO" && words.size() > 1) return blob(words[1]);
  if (verb == "PUBLISH" && words.size() > 2) return integer(server_.publish(words[1], words[2]));
  if (verb == "SET" && words.size() > 2) {
    server_.store[words[1]] = words[2];
    return simple("OK");
  }
  if (verb == "GET" && words.size() > 1) {
    const auto found = server_.store.find(words[1]);
    if (found == server_.store.end()) return put("$-1\r\n");
    return blob(found->second);
  }
  if (verb == "BLPOP" && words.size() > 1) {
    waits_for_ = words[1];
    waits_since_ = ++server_.waited_;
    return;
  }
  if (verb == "LPUSH" && words.size() > 2) {
    server_.pushed(words[1], words[2]);
    return integer(1);
  }
  if (verb == "MULTI" || verb == "EXEC" || verb == "WATCH") return simple("OK");
  if (verb == "INCR" && words.size() > 1) {
    auto& number = server_.store[words[1]];
    number = std::to_string((number.empty() ? 0 : std::stoll(number)) + 1);
    return integer(std::stoll(number));
  }
  put("-ERR unknown command '" + words[0] + "'\r\n");
}

}  // namespace parley::test
