#include <bit>
#include <parley/codecs/resp/redis_link.hpp>
#include <parley/core/async/guard.hpp>

namespace parley::detail {
namespace {

resp::client_config machine_config(const redis_config& c) {
  resp::client_config m;
  m.who = {.username = c.username,
           .password = c.password,
           .client_name = c.client_name,
           .database = c.db,
           .protocol = c.protocol};
  m.reply = c.reply;
  m.reply.parts_above = 0;  // waiters of the provider take whole replies
  m.max_output = c.max_output;
  m.handshake_timeout = c.connect_timeout;
  m.ping_interval = c.ping_interval;
  m.liveness = c.liveness;
  return m;
}

std::uint64_t random_bits(loop& home) {
  std::array<std::byte, 8> bytes{};
  home.random(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

}  // namespace

// --- session --------------------------------------------------------------------

redis_session::redis_session(redis_link& link, loop& home, resp::client_config config,
                             layer_ptr tls)
    : machine_driver(resp::client(std::move(config)), std::move(tls)), link_(&link), loop_(home) {
  loop_.attach();
}

// The session lives until its connection is released, as output may still be on its
// way; it only tells nobody any more.
void redis_session::abandon() noexcept {
  link_ = nullptr;
  connection_->close();
}

void redis_session::released() {
  loop_.detach();
  // Gone without a word: there was no memory for one.
  if (redis_link* const link = std::exchange(link_, nullptr)) {
    link->session_ = nullptr;
    link->on_failed(error(errc::out_of_memory), loop_.now());
  }
  delete this;
}

void redis_session::on_event(resp::client::event& event, time_point now) {
  // What an abandoned session still decodes concerns nobody: its waiters have been
  // told.
  if (!link_) return;
  // A reference of its own: a callback may abandon this session, which clears the
  // member.
  redis_link& link = *link_;
  if (auto* reply = std::get_if<resp::reply_event>(&event)) {
    link.owner_.link_reply(link, *reply);
  } else if (auto* message = std::get_if<resp::message_event>(&event)) {
    link.owner_.link_message(link, *message);
  } else if (auto* late = std::get_if<resp::expired>(&event)) {
    link.owner_.link_expired(link, late->tag);
  } else if (auto* done = std::get_if<resp::confirmed>(&event)) {
    link.owner_.link_confirmed(link, *done);
  } else if (std::holds_alternative<resp::opened>(event)) {
    link.on_opened(now);
  } else if (auto* why = std::get_if<failed>(&event)) {
    link.on_failed(why->why, now);
  }
}

// --- link -----------------------------------------------------------------------

redis_link::redis_link(loop& home, redis_link_owner& owner, const redis_config& config,
                       std::string_view component)
    : loop_(home),
      owner_(owner),
      config_(config),
      component_(component),
      connector_(home, *this),
      back_off_(config.reconnect) {}

void redis_link::start() {
  if (state_ == provider_state::connecting || state_ == provider_state::up ||
      state_ == provider_state::waiting) {
    return;
  }
  back_off_ = back_off(config_.reconnect);
  last_error_.reset();
  connect();
}

void redis_link::stop() noexcept {
  connector_.cancel();
  if (is_armed()) loop_.set_timer(*this, std::nullopt);  // the loop may be gone by now
  // Taken out first, so that nothing below finds a session that is on its way out.
  if (auto* s = std::exchange(session_, nullptr)) s->abandon();
  state_ = provider_state::closed;
}

void redis_link::enter(provider_state next, const error* why) {
  state_ = next;
  if (why) last_error_ = *why;
  if (config_.watch) config_.watch->state_changed(component_, next, why);
}

result<layer_ptr> redis_link::make_tls() {
  if (!config_.ssl) return layer_ptr();
  // Never in the clear instead: the password would be sent for all to read.
  if (!config_.with) return std::unexpected(unavailable_part("tls"));
  const tls_settings settings{.ca_certs = config_.ssl_ca_certs,
                              .certfile = config_.ssl_certfile,
                              .keyfile = config_.ssl_keyfile,
                              .key_password = secret(config_.ssl_key_password),
                              .crlfile = config_.ssl_crlfile,
                              .verify = config_.verify};
  return config_.with->make("tls", {config_.host, &settings, &loop_, config_.watch});
}

void redis_link::connect() {
  enter(provider_state::connecting, nullptr);
  if (state_ != provider_state::connecting) return;  // the observer has closed us
  // For each attempt anew: a layer belongs to one connection.
  auto tls = make_tls();
  if (!tls) return connect_failed(tls.error());
  tls_ = *std::move(tls);
  connect_plan_config plan;
  plan.attempt_timeout = config_.connect_timeout;
  plan.total_timeout = config_.connect_timeout;
  // The round goes up, so that each attempt begins with another address of the
  // name.
  if (auto ok = guarded([&] { connector_.start(config_.where(), attempts_++, plan); }); !ok) {
    connector_.cancel();
    connect_failed(ok.error());
  }
}

void redis_link::connected(connection& c, time_point now) {
  session_ = new redis_session(*this, loop_, machine_config(config_), std::move(tls_));
  session_->attach(c);
  // From the connector's driver to this one; the connection itself stays.
  c.rebind(*session_);
  session_->start(now);
}

void redis_link::connect_failed(const error& why) { on_failed(why, loop_.now()); }

void redis_link::on_opened(time_point now) {
  ++connects_;
  // Only once the handshake is through: a server that accepts and then refuses the
  // login has not recovered.
  back_off_.succeeded(now);
  enter(provider_state::up, nullptr);
  if (state_ != provider_state::up) return;
  owner_.link_up(*this);
}

// The attempt or the connection has failed: again later, or never.
void redis_link::on_failed(const error& why, time_point now) {
  // A copy: `why` may lie in the session that is let go next.
  const error kept(why);  // NOLINT(performance-unnecessary-copy-initialization)
  if (auto* s = std::exchange(session_, nullptr)) s->abandon();
  back_off_.failed(now, kept.retry_after());
  const auto pause = back_off_.next(random_bits(loop_));
  // A server that was right before is only out of order now: a proxy's error page, or a
  // certificate that is being renewed.
  const bool known =
      connects_ > 0 && (kept == resp::errc::not_redis || kept.info().domain == "tls");
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
  owner_.link_down(*this, kept, final);
}

void redis_link::fired(time_point) {
  if (state_ == provider_state::waiting) connect();
}

}  // namespace parley::detail
