#include <parley/codecs/resp/redis_link.hpp>

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

tls_settings tls_of(const redis_config& c) {
  return {.ca_certs = c.ssl_ca_certs,
          .certfile = c.ssl_certfile,
          .keyfile = c.ssl_keyfile,
          .key_password = secret(c.ssl_key_password),
          .crlfile = c.ssl_crlfile,
          .verify = c.verify};
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
    link->session_failed(error(errc::out_of_memory), loop_.now());
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
    link.session_opened(now);
  } else if (auto* why = std::get_if<failed>(&event)) {
    link.session_failed(why->why, now);
  }
}

// --- link -----------------------------------------------------------------------

redis_link::redis_link(loop& home, redis_link_owner& owner, const redis_config& config,
                       std::string_view component)
    : kept_link(home),
      owner_(owner),
      config_(config),
      tls_(tls_of(config)),
      component_(component) {}

link_settings redis_link::settings() const {
  return {.where = config_.where(),
          .connect_timeout = config_.connect_timeout,
          .reconnect = config_.reconnect,
          .tls = config_.ssl ? &tls_ : nullptr,
          .host = config_.host,
          .with = config_.with,
          .watch = config_.watch,
          .component = component_};
}

void redis_link::begin_session(connection& c, layer_ptr tls, time_point now) {
  session_ = new redis_session(*this, home(), machine_config(config_), std::move(tls));
  session_->attach(c);
  // From the connector's driver to this one; the connection itself stays.
  c.rebind(*session_);
  session_->start(now);
}

// Taken out first, so that nothing below finds a session that is on its way out.
void redis_link::drop_session() noexcept {
  if (auto* s = std::exchange(session_, nullptr)) s->abandon();
}

bool redis_link::may_pass(const error& why) const {
  return why == resp::errc::not_redis || kept_link::may_pass(why);
}

}  // namespace parley::detail
