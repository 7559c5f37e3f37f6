#include <algorithm>
#include <parley/codecs/resp/client.hpp>
#include <parley/codecs/resp/command_table.hpp>

namespace parley::resp {
namespace {

// Commands up to this size are encoded in one piece; of larger ones the
// arguments are appended one by one, so that no giant block is kept.
constexpr std::size_t one_piece = 16 * 1024;

receive_limits input_limits(const limits& reply) {
  // One whole reply, and a read beyond it.
  return {.initial = 4 * 1024, .max = reply.reply_budget + 64 * 1024, .step = 64 * 1024};
}

// Messages are told from replies by their first word, which must not be cut.
limits usable(limits l) {
  if (l.parts_above > 0) l.parts_above = std::max<std::size_t>(l.parts_above, 64);
  return l;
}

// Takes back what a command has appended, unless all of it was: half a command
// in the stream, or one without a slot, would put replies out of step.
class undo_guard {
 public:
  explicit undo_guard(send_buffer& out) noexcept : out_(out), size_(out.size()) {}
  ~undo_guard() {
    if (armed_) (void)out_.erase(size_, out_.size() - size_);
  }
  undo_guard(const undo_guard&) = delete;
  undo_guard& operator=(const undo_guard&) = delete;
  void disarm() noexcept { armed_ = false; }

 private:
  send_buffer& out_;
  std::size_t size_;
  bool armed_ = true;
};

}  // namespace

client::client(client_config config)
    : config_(std::move(config)), input_(input_limits(config_.reply)) {
  config_.reply = usable(config_.reply);
}

// --- commands -------------------------------------------------------------------

// Every refusal comes before the first byte is written: what was refused can be
// tried again, and the stream is as it was.
inline bool client::takes(std::size_t bytes) const noexcept {
  // A single command may be larger than the limit, or it could never be sent.
  return phase_ == phase::open && slots_.size() < config_.max_in_flight &&
         (output_.empty() || output_.size() + bytes <= config_.max_output);
}

// Why takes() said no.
error client::refusal() const {
  if (phase_ != phase::open) return {parley::errc::misuse, "the connection is not open"};
  if (slots_.size() >= config_.max_in_flight) {
    return {parley::errc::queue_full, "max_in_flight commands wait for replies"};
  }
  return {parley::errc::queue_full, "max_output bytes wait to be written"};
}

result<void> client::check_mode(std::span<const std::string_view> arguments) const {
  if (auto ok = check_command(arguments); !ok) return ok;
  if (takes_commands()) return {};
  return fail(parley::errc::misuse, "RESP2: a connection with subscriptions takes no commands");
}

inline in_flight_slot client::slot_for(slot_kind what, std::uint64_t tag, send_options options,
                                       time_point now) const {
  in_flight_slot slot;
  slot.what = what;
  slot.tag = tag;
  if (options.timeout > duration::zero()) slot.deadline = now + options.timeout;
  return slot;
}

result<std::size_t> client::send(std::span<const std::string_view> arguments, std::uint64_t tag,
                                 send_options options, time_point now) {
  if (may_be_refused(arguments) || !takes_commands()) {
    if (auto ok = check_mode(arguments); !ok) return std::unexpected(std::move(ok.error()));
  }
  const in_flight_slot slot = slot_for(slot_kind::command, tag, options, now);
  const std::size_t bound = command_bound(arguments);
  if (!takes(bound)) return std::unexpected(refusal());
  if (bound <= one_piece) {
    // Room, then slot, then commit: the first two may run out of memory, the last
    // cannot, so that bytes and slots always agree.
    std::byte* const to = output_.reserve(bound).data();
    slots_.push(slot);
    output_.commit(static_cast<std::size_t>(put_command(to, arguments) - to));
  } else {
    put_words(arguments.front(), arguments.subspan(1), slot);
  }
  return output_.size();
}

result<std::size_t> client::send(std::span<const std::string_view> arguments, shared_bytes last,
                                 std::uint64_t tag, send_options options, time_point now) {
  if (may_be_refused(arguments) || !takes_commands()) {
    if (auto ok = check_mode(arguments); !ok) return std::unexpected(std::move(ok.error()));
  }
  // A sum that wraps counts as the whole limit.
  const auto bytes = checked_add(command_bound(arguments), last.size());
  if (!takes(bytes.value_or(config_.max_output))) return std::unexpected(refusal());
  undo_guard undo(output_);
  std::byte* to = output_.reserve(header_bound).data();
  output_.commit(static_cast<std::size_t>(put_command_header(to, arguments.size() + 1) - to));
  for (std::string_view word : arguments) put_word(word);
  to = output_.reserve(header_bound).data();
  output_.commit(static_cast<std::size_t>(put_bulk_header(to, last.size()) - to));
  output_.append(std::move(last));
  output_.append(std::string_view("\r\n"));
  // The last thing that can fail: only now are the bytes there to stay.
  slots_.push(slot_for(slot_kind::command, tag, options, now));
  undo.disarm();
  return output_.size();
}

void client::put_words(std::string_view verb, std::span<const std::string_view> arguments,
                       const in_flight_slot& slot) {
  undo_guard undo(output_);
  std::byte* const to = output_.reserve(header_bound).data();
  output_.commit(static_cast<std::size_t>(put_command_header(to, arguments.size() + 1) - to));
  put_word(verb);
  for (std::string_view word : arguments) put_word(word);
  slots_.push(slot);
  undo.disarm();
}

void client::put_word(std::string_view word) {
  if (word.size() <= one_piece) {
    std::byte* const to = output_.reserve(bulk_bound(word.size())).data();
    output_.commit(static_cast<std::size_t>(put_bulk(to, word) - to));
    return;
  }
  std::byte* const to = output_.reserve(header_bound).data();
  output_.commit(static_cast<std::size_t>(put_bulk_header(to, word.size()) - to));
  output_.append(word);
  output_.append(std::string_view("\r\n"));
}

result<std::size_t> client::subscribe(subscription kind, std::span<const std::string_view> names,
                                      std::uint64_t tag, send_options options, time_point now) {
  return change_subscription(kind, true, names, tag, options, now);
}

result<std::size_t> client::unsubscribe(subscription kind, std::span<const std::string_view> names,
                                        std::uint64_t tag, send_options options, time_point now) {
  return change_subscription(kind, false, names, tag, options, now);
}

result<std::size_t> client::change_subscription(subscription kind, bool on,
                                                std::span<const std::string_view> names,
                                                std::uint64_t tag, send_options options,
                                                time_point now) {
  // UNSUBSCRIBE without names means all of them, with an unknown number of
  // confirmations.
  if (names.empty()) return fail(parley::errc::invalid_argument, "no names to subscribe to");
  if (!takes(command_bound(names))) return std::unexpected(refusal());
  in_flight_slot slot = slot_for(slot_kind::subscribe, tag, options, now);
  slot.kind = kind;
  slot.on = on;
  // Each name is confirmed by a push of its own; no reply follows.
  slot.confirmations = static_cast<std::uint32_t>(names.size());
  put_words(subscribe_verb(kind, on), names, slot);
  return output_.size();
}

bool client::cancel(std::uint64_t tag) noexcept {
  in_flight_slot* slot = slots_.find(tag);
  if (!slot) return false;
  // The slot stays: the server answers whether somebody waits or not, and the next
  // reply must not become the answer to this command.
  slot->abandoned = true;
  return true;
}

void client::close(time_point now) {
  now_ = now;
  if (phase_ == phase::open) phase_ = phase::closing;
  // Nobody waits for replies yet: there is nothing to be finished.
  if (phase_ == phase::idle || phase_ == phase::handshaking) phase_ = phase::over;
}

// --- time -----------------------------------------------------------------------

void client::start(time_point now) {
  if (phase_ != phase::idle) return;
  handshake_ = std::make_unique<handshake>(config_.who);
  now_ = heard_ = now;
  phase_ = phase::handshaking;
  timers_.set(timer::handshake, now + config_.handshake_timeout);
  send_handshake();
}

void client::send_handshake() {
  const auto words = handshake_->command();
  // One command at a time: each answer decides which is next.
  put_words(words.front(), words.subspan(1), {.what = slot_kind::handshake});
}

std::optional<time_point> client::next_deadline() const {
  if (phase_ == phase::idle || phase_ >= phase::failing) return std::nullopt;
  return earliest(timers_.next(), slots_.next_check());
}

void client::handle_timeout(time_point now) {
  forget_delivered();
  now_ = now;
  if (phase_ == phase::idle || phase_ >= phase::failing) return;
  if (timers_.take_expired(timer::handshake, now)) {
    return fail_with(error(parley::errc::timed_out, "no answer to the handshake")
                         .with_hint("check that a Redis server answers at this address"));
  }
  if (timers_.take_expired(timer::alive, now)) check_alive(now);
}

// Runs when nothing is known to have come for an interval.
void client::check_alive(time_point now) {
  // The timer is not moved with every read: that would cost more than looking again
  // now.
  const duration silent = now - heard_;
  if (silent < config_.ping_interval) {
    timers_.set(timer::alive, heard_ + config_.ping_interval);
    return;
  }
  if (slots_.empty()) {
    put_words("PING", {}, {.what = slot_kind::ping});
    // `liveness` is counted from the last byte heard, and ping_interval of it has
    // passed.
    timers_.set(timer::alive, now + config_.liveness - config_.ping_interval);
    return;
  }
  // An answer is due. A slow command is no dead server: only what is answered at
  // once (PING, SUBSCRIBE), or a command whose waiter has given up, condemns it.
  const in_flight_slot& front = slots_.front();
  const bool overdue = front.what != slot_kind::command || front.abandoned || front.deadline <= now;
  if (overdue && silent >= config_.liveness) {
    return fail_with(error(parley::errc::timed_out, "the server does not answer any more"));
  }
  timers_.set(timer::alive, now + config_.ping_interval);
}

// --- input ----------------------------------------------------------------------

std::span<std::byte> client::prepare(std::size_t hint) {
  forget_delivered();
  if (!wants_read() || ended_) return {};
  const std::span<std::byte> room = input_.prepare(hint);
  if (const std::ptrdiff_t by = input_.moved(); by != 0) {
    // Nodes of a half-received reply look at bytes that have moved.
    for (std::size_t i = 0; i < node_count_; ++i) {
      nodes_[i].data = rebase(nodes_[i].text(), by).data();
    }
  }
  return room;
}

void client::commit(std::size_t n, time_point now) {
  now_ = now;
  input_.commit(n);
  // Any byte proves a living server, even in the middle of a long reply.
  if (n > 0) heard_ = now;
}

void client::commit_eof(time_point now) {
  now_ = now;
  // Not yet a failure: replies may lie in the buffer. next_event() tells of the end
  // behind them.
  ended_ = true;
}

void client::commit_error(const error& why, time_point now) {
  now_ = now;
  // The first cause counts: what breaks afterwards is mostly its consequence.
  if (phase_ < phase::failing) fail_with(why);
}

void client::release() {
  forget_delivered();
  // Nodes of a half-received reply are needed when it goes on.
  if (node_count_ == 0) {
    std::vector<node>().swap(nodes_);
    // Between two replies a decoder knows nothing that a new one does not.
    if (input_.empty() && !mid_reply_ && decoder_ && decoder_->is_idle()) decoder_.reset();
  }
  input_.release();
  output_.release();
  slots_.release();
}

void client::fail_with(error why) {
  why_.emplace(std::move(why));
  phase_ = phase::failing;
  timers_.stop_all();
}

}  // namespace parley::resp
