#include <charconv>
#include <parley/codecs/resp/errc.hpp>
#include <parley/codecs/resp/handshake.hpp>
#include <utility>

namespace parley::resp {

handshake::handshake(const login& who) : who_(who) {
  std::array<char, 12> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), who.database).ptr;
  database_.assign(digits.data(), end);
  // HELLO first, where RESP3 may be had: it carries login and name, and saves up to
  // two round trips.
  enter(who.protocol == version_choice::resp2 ? step::auth : step::hello);
}

// Goes to `next`, or to the first step after it that is needed.
void handshake::enter(step next) {
  while (next != step::done && !needed(next)) {
    next = static_cast<step>(static_cast<std::uint8_t>(next) + 1);
  }
  step_ = next;
}

bool handshake::needed(step candidate) const {
  switch (candidate) {
    case step::hello:
    case step::done:
      return true;
    case step::auth:
      return !who_.password.empty();
    case step::set_name:
      return !who_.client_name.empty();
    case step::select:
      return who_.database != 0;
    case step::ping:
      return !answered_;  // proves that this is a Redis server which lets us in
  }
  return false;
}

std::span<const std::string_view> handshake::command() {
  switch (step_) {
    case step::hello:
      return hello_command();
    case step::auth:
      return auth_command();
    case step::set_name:
      words_ = {"CLIENT", "SETNAME", who_.client_name};
      return std::span(words_).first(3);
    case step::select:
      words_ = {"SELECT", database_};
      return std::span(words_).first(2);
    case step::ping:
      words_ = {"PING"};
      return std::span(words_).first(1);
    case step::done:
      break;
  }
  return {};
}

std::span<const std::string_view> handshake::hello_command() {
  words_ = {"HELLO", "3"};
  std::size_t n = 2;
  // In HELLO itself: a server that wants a password refuses it otherwise.
  if (!who_.password.empty()) {
    words_[n++] = "AUTH";
    // HELLO has no form with the password alone; "default" is the user whom that
    // form of AUTH means.
    words_[n++] = who_.username.empty() ? std::string_view("default") : who_.username;
    words_[n++] = who_.password;
  }
  if (!who_.client_name.empty()) {
    words_[n++] = "SETNAME";
    words_[n++] = who_.client_name;
  }
  return std::span(words_).first(n);
}

std::span<const std::string_view> handshake::auth_command() {
  // The form with one argument is all that servers before version 6 know.
  if (who_.username.empty()) {
    words_ = {"AUTH", who_.password};
    return std::span(words_).first(2);
  }
  words_ = {"AUTH", who_.username, who_.password};
  return std::span(words_).first(3);
}

result<void> handshake::answered(element reply) {
  if (step_ == step::hello) return hello_answered(reply);
  const step was = step_;
  if (reply.is_error()) {
    // A name is for the operator's eyes: not worth losing the connection.
    if (was != step::set_name) return std::unexpected(explain(classify(reply.text())));
  }
  answered_ = true;
  enter(static_cast<step>(static_cast<std::uint8_t>(was) + 1));
  return {};
}

result<void> handshake::hello_answered(element reply) {
  if (!reply.is_error()) {
    // RESP3 answers with a map; what else answers is something between us and the
    // server.
    if (!reply.is_aggregate()) {
      return fail(resp::errc::misplaced, "the answer to HELLO is not a map");
    }
    version_ = version::resp3;
    answered_ = true;
    // AUTH and SETNAME were part of it.
    enter(step::select);
    return {};
  }
  error why = classify(reply.text());
  // Servers before version 6 do not know the word, later ones may not know the
  // version. Other errors, a wrong password above all, would only be repeated by
  // AUTH.
  const bool too_old = why == errc::unknown_command || why == errc::no_protocol;
  if (!too_old || who_.protocol == version_choice::resp3) {
    return std::unexpected(explain(std::move(why)));
  }
  enter(step::auth);
  return {};
}

// Adds what only the handshake knows to the server's error.
error handshake::explain(error why) const {
  // The server's text says what is wrong, the hint which setting corrects it.
  if (why == errc::no_auth && who_.password.empty()) {
    return std::move(why).with_hint("set `password` (and `username` for an ACL user)");
  }
  if (why == errc::wrong_password) {
    return std::move(why).with_hint("check `username` and `password`, and that the ACL user is on");
  }
  if (step_ == step::hello && (why == errc::unknown_command || why == errc::no_protocol)) {
    return std::move(why).with_hint("the server has no RESP3: choose automatic or resp2");
  }
  if (step_ == step::select) {
    return std::move(why).with_hint("check `db`: the server's setting `databases` limits it");
  }
  return why;
}

}  // namespace parley::resp
