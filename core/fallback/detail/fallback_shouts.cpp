// The speaking half of a fallback_speaker: what is kept, given, repeated and given up.
#include <algorithm>
#include <parley/core/api/value_size.hpp>
#include <parley/core/fallback/detail/fallback_speaker.hpp>
#include <utility>

namespace parley::detail {

operation<delivery> fallback_speaker::shout(const value& v) { return take(&v, {}); }
operation<delivery> fallback_speaker::shout_bytes(byte_view payload) {
  return take(nullptr, payload);
}

operation<delivery> fallback_speaker::refuse(error why) {
  ++failed_;
  auto op = operation<delivery>::finished(home(), std::unexpected(std::move(why)));
  op.state()->set_fault_sink(&core());
  return op;
}

operation<delivery> fallback_speaker::take(const value* v, byte_view payload) {
  if (is_shut()) return refuse(why_shut());
  if (has_filter_) {
    return refuse({errc::invalid_argument, "a name with wildcards can only be listened to"});
  }
  const std::size_t size = v ? size_of(*v) : payload.size();
  if (auto ok = admit(size); !ok) return refuse(std::move(ok).error());
  kept_shout& s = kept_.add();
  const std::uint64_t number = kept_.end() - 1;
  completer<delivery> done(home());
  auto op = watched(done, number);
  s.done = std::move(done);
  s.until = from_now(how().keep_time);
  if (how().dedupe) {
    if (auto ok = tag(s, v, payload); !ok) {
      end_shout(number, std::unexpected(std::move(ok).error()));
      return op;
    }
  } else if (v) {
    s.is_value = true;
    s.content = *v;
  } else {
    s.bytes.assign(as_text(payload));
  }
  kept_.add_size(s, size);
  update();
  return op;
}

// Whether there is a carrier, or something to wait for, and room.
result<void> fallback_speaker::admit(std::size_t size) {
  if (is_given_up()) return std::unexpected(why_none());
  if (how().during_switch != switch_policy::keep) {
    if (decides().is_carrying()) return {};
    const bool drops = how().during_switch == switch_policy::drop;
    return std::unexpected(
        error(drops ? errc::dropped : errc::not_connected, "no protocol carries at the moment")
            .with_cause(why_none()));
  }
  if (make_room(size)) return {};
  return fail(errc::queue_full,
              "fallback_options::keep_bytes: " + std::to_string(how().keep_bytes) + " bytes");
}

bool fallback_speaker::make_room(std::size_t size) {
  const auto fits = [&] {
    return kept_.empty() || (size <= how().keep_bytes && kept_.bytes() <= how().keep_bytes - size);
  };
  if (how().keep_overflow == overflow::drop_oldest) {
    for (std::uint64_t n = kept_.first(); n < kept_.end() && !fits(); ++n) {
      if (kept_.at(n).at != kept_shout::phase::waiting) continue;
      end_shout(n, fail(errc::dropped, "fallback_options::keep_bytes"));
    }
  }
  return fits();
}

// All protocols are to carry the same bytes, with the identifier in front.
result<void> fallback_speaker::tag(kept_shout& s, const value* v, byte_view payload) {
  ++last_id_.number;
  append_tag(s.bytes, last_id_);
  if (!v) {
    s.bytes.append(as_text(payload));
    return {};
  }
  if (v->is_text() || v->is_bytes()) {
    s.bytes.append(as_text(v->bytes()));
    return {};
  }
  const auto encode = core().table().value_encoder();
  if (encode == nullptr) {
    return std::unexpected(
        error(errc::not_supported, "dedupe needs an encoder for values that are no text")
            .with_hint("fill the table of protocols by add_built_in(), or call encode_with()"));
  }
  auto encoded = encode(*v);
  if (!encoded) return std::unexpected(std::move(encoded).error());
  s.bytes.append(*encoded);
  return {};
}

// Gives the carrier whatever waits, in its order.
void fallback_speaker::carry_on() {
  const auto carrier = decides().carrier();
  if (carrier && parts_[*carrier].is_listening) settle_listening({});
  if (is_ordering_ && kept_.given() == 0) is_ordering_ = false;
  if (kept_.waiting() == 0 || is_ordering_ || !decides().is_carrying()) return;
  next_ = std::max(next_, kept_.first());
  while (next_ < kept_.end() && decides().is_carrying() && !is_ordering_ && !is_shut()) {
    const std::uint64_t number = next_++;
    if (kept_.at(number).at == kept_shout::phase::waiting) give(number);
  }
}

void fallback_speaker::give(std::uint64_t number) {
  const std::size_t i = *decides().carrier();
  kept_shout& s = kept_.at(number);
  if (s.given_before) ++repeated_;
  auto op =
      s.is_value ? parts_[i].out->shout(s.content) : parts_[i].out->shout_bytes(as_bytes(s.bytes));
  kept_.give(s, i, slot(i).connects(), op.state());
  std::move(op).then([weak = weak_from_this(), this, number](result<delivery> r) {
    const auto self = weak.lock();
    if (!self || is_shut()) return;
    answered(number, std::move(r));
    update();
    end_if_dropped();
  });
}

void fallback_speaker::answered(std::uint64_t number, result<delivery> r) {
  if (number < kept_.first()) return;  // it was cancelled
  kept_shout& s = kept_.at(number);
  if (s.at != kept_shout::phase::given) return;
  if (r) return end_shout(number, std::move(r));
  const bool lost = s.called_back || was_lost(s.carrier, s.connects, r.error());
  if (!may_repeat(s, r.error(), lost)) return end_shout(number, std::move(r));
  kept_.take_back(s);
  // Those behind it that are under way end first, so that it is not overtaken by what comes.
  next_ = std::min(next_, number);
  is_ordering_ = true;
}

// not_connected and refused: it has never left.
bool fallback_speaker::may_repeat(const kept_shout& s, const error& why, bool lost) {
  if (!lost || how().during_switch != switch_policy::keep || is_given_up()) return false;
  if (!how().resend && why != errc::not_connected && why != errc::refused) return false;
  return home().now() < s.until;
}

void fallback_speaker::cancel_number(std::uint64_t number) {
  if (number < kept_.first() || number >= kept_.end()) return;
  kept_shout& s = kept_.at(number);
  if (s.at == kept_shout::phase::over) return;
  if (s.state) s.state->cancel();
  end_shout(number, fail(errc::cancelled));
}

void fallback_speaker::end_shout(std::uint64_t number, result<delivery> r) {
  ++(r ? sent_ : failed_);
  auto done = kept_.finish(kept_.at(number));
  done.complete(std::move(r));
}

// --- time
// -----------------------------------------------------------------------------------------

// All are kept equally long, so that the first that waits is the first that is due.
std::optional<time_point> fallback_speaker::own_deadline() const {
  if (kept_.waiting() == 0) return std::nullopt;
  for (std::uint64_t n = std::max(next_, kept_.first()); n < kept_.end(); ++n) {
    if (kept_.at(n).at == kept_shout::phase::waiting) return kept_.at(n).until;
  }
  return std::nullopt;
}

void fallback_speaker::own_timeout(time_point now) {
  const std::uint64_t end = kept_.end();
  for (std::uint64_t n = std::max(next_, kept_.first()); n < end && kept_.waiting() > 0; ++n) {
    const kept_shout& s = kept_.at(n);
    if (s.at != kept_shout::phase::waiting) continue;
    if (now < s.until) break;
    end_shout(
        n,
        std::unexpected(
            error(errc::timed_out, "no protocol carried it in keep_time").with_cause(why_none())));
  }
  end_if_dropped();
}

}  // namespace parley::detail
