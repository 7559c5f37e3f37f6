#include <algorithm>
#include <array>
#include <bit>
#include <parley/core/fallback/detail/fallback_speaker.hpp>
#include <utility>

namespace parley::detail {
namespace {

std::uint64_t draw_word(random_source& from) {
  std::array<std::byte, 8> bytes{};
  from.random(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

}  // namespace

fallback_speaker::fallback_speaker(std::shared_ptr<factory_core> core, std::string_view name,
                                   std::vector<carrier_slot*> slots, fallback_options how)
    : channel(std::move(core), name, std::move(slots), how),
      parts_(decides().size()),
      has_filter_(is_channel_filter(name)) {
  if (!how.dedupe) return;
  last_id_.sender = draw_word(home());
  heard_ids_.emplace(how.dedupe_window, draw_seed(home()));
}

operation<speaker> fallback_speaker::open() {
  completer<speaker> made(home());
  auto op = watched(made, 0);
  hold_self();
  // The handle keeps the speaker, until it is given or refused.
  begin([made = std::move(made), self = speaker(this)](result<void> r) mutable {
    if (!r) return made.complete(std::unexpected(std::move(r).error()));
    made.complete(std::move(self));
  });
  return op;
}

operation<speaker> fallback_speaker::open(message_callback on_message) {
  (void)ear_.listen(std::move(on_message));
  if (how().listening == listen_on::every) decides().set_warm(true, home().now());
  return open();
}

// The last handle is gone. What was accepted is not forgotten.
void fallback_speaker::dispose() noexcept {
  ear_.forget();
  for (std::size_t i = 0; i < parts_.size(); ++i) leave(i);
  settle_listening(fail(errc::cancelled));
  is_dropped_ = true;
  end_if_dropped();
}

void fallback_speaker::end_if_dropped() noexcept {
  if (is_dropped_ && (kept_.empty() || is_shut())) let_go();
}

// --- making it on a carrier -----------------------------------------------------------------

speaker_options fallback_speaker::options_at(bool pattern) const {
  speaker_options o;
  o.pattern = pattern;
  o.decode = how().decode;
  o.decode_set = how().decode_set;
  return o;
}

bool fallback_speaker::is_prepared(std::size_t i) const {
  return parts_[i].out && (parts_[i].is_listening || !ear_.is_listening());
}

void fallback_speaker::prepare(std::size_t i, outcome tell) {
  if (parts_[i].out) return listen_at(i, std::move(tell));
  const auto spelled = spell_channel(channel_name(), how().names, slot(i).protocol());
  slot(i)
      .get()
      ->create_speaker(spelled.name, options_at(spelled.pattern))
      .then([weak = weak_from_this(), this, i, tell = std::move(tell)](result<speaker> s) mutable {
        const auto self = weak.lock();
        if (!self || is_shut()) return;
        if (!s) return tell(std::unexpected(std::move(s).error()));
        if (!parts_[i].out) parts_[i].out.emplace(*std::move(s));
        listen_at(i, std::move(tell));
      });
}

void fallback_speaker::listen_at(std::size_t i, outcome tell) {
  if (!ear_.is_listening() || parts_[i].is_listening) return tell({});
  parts_[i].was_asked = true;
  const auto on_message = [weak = weak_from_this(), this, i](const message& m) {
    if (const auto self = weak.lock()) hear(i, m);
  };
  parts_[i]
      .out->listen(on_message)
      .then([weak = weak_from_this(), this, i,
             tell = std::move(tell)](const result<void>& r) mutable {
        const auto self = weak.lock();
        if (!self || is_shut()) return;
        if (r && parts_[i].was_asked) parts_[i].is_listening = true;
        tell(r);
      });
}

// Asked for no more; a carrier that is away would take it up again otherwise.
void fallback_speaker::leave(std::size_t i) {
  parts_[i].is_listening = false;
  if (!std::exchange(parts_[i].was_asked, false) || !parts_[i].out) return;
  parts_[i].out->stop_listening().then([](const result<void>&) {});
}

// --- listening ---------------------------------------------------------------------------------

operation<void> fallback_speaker::listen(message_callback on_message) {
  const auto ended = [&](result<void> r) {
    auto op = operation<void>::finished(home(), std::move(r));
    op.state()->set_fault_sink(&core());
    return op;
  };
  if (is_shut()) return ended(std::unexpected(why_shut()));
  if (is_given_up()) return ended(std::unexpected(why_none()));
  const speaker self(this);  // the old callback may hold the last handle
  const bool is_new = ear_.listen(std::move(on_message));
  const auto carrier = decides().carrier();
  if (!is_new && carrier && parts_[*carrier].is_listening) return ended({});
  completer<void> done(home());
  auto op = done.op();
  op.state()->set_fault_sink(&core());
  listening_waiters_.push_back(std::move(done));
  if (!is_new) return op;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const bool is_meant = how().listening == listen_on::every || carrier == i;
    if (!is_meant || !parts_[i].out || decides().report(i).state != carrier_state::up) continue;
    listen_or_lose(i);
  }
  if (how().listening == listen_on::every) decides().set_warm(true, home().now());
  update();
  return op;
}

operation<void> fallback_speaker::stop_listening() {
  const speaker self(this);  // the callback may hold the last handle
  for (std::size_t i = 0; i < parts_.size(); ++i) leave(i);
  decides().set_warm(core().config().supervision.warm, home().now());
  ear_.forget();
  settle_listening(fail(errc::cancelled));
  update();
  auto op = operation<void>::finished(home(), {});
  op.state()->set_fault_sink(&core());
  return op;
}

void fallback_speaker::settle_listening(const result<void>& r) {
  for (auto& done : std::exchange(listening_waiters_, {})) done.complete(r);
}

void fallback_speaker::hear(std::size_t i, const message& m) {
  std::string_view topic = m.topic();
  if (how().names == level_separator::dot && slot(i).protocol() != "redis") {
    scratch_.assign(topic);
    std::ranges::replace(scratch_, '/', '.');
    topic = scratch_;
  }
  if (has_filter_ && slot(i).protocol() == "redis" &&
      !channel_matches(channel_name(), topic, how().names)) {
    return;  // its pattern was wider than the filter
  }
  byte_view payload = m.payload();
  if (heard_ids_) {
    if (const auto tagged = read_tag(payload)) {
      if (!heard_ids_->is_new(tagged->id)) {
        ++duplicates_;
        return;
      }
      payload = tagged->payload;
    }
  }
  deliver(m.with(topic, payload, has_filter_ ? std::string_view(channel_name()) : ""));
}

void fallback_speaker::deliver(const message& m) {
  ++heard_;
  ear_.hear(*this, core(), m);
}

// --- what the supervisor decides ------------------------------------------------------------

void fallback_speaker::switched(const carrier_switched& e) {
  if (e.from && e.why) call_back(*e.from);
  if (how().listening != listen_on::carrier || !ear_.is_listening() || !e.to) return;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (i != *e.to) leave(i);
  }
  listen_or_lose(*e.to);  // one that was left before
}

// One that cannot listen carries no more.
void fallback_speaker::listen_or_lose(std::size_t i) {
  listen_at(i, [this, i](const result<void>& r) {
    if (!r && ear_.is_listening()) decides().carrier_down(i, r.error(), home().now());
    update();
  });
}

// What the lost carrier has in hand comes back, so that it need not be waited for.
void fallback_speaker::call_back(std::size_t carrier) {
  const std::uint64_t end = kept_.end();
  for (std::uint64_t n = kept_.first(); n < end; ++n) {
    kept_shout& s = kept_.at(n);
    if (s.at != kept_shout::phase::given || s.carrier != carrier) continue;
    s.called_back = true;
    s.state->cancel();
  }
}

void fallback_speaker::give_up(const error& why) {
  settle_listening(std::unexpected(why));
  end(why);
}

void fallback_speaker::end(const error& why) {
  if (is_shut()) {
    settle_listening(std::unexpected(why));
    ear_.forget();
    for (part& p : parts_) p = part();
  }
  const std::uint64_t end = kept_.end();
  for (std::uint64_t n = kept_.first(); n < end; ++n) {
    const kept_shout& s = kept_.at(n);
    const bool is_there = s.at == kept_shout::phase::given && !is_shut();
    if (s.at != kept_shout::phase::over && !is_there) end_shout(n, std::unexpected(why));
  }
  end_if_dropped();
}

void fallback_speaker::fill(channel_status& s) const {
  s.sent = sent_;
  s.failed = failed_;
  s.repeated = repeated_;
  s.heard = heard_;
  s.duplicates = duplicates_;
  s.waiting = kept_.waiting() + kept_.given();
  s.waiting_bytes = kept_.bytes();
}

}  // namespace parley::detail
