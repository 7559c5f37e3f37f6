// The way from bytes to events: decoding, pairing replies with commands, and
// telling messages from replies.
#include <algorithm>
#include <parley/codecs/resp/client.hpp>
#include <parley/codecs/resp/command_table.hpp>

namespace parley::resp {

element reply_event::root() const noexcept {
  // Attributes of the reply itself come as further roots, at depth 0; behind each
  // stand its own values, which are deeper.
  std::size_t from = 0;
  while (from < nodes.size() && nodes[from].type == kind::attribute && nodes[from].depth == 0) {
    do {
      ++from;
    } while (from < nodes.size() && nodes[from].depth > 0);
  }
  return element(nodes.subspan(from));
}

// Decodes a reply if nothing is special: it is whole and at the front of the input, its
// command has a waiter, and it is no push. False: whatever was decoded is left to
// decode_next(), which knows all cases.
inline bool client::has_plain_reply() {
  if (phase_ != phase::open || !takes_commands() || node_count_ != 0 || mid_reply_ ||
      input_.empty() || !decoder_ || nodes_.empty() || slots_.empty() || slots_.is_due(now_)) {
    return false;
  }
  const in_flight_slot& front = slots_.front();
  if (front.what != slot_kind::command || front.abandoned) return false;
  const decode_result r = decoder_->decode_reply(input_.data(), nodes_);
  decoded_ = r.consumed;
  node_count_ = r.count;
  return r.count != 0 && nodes_[r.count - 1].is_last() && nodes_.front().type != kind::push;
}

client::event client::next_event() {
  // The contract of machines: views of an event live until the next call.
  forget_delivered();
  if (has_plain_reply()) {
    delivered_ = true;
    drop_rest_ = false;
    const std::uint64_t tag = slots_.front().tag;
    slots_.pop();
    return reply_event{tag, {nodes_.data(), node_count_}, true};
  }
  if (phase_ >= phase::failing) return end_event();
  if (phase_ == phase::idle && !ended_) return need_data{};
  // Waiters whose time has passed learn of it before anything else.
  if (auto tag = slots_.take_expired(now_)) return expired{*tag};
  while (phase_ < phase::failing) {
    if (auto e = decode_next()) return *std::move(e);
    if (phase_ >= phase::failing) break;
    if (node_count_ > 0 && delivered_) {
      forget_delivered();  // a reply that nobody waits for
      continue;
    }
    break;
  }
  // All that was promised has come: the close is complete without a word to the
  // server, since QUIT is deprecated since Redis 7.2.
  if (phase_ == phase::closing && slots_.empty()) phase_ = phase::over;
  if (phase_ < phase::failing && ended_) {
    // Behind all that was decoded: replies that came before the end still count.
    fail_with(end_of_stream());
  }
  if (phase_ >= phase::failing) return end_event();
  return need_data{};
}

error client::end_of_stream() const {
  if (phase_ == phase::idle || phase_ == phase::handshaking) {
    return error(parley::errc::closed, "by the server, before it answered HELLO")
        .with_hint(
            "check that this is the port of a Redis server, and whether it wants TLS "
            "(rediss://)");
  }
  // An end between replies is a decision of the server; one inside a reply is a
  // loss on the way.
  if (mid_reply_ || (decoder_ && !decoder_->is_idle()) || !input_.empty()) {
    return error(parley::errc::truncated, "by the server, inside a reply");
  }
  return error(parley::errc::closed, "by the server");
}

client::event client::end_event() {
  if (phase_ == phase::failing) {
    // `failed` once, and `closed` for ever after: a driver may ask again.
    phase_ = phase::over;
    return failed{*why_};
  }
  return closed{};
}

// Decodes until a reply is whole. An event, or nothing: then `delivered_` says
// that a reply was swallowed and the next may be tried.
std::optional<client::event> client::decode_next() {
  for (;;) {
    // By has_plain_reply().
    if (node_count_ > 0 && nodes_[node_count_ - 1].is_last()) return deliver(true);
    const auto in = input_.data().subspan(decoded_);
    // An idle connection asks too, and must not get a list of nodes for it.
    if (in.empty()) break;
    if (node_count_ == nodes_.size()) {
      if (nodes_.size() >= config_.max_nodes) {
        fail_with(error(resp::errc::reply_too_large, "more than max_nodes values in one reply"));
        return std::nullopt;
      }
      // Grown by what was really decoded, never by what an aggregate declares.
      nodes_.resize(std::clamp<std::size_t>(nodes_.size() * 2, 32, config_.max_nodes));
    }
    // The bytes of the reply stay in the buffer until it was delivered: its nodes
    // look at them.
    if (!decoder_) decoder_ = std::make_unique<decoder>(config_.reply);
    const decode_result r = decoder_->decode_reply(in, std::span(nodes_).subspan(node_count_));
    decoded_ += r.consumed;
    node_count_ += r.count;
    if (node_count_ > 0 && nodes_[node_count_ - 1].is_last()) continue;
    if (r.status == decode_status::failed) {
      fail_with(foreign_peer(*decoder_->fault()));
      return std::nullopt;
    }
    if (r.status == decode_status::need_data) break;
  }
  // A string in parts: hand over what is there. Messages are never cut.
  if (node_count_ > 0 && nodes_[node_count_ - 1].has_more() &&
      (mid_reply_ || !is_push({nodes_.data(), node_count_}))) {
    return deliver(false);
  }
  // No room and no whole reply: waiting for more would wait for ever.
  if (input_.size() >= input_.limits().max) {
    fail_with(error(resp::errc::reply_too_large, "the reply does not fit the input buffer"));
  }
  return std::nullopt;
}

// The parts of a string lie side by side in the input: makes them one node.
void client::join_parts() noexcept {
  std::size_t to = 0;
  for (std::size_t i = 0; i < node_count_; ++i) {
    node joined = nodes_[i];
    while (nodes_[i].has_more() && i + 1 < node_count_) {
      const node& next = nodes_[++i];
      joined.size = static_cast<std::size_t>(next.data + next.size - joined.data);
      joined.flags = next.flags;
    }
    nodes_[to++] = joined;
  }
  node_count_ = to;
}

std::optional<client::event> client::deliver(bool complete) {
  delivered_ = true;
  // A new reply begins, and has a waiter of its own.
  if (!mid_reply_) drop_rest_ = false;
  const bool continues = mid_reply_;
  mid_reply_ = !complete;
  // Asked at the beginning only: the rest of a reply in parts may begin with any
  // word.
  if (!continues && is_push({nodes_.data(), node_count_})) {
    if (config_.reply.parts_above > 0) join_parts();
    return deliver_push({nodes_.data(), node_count_});
  }
  const std::span<const node> nodes(nodes_.data(), node_count_);
  // Nothing that comes later could be paired either: every answer would go to the
  // wrong waiter. So the connection ends.
  if (slots_.empty()) {
    fail_with(error(resp::errc::misplaced, "a reply that no command asked for"));
    return std::nullopt;
  }
  return answer_front(nodes, complete);
}

// RESP2 has no type for pushes: there an array that begins with one of the words
// of a subscription is one, if there are subscriptions.
bool client::is_push(std::span<const node> nodes) const {
  const node& head = nodes.front();
  if (head.type == kind::push) return true;
  if (head.type == kind::attribute) return false;
  if (version_ != version::resp2 || head.type != kind::array || nodes.size() < 3) return false;
  // The first confirmation comes before any subscription is counted.
  const bool subscribing = !slots_.empty() && slots_.front().what == slot_kind::subscribe;
  if (subscriptions_ <= 0 && shard_subscriptions_ <= 0 && !subscribing) return false;
  return find_push_word(nodes[1].text()) != nullptr;
}

std::optional<client::event> client::deliver_push(std::span<const node> nodes) {
  const push_word* word = nodes.size() > 1 ? find_push_word(nodes[1].text()) : nullptr;
  // Servers may add kinds of pushes: what is unknown is passed on, not an error.
  if (!word) return push_event{nodes};
  if (word->what == push_word::confirmation) {
    return deliver_confirmation(nodes, word->kind, word->on);
  }
  if (word->kind == subscription::pattern) {
    // The head and four words: "pmessage", pattern, channel, payload.
    if (nodes.size() < 5) return push_event{nodes};
    return message_event{nodes[3].text(), nodes[2].text(), nodes[4].bytes()};
  }
  if (nodes.size() < 4) return push_event{nodes};
  return message_event{nodes[2].text(), {}, nodes[3].bytes()};
}

std::optional<client::event> client::deliver_confirmation(std::span<const node> nodes,
                                                          subscription kind, bool on) {
  confirmed what{kind, on, nodes.size() > 2 ? nodes[2].text() : std::string_view()};
  if (nodes.size() > 3) {
    // The server's own count, so that it cannot drift from ours.
    (kind == subscription::shard ? shard_subscriptions_ : subscriptions_) = nodes[3].integer();
  }
  // A server ends subscriptions by itself as well (a slot that moves, a changed
  // ACL): such a push must not count for a command about something else.
  if (!slots_.empty() && slots_.front().confirms(kind, on)) {
    in_flight_slot& slot = slots_.front();
    // Counted all the same: the slot goes with its last confirmation.
    if (!slot.abandoned) what.tag = slot.tag;
    what.last = --slot.confirmations == 0;
    if (what.last) slots_.pop();
  }
  return what;
}

std::optional<client::event> client::answer_front(std::span<const node> nodes, bool complete) {
  // A copy, since the slot goes now; replies come in the order of commands, so that
  // the front one is meant.
  const in_flight_slot slot = slots_.front();
  if (complete) slots_.pop();
  switch (slot.what) {
    case slot_kind::ping:
      return std::nullopt;
    case slot_kind::handshake:
      if (!complete) {
        fail_with(error(resp::errc::reply_too_large, "the answer to the handshake"));
        return std::nullopt;
      }
      return handshake_answered(nodes);
    case slot_kind::subscribe:
    case slot_kind::command:
      break;
  }
  if (slot.abandoned || drop_rest_) {
    // A waiter that left in the middle of a reply must not get its end.
    drop_rest_ = true;
    return std::nullopt;
  }
  return reply_event{slot.tag, nodes, complete};
}

std::optional<client::event> client::handshake_answered(std::span<const node> nodes) {
  if (auto ok = handshake_->answered(reply_event{0, nodes}.root()); !ok) {
    fail_with(std::move(ok.error()));
    return std::nullopt;
  }
  // Before the next command is sent: how its reply is read depends on it.
  version_ = handshake_->negotiated();
  if (!handshake_->is_done()) {
    send_handshake();
    return std::nullopt;
  }
  handshake_.reset();
  phase_ = phase::open;
  timers_.stop(timer::handshake);
  if (config_.ping_interval > duration::zero()) {
    timers_.set(timer::alive, now_ + config_.ping_interval);
  }
  return opened{version_};
}

// A decoder's fault. Before the first reply it mostly means that the peer is
// something else: say what it looks like.
error client::foreign_peer(resp::errc fault) const {
  if (phase_ != phase::handshaking) return error(fault, "in a reply of the server");
  const auto seen = as_text(input_.data().subspan(decoded_));
  std::string start;
  for (const char c : seen.substr(0, 16)) {
    // Bytes of a stranger go into a message: nothing that a terminal would obey.
    start.push_back(c >= ' ' && c <= '~' ? c : '.');
  }
  error why(resp::errc::not_redis, "it answered \"" + start + "\"");
  if (seen.starts_with("HTTP/")) {
    return std::move(why).with_hint("this is the port of an HTTP server");
  }
  // A TLS alert record: 21, and the major version 3 (RFC 8446 section 5.1).
  if (seen.starts_with("\x15\x03")) {
    return std::move(why).with_hint("the server wants TLS: use rediss:// or ssl = true");
  }
  return why;
}

}  // namespace parley::resp
