#include <array>
#include <bit>
#include <parley/core/api/kept_link.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley {
namespace {

std::uint64_t random_bits(loop& home) {
  std::array<std::byte, 8> bytes{};
  home.random(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

}  // namespace

void kept_link::start() {
  if (state_ == provider_state::connecting || state_ == provider_state::up ||
      state_ == provider_state::waiting) {
    return;
  }
  back_off_ = back_off(settings().reconnect);
  last_error_.reset();
  connect();
}

void kept_link::stop() noexcept {
  connector_.cancel();
  if (is_armed()) loop_.set_timer(*this, std::nullopt);  // the loop may be gone by now
  drop_session();
  state_ = provider_state::closed;
}

void kept_link::enter(provider_state next, const error* why) {
  state_ = next;
  if (why) last_error_ = *why;
  const link_settings s = settings();
  if (s.watch) s.watch->state_changed(s.component, next, why);
}

result<layer_ptr> kept_link::make_tls(const link_settings& s) {
  if (!s.tls) return layer_ptr();
  // Never in the clear instead: the password would be sent for all to read.
  if (!s.with) return std::unexpected(unavailable_part("tls"));
  return s.with->make("tls", {s.host, s.tls, &loop_, s.watch});
}

void kept_link::connect() {
  enter(provider_state::connecting, nullptr);
  if (state_ != provider_state::connecting) return;  // the observer has closed us
  const link_settings s = settings();
  // For each attempt anew: a layer belongs to one connection.
  auto tls = make_tls(s);
  if (!tls) return connect_failed(tls.error());
  if (auto ok = prepare_attempt(); !ok) return connect_failed(ok.error());
  tls_ = *std::move(tls);
  connect_plan_config plan;
  plan.attempt_timeout = s.connect_timeout;
  plan.total_timeout = s.connect_timeout;
  // The round goes up, so that each attempt begins with another address of the
  // name.
  if (auto ok = guarded([&] { connector_.start(s.where, attempts_++, plan); }); !ok) {
    connector_.cancel();
    connect_failed(ok.error());
  }
}

void kept_link::connected(connection& c, time_point now) { begin_session(c, std::move(tls_), now); }

void kept_link::connect_failed(const error& why) { session_failed(why, loop_.now()); }

void kept_link::session_opened(time_point now) {
  ++connects_;
  // Only once the handshake is through: a server that accepts and then refuses the
  // login has not recovered.
  back_off_.succeeded(now);
  enter(provider_state::up, nullptr);
  if (state_ != provider_state::up) return;
  link_up();
}

// The attempt or the connection has failed: again later, or never.
void kept_link::session_failed(const error& why, time_point now) {
  // A copy: `why` may lie in the session that is let go next.
  const error kept(why);  // NOLINT(performance-unnecessary-copy-initialization)
  drop_session();
  back_off_.failed(now, kept.retry_after());
  const auto pause = back_off_.next(random_bits(loop_));
  const bool known = connects_ > 0 && may_pass(kept);
  bool final = (!is_retried(kept) && !known) || !pause;
  // Without room for a timer nobody would come back to it.
  if (!final) final = !guarded([&] { loop_.set_timer(*this, now + *pause); });
  if (final) {
    enter(provider_state::failed, &kept);
  } else {
    enter(provider_state::waiting, &kept);
    if (state_ != provider_state::waiting) return;
  }
  // Last, since the owner may tell users, and they may destroy all of this.
  link_down(kept, final);
}

void kept_link::fired(time_point) {
  if (state_ == provider_state::waiting) connect();
}

}  // namespace parley
