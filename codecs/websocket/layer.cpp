#include <algorithm>
#include <array>
#include <cstring>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/layer.hpp>
#include <string>
#include <utility>

namespace parley::detail {

// What of a gather list is still to be written.
class rest_of_list {
 public:
  explicit rest_of_list(buffer_list all) noexcept : all_(all) { skip(0); }

  bool empty() const noexcept { return at_ == all_.size(); }
  bool is_last() const noexcept { return at_ + 1 == all_.size(); }
  std::size_t skipped() const noexcept { return skipped_; }
  // The first piece, up to `most` bytes of it. Not if empty().
  byte_view piece(std::size_t most) const noexcept {
    const byte_view whole(static_cast<const std::byte*>(all_[at_].data), all_[at_].size);
    return whole.subspan(offset_, std::min(whole.size() - offset_, most));
  }
  // The first bytes, moved together in `room` where they are apart.
  byte_view begin(std::span<std::byte> room) const noexcept {
    const byte_view first = piece(room.size());
    if (first.size() == room.size()) return first;
    std::size_t n = 0;
    for (rest_of_list next = *this; !next.empty() && n < room.size();) {
      const byte_view some = next.piece(room.size() - n);
      std::memcpy(room.data() + n, some.data(), some.size());
      n += some.size();
      next.skip(some.size());
    }
    return room.first(n);
  }
  // No more than there are.
  void skip(std::size_t n) noexcept {
    skipped_ += n;
    for (offset_ += n; at_ < all_.size() && offset_ >= all_[at_].size; ++at_) {
      offset_ -= all_[at_].size;
    }
  }

 private:
  buffer_list all_;
  std::size_t at_ = 0;
  std::size_t offset_ = 0;  // in the first piece
  std::size_t skipped_ = 0;
};

}  // namespace parley::detail

namespace parley::websocket {
namespace {

using parley::detail::rest_of_list;

// Above this the machine on top waits. A message is a part of it, so that none is refused.
constexpr std::size_t most_output = 64 * 1024;
// Small pieces are one message up to here: a message costs more than its header.
constexpr std::size_t joined = 16 * 1024;
// From here on a piece is worth a message of its own: joining would copy it once more.
constexpr std::size_t large_piece = 4 * 1024;
constexpr std::size_t no_end = static_cast<std::size_t>(-1);

bool is_orderly(close_code code) noexcept {
  return code == close_code::normal || code == close_code::going_away ||
         code == close_code::no_status;
}

error closed_with(const close_event& e) {
  std::string text = "with code " + std::to_string(static_cast<unsigned>(e.code));
  if (!e.reason.empty()) text.append(": ").append(e.reason);
  const bool may_pass = e.code >= close_code::service_restart && e.code <= close_code::bad_gateway;
  return {may_pass ? errc::peer_unavailable : errc::closed_by_peer, std::move(text)};
}

}  // namespace

template <class Side>
machine_layer<Side>::machine_layer(Side machine, std::shared_ptr<const void> kept,
                                   message_measure measure)
    : kept_(std::move(kept)),
      machine_(std::move(machine)),
      measure_(measure),
      left_(measure ? 0 : no_end) {}

template <class Side>
machine_layer<Side>::~machine_layer() = default;

// --- input ------------------------------------------------------------------------------------

template <class Side>
bool machine_layer<Side>::wants_read() const {
  return rest_.empty() && !ended_ && !why_ && machine_.wants_read();
}

// What is being read must stay where it is.
template <class Side>
std::span<std::byte> machine_layer<Side>::prepare(std::size_t hint) {
  if (!wants_read()) return {};
  return machine_.prepare(hint);
}

template <class Side>
std::size_t machine_layer<Side>::give(std::span<std::byte> into) noexcept {
  const std::size_t n = std::min(into.size(), rest_.size());
  if (n > 0) std::memcpy(into.data(), rest_.data(), n);
  rest_ = rest_.subspan(n);
  return n;
}

template <class Side>
machine_layer<Side>::step machine_layer<Side>::take_data(opcode type, byte_view data,
                                                         time_point now) {
  if (type == opcode::binary) {
    rest_ = data;
  } else {
    machine_.fail(error(parley::errc::not_supported, "a text message, where bytes are expected"),
                  now);
  }
  return step::go_on;
}

template <class Side>
machine_layer<Side>::step machine_layer<Side>::take(event& e, time_point now) {
  if (const auto* m = std::get_if<message_event>(&e)) return take_data(m->type, m->data, now);
  if (const auto* p = std::get_if<piece_event>(&e)) return take_data(p->type, p->data, now);
  if (std::holds_alternative<opened>(e)) {
    opened_ = true;
  } else if (const auto* c = std::get_if<close_event>(&e)) {
    ended_ = true;
    if (!is_orderly(c->code)) why_ = closed_with(*c);
  } else if (const auto* f = std::get_if<failed>(&e)) {
    why_ = f->why;
    if (f->why == errc::abnormal_end && opened_) {
      why_.emplace(parley::errc::truncated, "the peer ended WebSocket without a close frame");
    }
  } else if (std::holds_alternative<closed>(e)) {
    why_.emplace(parley::errc::closed);
  }
  if (ended_ || why_) return step::over;
  return is_drained(e) ? step::starved : step::go_on;
}

// Bytes that came before the end go first; the end is told by the next call.
template <class Side>
read_result machine_layer<Side>::end(std::size_t got) const noexcept {
  if (got > 0) return {read_result::status::ok, got};
  return {why_ ? read_result::status::failed : read_result::status::eof, 0};
}

template <class Side>
read_result machine_layer<Side>::read(std::span<std::byte> into, time_point now) {
  std::size_t got = 0;
  for (;;) {
    got += give(into.subspan(got));
    if (ended_ || why_) return end(got);
    // An empty span asks for the handshake alone: messages wait for one that can take them.
    const bool is_full = got == into.size() && (opened_ || got > 0);
    if (is_full || !rest_.empty()) break;
    event e = machine_.next_event();
    const step went = take(e, now);
    if (went == step::over) return end(got);
    if (went == step::starved) break;
  }
  return {got > 0 ? read_result::status::ok : read_result::status::need_data, got};
}

// --- output -----------------------------------------------------------------------------------

template <class Side>
std::size_t machine_layer<Side>::write(buffer_list plain, time_point now) {
  // The peer's close frame was the end of both directions. What is given up is lost, as on a socket
  // that the peer has closed, and the machine above can end.
  if (ended_) return total_size(plain);
  rest_of_list rest(plain);
  while (machine_.is_open() && !rest.empty() && machine_.buffered() < most_output) {
    if (left_ == 0 && !measure_next(rest)) break;
    const std::size_t n = write_some(rest, now);
    if (n == 0) break;
    rest.skip(n);
    if (measure_) left_ -= n;
  }
  return rest.skipped();
}

// Where the message ends that is written next. False: the list ends too early to say so, and the
// next one begins here.
template <class Side>
bool machine_layer<Side>::measure_next(const rest_of_list& rest) noexcept {
  std::array<std::byte, 8> room;
  left_ = measure_(rest.begin(room));
  if (left_ > 0) return true;
  if (rest.skipped() > 0) return false;
  // It was shown no more: from here on they end anywhere.
  measure_ = nullptr;
  left_ = no_end;
  return true;
}

// One message.
template <class Side>
std::size_t machine_layer<Side>::write_some(const rest_of_list& rest, time_point now) {
  const byte_view piece = rest.piece(std::min(left_, most_output));
  if (piece.size() < std::min(left_, large_piece) && !rest.is_last())
    return write_joined(rest, now);
  return machine_.send_binary(piece, now) ? piece.size() : 0;
}

// Small pieces as one message.
template <class Side>
std::size_t machine_layer<Side>::write_joined(const rest_of_list& rest, time_point now) {
  joined_.clear();
  for (rest_of_list next = rest; !next.empty() && joined_.size() < left_;) {
    const byte_view piece = next.piece(left_ - joined_.size());
    if (piece.size() >= large_piece || joined_.size() + piece.size() > joined) break;
    joined_.insert(joined_.end(), piece.begin(), piece.end());
    next.skip(piece.size());
  }
  return machine_.send_binary(joined_, now) ? joined_.size() : 0;
}

template <class Side>
void machine_layer<Side>::close(time_point now) {
  if (std::exchange(closing_, true)) return;
  if (opened_) {
    (void)machine_.close(close_code::normal, {}, now);
  } else if (!why_) {
    // A handshake that was refused says so: that is written first.
    machine_.end_now();
  }
}

// The answer to our close frame is not waited for: with the machine above, nobody reads any more.
template <class Side>
bool machine_layer<Side>::is_done() const {
  return machine_.is_done() || (closing_ && machine_.buffered() == 0);
}

// --- time and memory --------------------------------------------------------------------------

template <class Side>
void machine_layer<Side>::handle_timeout(time_point now) {
  const auto at = machine_.next_deadline();
  if (at && now >= *at && !rest_.empty()) {
    std::vector<std::byte> copy(rest_.begin(), rest_.end());
    moved_ = std::move(copy);
    rest_ = moved_;
  }
  machine_.handle_timeout(now);
}

template <class Side>
void machine_layer<Side>::release() {
  if (!rest_.empty()) return;
  moved_ = {};
  joined_ = {};
  machine_.release();
}

template class machine_layer<client>;
template class machine_layer<server>;

}  // namespace parley::websocket
