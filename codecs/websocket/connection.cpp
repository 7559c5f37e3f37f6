// The commands of a WebSocket connection, and how frames are written.
#include <algorithm>
#include <cstring>
#include <parley/codecs/websocket/connection.hpp>
#include <parley/codecs/websocket/detail/connection_state.hpp>
#include <parley/codecs/websocket/detail/front.hpp>
#include <parley/codecs/websocket/encoder.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/shared_message.hpp>
#include <parley/core/text/utf8.hpp>
#include <utility>

namespace parley::websocket {
namespace {

// Up to this, header and payload are one piece of output.
constexpr std::size_t joined = 4 * 1024;
// How much of a large payload is masked into one block.
constexpr std::size_t masked_block = 16 * 1024;

// A frame that is shown whole must fit into the buffer, and there should be room for the next.
receive_limits input_limits(const limits& frames) noexcept {
  const std::size_t whole = frames.whole_frame + header_bound;
  return {.initial = 4 * 1024, .max = std::max<std::size_t>(2 * whole, 16 * 1024)};
}

limits frame_limits(const connection_limits& bounds) noexcept {
  limits out{.frame = bounds.max_size, .message = bounds.max_size};
  // Pieces are shown as they come; what is small is whole all the same.
  if (bounds.pieces) out.whole_frame = 4 * 1024;
  return out;
}

// Marks a ping by its payload, so that none needs to be kept.
std::uint32_t mark_of(byte_view payload) noexcept {
  std::uint64_t mark = 0xcbf29ce484222325;  // FNV-1a
  for (const std::byte b : payload)
    mark = (mark ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3;
  return static_cast<std::uint32_t>(mark ^ mark >> 32);
}

}  // namespace

connection::working_set::working_set(role own, const connection_limits& bounds, bool deflate)
    : frames(frame_limits(bounds)), input(input_limits(frames)), decoding(own, frames, deflate) {}

connection::connection(role own, const connection_limits& limits, random_source* keys) noexcept
    : connection(own, limits, keys, nullptr) {}
connection::connection(role own, const connection_limits& limits, random_source* keys,
                       std::unique_ptr<front> handshake) noexcept
    : limits_(&limits), keys_(keys), front_(std::move(handshake)), role_(own) {}
connection::connection(connection&&) noexcept = default;
connection::~connection() = default;

connection::working_set& connection::make_work() {
  work_ = std::make_unique<working_set>(role_, *limits_, coded_ != nullptr);
  return *work_;
}

void connection::agree(const deflate_agreement& agreed, const deflate_settings& settings) {
  coded_ = std::make_unique<coding>(role_, agreed, settings, limits_->max_size);
}

void connection::take(byte_view rest) {
  receive_buffer& input = work().input;
  // A handshake may have read further than is ever read at once.
  receive_limits larger = input.limits();
  if (rest.size() > larger.max) {
    larger.max = rest.size();
    input = receive_buffer(larger);
  }
  while (!rest.empty()) {
    const std::span<std::byte> room = input.prepare(rest.size());
    const std::size_t n = std::min(room.size(), rest.size());
    std::memcpy(room.data(), rest.data(), n);
    input.commit(n);
    rest = rest.subspan(n);
  }
}

std::size_t connection::buffered() const noexcept {
  if (const front* f = writing()) return f->buffered();
  return work_ ? work_->output.size() : 0;
}

std::size_t connection::held_memory() const noexcept {
  if (const front* f = in_front()) return f->held_memory();
  std::size_t sum = coded_ ? sizeof *coded_ + coded_->scratch.capacity() : 0;
  if (work_) {
    sum +=
        sizeof *work_ + work_->input.capacity() + work_->output.held() + work_->message.capacity();
  }
  return sum;
}

// --- what may be sent ------------------------------------------------------------------------

result<void> connection::check_room(std::size_t size) const {
  const std::size_t waits = buffered();
  if (waits == 0 || (waits <= limits_->max_output && size <= limits_->max_output - waits)) {
    return {};
  }
  return parley::fail(parley::errc::queue_full, "max_output bytes wait for the peer to read them");
}

std::unexpected<error> connection::not_open() const {
  const front* const f = in_front();
  if (phase_ == phase::idle && !(f != nullptr && f->is_done())) {
    return parley::fail(parley::errc::misuse, "the connection is not open");
  }
  return parley::fail(parley::errc::closed, "the connection was closed");
}

result<void> connection::check(opcode type, byte_view data, bool in_pieces) const {
  if (phase_ != phase::open) return not_open();
  if (sends_pieces_ != in_pieces) {
    return parley::fail(parley::errc::misuse, "a message in pieces is not complete");
  }
  if (type != opcode::text && type != opcode::binary) {
    return parley::fail(parley::errc::invalid_argument, "a message is text or binary");
  }
  return check_room(data.size());
}

result<void> connection::check_text(opcode type, byte_view data) {
  if (type != opcode::text || text::valid_utf8(data)) return {};
  return parley::fail(parley::errc::invalid_argument, "text is not UTF-8");
}

std::size_t connection::written() noexcept {
  const std::size_t waits = work_->output.size();
  work_->was_high |= waits > limits_->high_water;
  return waits;
}

// --- frames ----------------------------------------------------------------------------------

std::optional<mask_key> connection::next_key() {
  if (role_ == role::server) return std::nullopt;
  mask_key key{};
  keys_->random(key);
  return key;
}

// A masked payload is copied anyway: block by block, each behind the other.
void connection::put_masked(const frame_header& head, byte_view payload) {
  send_buffer& out = work_->output;
  const auto key = next_key();
  std::size_t done = 0, n = std::min(payload.size(), masked_block);
  std::span<std::byte> room = out.reserve(header_bound + n);
  std::byte* const body = put_header(room.data(), head, key);
  mask_into(body, payload.first(n), *key, 0);
  out.commit(static_cast<std::size_t>(body - room.data()) + n);
  for (done = n; done < payload.size(); done += n) {
    n = std::min(payload.size() - done, masked_block);
    room = out.reserve(n);
    mask_into(room.data(), payload.subspan(done, n), *key, done);
    out.commit(n);
  }
}

void connection::put_frame(const frame_header& head, byte_view payload) {
  if (role_ == role::client) return put_masked(head, payload);
  send_buffer& out = work().output;
  const bool is_one = payload.size() <= joined;
  const std::span<std::byte> room = out.reserve(header_bound + (is_one ? payload.size() : 0));
  std::byte* end = put_header(room.data(), head);
  if (is_one && !payload.empty()) end = std::copy(payload.begin(), payload.end(), end);
  out.commit(static_cast<std::size_t>(end - room.data()));
  if (!is_one) out.append(payload);
}

bool connection::is_worth_coding(std::size_t size) const noexcept {
  return coded_ && coded_->out.is_worth_it(size);
}

// The payload in the scratch buffer. Nothing: zlib has no memory, before anything was taken.
std::optional<byte_view> connection::encode(byte_view data, bool last) {
  message_buffer& to = coded_->scratch;
  to.clear();
  for (std::size_t room = deflate_bound(data.size());; room = 1024) {
    const std::span<std::byte> out = to.room(room);
    const deflate_result r = coded_->out.encode(data, out, last);
    to.grown(r.produced);
    data = data.subspan(r.consumed);
    if (r.done) return to.view();
    if (coded_->out.has_failed()) return std::nullopt;
  }
}

// --- messages ----------------------------------------------------------------------------------

result<std::size_t> connection::send(opcode type, byte_view data, time_point now) {
  if (auto ok = check(type, data, false); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = check_text(type, data); !ok) return std::unexpected(std::move(ok).error());
  hear(now);
  work();
  frame_header head{.type = type};
  if (is_worth_coding(data.size())) {
    const auto coded = encode(data, true);
    head.rsv1 = coded && coded_->out.goes_through(data.size(), coded->size());
    if (head.rsv1) {
      data = *coded;
    } else {
      coded_->out.forget();
    }
  }
  head.length = data.size();
  put_frame(head, data);
  return written();
}

result<std::size_t> connection::send_text(std::string_view text, time_point now) {
  return send(opcode::text, as_bytes(text), now);
}
result<std::size_t> connection::send_binary(byte_view data, time_point now) {
  return send(opcode::binary, data, now);
}

result<std::size_t> connection::send(opcode type, shared_bytes data, time_point now) {
  if (role_ == role::client || data.size() <= joined || is_worth_coding(data.size())) {
    return send(type, data.view(), now);
  }
  if (auto ok = check(type, data.view(), false); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = check_text(type, data.view()); !ok) return std::unexpected(std::move(ok).error());
  hear(now);
  send_buffer& out = work().output;
  const std::span<std::byte> room = out.reserve(header_bound);
  std::byte* const end = put_header(room.data(), {.type = type, .length = data.size()});
  out.commit(static_cast<std::size_t>(end - room.data()));
  out.append(std::move(data));
  return written();
}

result<std::size_t> connection::send(const shared_message& message, time_point now) {
  if (role_ == role::client) {
    return parley::fail(parley::errc::misuse, "a client's frames are masked, each with its key");
  }
  const shared_bytes* frame = &message.plain();
  if (coded_ && message.is_compressed_for(role_, coded_->agreement)) frame = &message.compressed();
  // What is UTF-8 and what is a message was checked when it was made.
  if (auto ok = check(opcode::binary, frame->view(), false); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  hear(now);
  // The peer's window has it too, and ours does not.
  if (frame != &message.plain()) coded_->out.forget();
  work().output.append(*frame);
  return written();
}

result<std::size_t> connection::send_piece(opcode type, byte_view data, bool last, time_point now) {
  const bool is_first = !sends_pieces_;
  if (auto ok = check(type, data, !is_first); !ok) return std::unexpected(std::move(ok).error());
  if (is_first) pieces_are_text_ = type == opcode::text;
  text::utf8_validator text = is_first ? text::utf8_validator() : sent_text_;
  if (pieces_are_text_ && (!text.feed(data) || (last && text.incomplete()))) {
    return parley::fail(parley::errc::invalid_argument, "text is not UTF-8");
  }
  sent_text_ = text;
  hear(now);
  work();
  frame_header head{.type = is_first ? type : opcode::continuation, .fin = last};
  // How much will come nobody knows: worth it where it is possible at all.
  if (is_first) codes_pieces_ = is_worth_coding(std::size_t{1} << 30);
  if (codes_pieces_) {
    const auto coded = encode(data, last);
    if (coded) data = *coded;
    codes_pieces_ = coded.has_value();
    head.rsv1 = is_first && codes_pieces_;
    if (!coded && !is_first) {
      // An empty piece has said already that the message is compressed.
      fail_with(error(parley::errc::out_of_memory));
      return parley::fail(parley::errc::out_of_memory);
    }
  }
  head.length = data.size();
  // Also without a byte: the first frame says what it is, the last one that it is over.
  if (is_first || last || !data.empty()) put_frame(head, data);
  sends_pieces_ = !last;
  return written();
}

// --- control ----------------------------------------------------------------------------------

result<void> connection::ping(byte_view payload, time_point now) {
  if (phase_ != phase::open) return not_open();
  hear(now);
  send_buffer& out = work().output;
  const std::span<std::byte> room = out.reserve(control_bound);
  const auto end = put_control(room.data(), opcode::ping, payload, next_key());
  if (!end) return std::unexpected(end.error());
  out.commit(static_cast<std::size_t>(*end - room.data()));
  ping_mark_ = mark_of(payload);
  ping_since_ = now_;
  awaits_pong_ = true;
  return {};
}

std::optional<event> connection::take_pong(const part& p) {
  // Others came late, or were not asked for (RFC 6455 section 5.5.3).
  if (!awaits_pong_ || mark_of(p.data) != ping_mark_) return std::nullopt;
  awaits_pong_ = false;
  if (std::exchange(asked_, false)) ping_at_ = ping_since_ + limits_->ping_interval;
  return pong_event{now_ - ping_since_};
}

result<void> connection::put_close(close_code code, std::string_view reason) {
  send_buffer& out = work().output;
  const std::span<std::byte> room = out.reserve(control_bound);
  const auto end = websocket::put_close(room.data(), code, reason, next_key());
  if (!end) return std::unexpected(end.error());
  out.commit(static_cast<std::size_t>(*end - room.data()));
  return {};
}

result<void> connection::close(close_code code, std::string_view reason, time_point now) {
  if (phase_ != phase::open) return not_open();
  if (auto ok = put_close(code, reason); !ok) return ok;
  hear(now);
  phase_ = phase::closing;
  until_ = now_ + limits_->close_timeout;
  return {};
}

void connection::fail(const error& why, time_point now) {
  hear(now);
  if (phase_ == phase::open || phase_ == phase::closing) fail_with(why);
}

void connection::end_now() noexcept {
  if (front* f = in_front()) f->drop();
  drop_output();
  phase_ = phase::over;
}

}  // namespace parley::websocket
