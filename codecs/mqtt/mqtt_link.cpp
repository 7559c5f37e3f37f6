#include <parley/codecs/mqtt/mqtt_link.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {
namespace {

mqtt::version first_version(const mqtt_config& c) {
  return c.version == mqtt_versions::v3_1_1 ? mqtt::version::v3_1_1 : mqtt::version::v5;
}

tls_settings tls_of(const mqtt_config& c) {
  return {.ca_certs = c.tls_ca_certs,
          .certfile = c.tls_certfile,
          .keyfile = c.tls_keyfile,
          .key_password = secret(c.tls_key_password),
          .crlfile = c.tls_crlfile,
          .verify = c.verify,
          // There is no upgrade from HTTP/2: servers that speak both must not choose it.
          .alpn = c.websocket && c.tls_alpn.empty() ? "http/1.1" : c.tls_alpn};
}

// What Host says: the port only if it is not the usual one.
std::string authority_of(const mqtt_config& c, const endpoint& to) {
  if (to.is_local()) return c.broker;
  std::string text = to.to_string();
  if (to.port() == (c.tls_enable ? 443 : 80)) text.erase(text.rfind(':'));
  return text;
}

// At most 23 letters, digits and a dash: what every server takes (MQTT 5 section 3.1.3.1) but for
// the dash, which all that we know take as well.
std::string made_id(loop& home) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::byte, 8> bytes{};
  home.random(bytes);
  std::string id = "parley-";
  for (const std::byte b : bytes) {
    id += digits[std::to_integer<std::size_t>(b >> 4)];
    id += digits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return id;
}

mqtt::session new_session(const mqtt_config& c) {
  if (c.store == nullptr) return mqtt::session(c.session);
  return {c.session, *c.store, c.client_id};
}

}  // namespace

// --- session --------------------------------------------------------------------

mqtt_session::mqtt_session(mqtt_link& link, loop& home, mqtt::client_settings how,
                           mqtt::session& kept, layer_ptr upper, layer_ptr lower)
    : mqtt_session_settings{std::move(how)},
      machine_driver(mqtt::client(settings, kept), std::move(upper), std::move(lower)),
      link_(&link),
      loop_(home) {
  loop_.attach();
}

// The session of MQTT is free for the next connection at once. This object lives until its own is
// released, as output may still be on its way; it only tells nobody any more.
void mqtt_session::abandon(bool says_goodbye) noexcept {
  link_ = nullptr;
  mqtt::client& machine = client();
  if (says_goodbye && machine.is_open()) {
    (void)guarded([&] { (void)machine.disconnect({}, loop_.now()); });
  }
  machine.let_go();
  if (connection_->is_closing()) return;
  // The server's end is not waited for, as the loop may go next: what is not written in the turn
  // that is asked for here is lost.
  connection_->wake();
  is_queued_ = true;
  loop_.enqueue(*this);
}

// Behind that turn.
void mqtt_session::run() {
  is_queued_ = false;
  if (is_released_) {
    delete this;
  } else {
    connection_->close();
  }
}

void mqtt_session::released() {
  loop_.detach();
  // Gone without a word: there was no memory for one.
  if (mqtt_link* const link = std::exchange(link_, nullptr)) {
    client().let_go();
    link->session_ = nullptr;
    link->session_failed(error(errc::out_of_memory), loop_.now());
  }
  is_released_ = true;
  if (!is_queued_) delete this;
}

// Behind each drain, and before anything is written: what was staged in it is made durable by the
// end of the turn, together with what other connections have staged.
buffer_list mqtt_session::output() {
  const buffer_list list = machine_driver::output();
  if (link_) link_->want_commit();
  return list;
}

void mqtt_session::on_event(mqtt::event& event, time_point now) {
  // What an abandoned session still decodes concerns nobody.
  if (!link_ || is_drained(event)) return;
  // A reference of its own: a callback may abandon this session, which clears the member.
  mqtt_link& link = *link_;
  if (const auto* how = std::get_if<mqtt::opened>(&event)) {
    link.opened(*how, now);
  } else if (const auto* why = std::get_if<failed>(&event)) {
    link.failed(client(), why->why, now);
  } else if (std::holds_alternative<closed>(event)) {
    link.failed(client(), error(errc::closed, "by the server"), now);
  } else {
    link.owner_.link_event(link, event);
  }
}

// --- link -----------------------------------------------------------------------

mqtt_link::mqtt_link(loop& home, mqtt_link_owner& owner, const mqtt_config& config,
                     std::string_view component)
    : kept_link(home),
      owner_(owner),
      config_(config),
      tls_(tls_of(config)),
      component_(component),
      client_id_(config.client_id.empty() ? made_id(home) : config.client_id),
      kept_(new_session(config)),
      version_(first_version(config)) {
  if (config.store != nullptr) commits_ = std::make_unique<group_commit>(home, *config.store);
  if (config.will_delay != 0) {
    mqtt::property_writer w(will_room_, mqtt::property_place::will, mqtt::role::client);
    w.add(mqtt::property::will_delay_interval, config.will_delay);
    will_properties_ = w.finish().value_or(mqtt::properties());
  }
  choose(0);
}

mqtt_link::~mqtt_link() {
  if (gone_ != nullptr) *gone_ = true;
  stop();
}

result<void> mqtt_link::load() {
  if (is_loaded_) return {};
  // Half of what is damaged was taken over: another try would not find the beginning.
  if (damaged_) return std::unexpected(*damaged_);
  if (config_.store != nullptr) {
    if (auto ok = kept_.load(home().now(), home().wall_now()); !ok) {
      if (ok.error() == mqtt::client_errc::record_damaged) damaged_ = ok.error();
      return ok;
    }
    arm_idle();
  }
  is_loaded_ = true;
  return {};
}

void mqtt_link::choose(std::size_t broker) {
  which_ = broker;
  const endpoint to = config_.where(which_);
  host_ = to.is_local() ? config_.broker : to.host();
  authority_ = authority_of(config_, to);
  version_ = first_version(config_);
  knows_3_1_1_only_ = false;
}

link_settings mqtt_link::settings() const {
  return {.where = config_.where(which_),
          .connect_timeout = config_.connect_timeout,
          .reconnect = config_.reconnect,
          .tls = config_.tls_enable ? &tls_ : nullptr,
          .host = host_,
          .with = config_.with,
          .watch = config_.watch,
          .component = component_};
}

mqtt::client_settings mqtt_link::machine_settings() const {
  const mqtt_config& c = config_;
  mqtt::client_settings s;
  s.version = version_;
  s.client_id = client_id_;
  s.user_name = c.username;
  s.password = secret(c.password);
  s.session_expiry = c.session_expiry;
  if (!c.clean_session && c.session_expiry == 0) s.session_expiry = mqtt::never_expires;
  // A session that a server keeps at all is gone on with after a break: clean is the beginning.
  const bool goes_on = connects() > 0 && version_ == mqtt::version::v5 && s.session_expiry != 0;
  s.clean_start = c.clean_session && !goes_on;
  s.keep_alive = c.keepalive;
  if (!c.will_topic.empty()) {
    s.will = mqtt::last_will{.topic = c.will_topic,
                             .payload = as_bytes(c.will_payload),
                             .qos = c.will_qos,
                             .retain = c.will_retain,
                             .props = will_properties_};
  }
  if (version_ == mqtt::version::v5) {
    s.user_properties = c.user_properties;
    s.authentication_method = c.authentication_method;
    s.authentication_data = c.authentication_data;
  }
  s.manual_acknowledgement = c.manual_acknowledgement;
  s.limits = c.limits;
  s.limits.connack_timeout = c.connect_timeout;
  return s;
}

result<void> mqtt_link::prepare_attempt() {
  if (!config_.websocket) return {};
  if (!config_.with) return std::unexpected(unavailable_part("websocket"));
  auto made = config_.with->make("websocket/mqtt", {.host = host_,
                                                    .tls = config_.tls_enable ? &tls_ : nullptr,
                                                    .home = &home(),
                                                    .watch = config_.watch,
                                                    .authority = authority_,
                                                    .target = config_.websocket_target,
                                                    .fields = config_.websocket_fields,
                                                    .is_tls = config_.tls_enable,
                                                    .handshake_timeout = config_.connect_timeout});
  if (!made) return std::unexpected(std::move(made).error());
  websocket_ = *std::move(made);
  return {};
}

void mqtt_link::begin_session(connection& c, layer_ptr tls, time_point now) {
  was_up_ = is_finishing_ = false;
  if (idle_.is_armed()) home().set_timer(idle_, std::nullopt);
  layer_ptr upper = websocket_ ? std::move(websocket_) : std::move(tls);
  session_ =
      new mqtt_session(*this, home(), machine_settings(), kept_, std::move(upper), std::move(tls));
  session_->attach(c);
  if (is_held_) session_->client().hold();
  // From the connector's driver to this one; the connection itself stays.
  c.rebind(*session_);
  session_->start(now);
}

// Taken out first, so that nothing below finds a session that is on its way out.
void mqtt_link::drop_session() noexcept {
  if (auto* s = std::exchange(session_, nullptr)) s->abandon(true);
}

// --- up and down ------------------------------------------------------------------

void mqtt_link::opened(const mqtt::opened& how, time_point now) {
  was_up_ = true;
  opened_ = &how;
  session_opened(now);
}

void mqtt_link::link_up() { owner_.link_up(*this, *std::exchange(opened_, nullptr)); }

void mqtt_link::finish() {
  const time_point now = home().now();
  is_finishing_ = true;
  (void)session_->client().disconnect({}, now);
  session_->wake();
}

void mqtt_link::failed(mqtt::client& machine, const error& why, time_point now) {
  if (is_finishing_) {
    stop();
    return link_down(error(errc::closed, "by the client"), true);
  }
  const bool falls_back = config_.version == mqtt_versions::automatic && machine.wants_3_1_1();
  if (falls_back) {
    version_ = mqtt::version::v3_1_1;
    // Who says nothing at all may have been a proxy without its server.
    knows_3_1_1_only_ = !(why == mqtt::client_errc::no_connack);
    return session_failed(error(mqtt::client_errc::falls_back).with_cause(why), now);
  }
  if (!knows_3_1_1_only_) version_ = first_version(config_);
  session_failed(why, now);
}

void mqtt_link::link_down(const error& why, bool final) {
  if (!(why == mqtt::client_errc::falls_back) && config_.brokers() > 1) {
    choose(was_up_ ? 0 : (which_ + 1) % config_.brokers());
  }
  was_up_ = false;
  // From here on the session is asked here, until there is a machine again.
  arm_idle();
  owner_.link_down(*this, why, final);
}

// --- messages ---------------------------------------------------------------------

result<mqtt::publish_receipt> mqtt_link::publish(const mqtt::outgoing_message& m,
                                                 shared_bytes payload) {
  if (auto ok = load(); !ok) return std::unexpected(std::move(ok).error());
  const time_point now = home().now();
  if (session_ && session_->client().is_open()) {
    auto sent = session_->client().publish(m, std::move(payload), now);
    session_->wake();
    return sent;
  }
  auto kept = kept_.publish(m, std::move(payload), now);
  if (session_) {
    session_->wake();
  } else {
    arm_idle();
  }
  want_commit();
  return kept;
}

bool mqtt_link::cancel(std::uint64_t id) {
  const bool was_there = kept_.cancel(id);
  if (session_) {
    session_->wake();
  } else {
    arm_idle();
  }
  want_commit();
  return was_there;
}

void mqtt_link::hold() noexcept {
  is_held_ = true;
  if (session_) session_->client().hold();
}

void mqtt_link::go_on() {
  is_held_ = false;
  if (!session_) return;
  session_->client().go_on();
  session_->wake();
}

// --- the store, and no connection ---------------------------------------------------

void mqtt_link::want_commit() noexcept {
  if (commits_ && config_.store->staged() > config_.store->durable()) commits_->wait(*this);
}

void mqtt_link::committed(const result<void>& outcome) {
  if (!session_) {
    if (outcome) return arm_idle();
    // Nobody waits for it yet; what is staged is tried again with the next change.
    if (config_.watch) {
      config_.watch->log(log_level::error, component_, outcome.error().to_string());
    }
    return;
  }
  // Nothing may be shown that is not durable.
  if (!outcome) session_->client().fail(outcome.error(), home().now());
  session_->wake();
}

void mqtt_link::arm_idle() noexcept {
  // Without room for a timer the next change, or connection, tells it.
  (void)guarded([&] { home().set_timer(idle_, home().now()); });
}

void mqtt_link::tell_idle(time_point now) {
  bool gone = false;
  gone_ = &gone;
  kept_.handle_timeout(now);
  while (!gone && !session_) {
    if (auto done = kept_.next_completion()) {
      owner_.link_event(*this, *std::move(done));
    } else if (const auto id = kept_.next_stored()) {
      owner_.link_event(*this, mqtt::stored_event{*id});
    } else {
      break;
    }
  }
  if (gone) return;
  gone_ = nullptr;
  if (session_) return;
  want_commit();
  (void)guarded([&] { home().set_timer(idle_, kept_.next_deadline()); });
}

}  // namespace parley::detail
