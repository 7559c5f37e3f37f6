#include <algorithm>
#include <limits>
#include <parley/codecs/http/provider/server_channels.hpp>
#include <parley/codecs/http/provider/server_core.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/core/async/guard.hpp>
#include <parley/core/async/run_aside.hpp>
#include <utility>

namespace parley::detail {
namespace {

// Exchanges that are kept for the next requests.
constexpr std::size_t most_spare = 256;

http_server_config server_config_of(const rest_config& c) {
  http_server_config s;
  s.host = c.host;
  s.port = c.port;
  s.unix_socket = c.unix_socket;
  s.max_connections = c.max_clients;
  s.limits = c.server_limits;
  // Bodies are counted here, where the answer can say more than a status.
  s.limits.message.body = s.limits.decoded_body = std::numeric_limits<std::uint64_t>::max();
  s.ssl = !c.ssl_cert.empty();
  if (s.ssl) {
    s.tls = {.ca_certs = c.ssl_ca_certs,
             .certfile = c.ssl_cert,
             .keyfile = c.ssl_key,
             .key_password = c.ssl_key_password,
             .crlfile = c.ssl_crlfile,
             .clients = c.clients};
  }
  s.with = c.with;
  s.watch = c.watch;
  s.stop_timeout = c.close_timeout;
  return s;
}

http::cors_settings cors_settings_of(const rest_config& c) {
  http::cors_settings s = c.cors;
  s.enabled = c.cors_enabled;
  s.origins = c.cors_origins;
  return s;
}

}  // namespace

rest_server_core::rest_server_core(loop& home, rest_config config)
    : rest_core(home, std::move(config)),
      entropy_(home),
      routes_(config_.slashes),
      upgrade_routes_(config_.slashes),
      channels_(std::make_unique<rest_server_channels>(*this)) {}

rest_server_core::~rest_server_core() {
  for (rest_exchange* e : spare_) delete e;
}

// --- its life ---------------------------------------------------------------------------------

operation<void> rest_server_core::initialize() {
  if (auto ok = config_.validate(); !ok) return ended<void>(*this, std::move(ok));
  if (!server_) {
    auto policy = http::cors_policy::make(cors_settings_of(config_));
    if (!policy) return ended<void>(*this, std::unexpected(std::move(policy).error()));
    cors_ = *std::move(policy);
    if (auto ok = channels_->add_routes(); !ok) return ended<void>(*this, std::move(ok));
    http_server_config how = server_config_of(config_);
    how.upgrades = this;
    server_.emplace(loop_, static_cast<http_handler&>(*this), std::move(how));
  }
  if (!server_->is_listening()) {
    if (auto ok = server_->listen(); !ok) {
      last_error_ = ok.error();
      return ended<void>(*this, std::move(ok));
    }
  }
  initialized_ = true;
  state_ = provider_state::up;
  if (config_.watch) config_.watch->state_changed("rest", state_, nullptr);
  return ended<void>(*this, {});
}

operation<void> rest_server_core::close() {
  initialized_ = false;
  state_ = provider_state::closed;
  if (config_.watch) config_.watch->state_changed("rest", state_, nullptr);
  // Streams that listen would last for ever.
  channels_->end_streams();
  return server_ ? server_->stop() : ended<void>(*this, {});
}

void rest_server_core::shut() noexcept {
  rest_core::shut();
  state_ = provider_state::closed;
  // Connections go without a word, and say `closed` from in here. What runs has handles of its own.
  server_.reset();
  channels_->shut();
  for (const auto& route : by_id_) {
    if (route) route->core = nullptr;
  }
  by_id_.clear();
  upgrades_.clear();
  before_.clear();
  after_.clear();
  const rest_access_log gone = std::move(access_log_);
}

provider_status rest_server_core::status() const {
  provider_status s;
  s.state = state_;
  s.last_error = last_error_;
  s.connects = requests_;
  s.pending = under_way_;
  return s;
}

// --- routes -----------------------------------------------------------------------------------

result<std::shared_ptr<rest_route_state>> rest_server_core::add_route(std::string_view method,
                                                                      std::string_view pattern,
                                                                      rest_any_handler handler) {
  // What needs memory comes before the route.
  auto made = std::make_shared<rest_route_state>();
  made->core = this;
  made->method = method;
  made->pattern = pattern;
  made->handler = std::move(handler);
  by_id_.reserve(by_id_.size() + 1);
  auto id = routes_.add(method, pattern);
  if (!id) return std::unexpected(std::move(id).error());
  made->id = *id;
  if (by_id_.size() <= *id) by_id_.resize(*id + 1);
  by_id_[*id] = made;
  return made;
}

void rest_server_core::remove_route(rest_route_state& route) noexcept {
  route.core = nullptr;
  routes_.remove(route.id);
  by_id_[route.id].reset();
}

result<rest_route> rest_server_core::route(std::string_view method, std::string_view pattern,
                                           rest_any_handler handler) {
  auto made = add_route(method, pattern, std::move(handler));
  if (!made) return std::unexpected(std::move(made).error());
  return route_handle(*std::move(made));
}

namespace {

// What a server's callable is: a handle of the route, which nobody here can call. The route stays
// when it is dropped.
class served_route final : public callable_core {
 public:
  served_route(rest_server_core& core, std::shared_ptr<rest_route_state> state)
      : core_(core), state_(std::move(state)) {
    core_.retain();
  }
  std::string_view name() const override { return state_->pattern; }
  operation<value> call(const value&, call_options) override {
    return ended<value>(core_, fail(errc::not_supported, "a REST server calls nobody"));
  }

 private:
  ~served_route() override { core_.release(); }
  void dispose() noexcept override { delete this; }

  rest_server_core& core_;
  std::shared_ptr<rest_route_state> state_;
};

}  // namespace

operation<callable> rest_server_core::serve(std::string_view name, rest_any_handler handler) {
  if (!initialized_) return ended<callable>(*this, std::unexpected(not_ready()));
  auto made = add_route("POST", name, std::move(handler));
  if (!made) return ended<callable>(*this, std::unexpected(std::move(made).error()));
  rest_new_route route(*this, *std::move(made));
  route->takes_json = true;
  auto op = ended<callable>(*this, callable(new served_route(*this, route.state())));
  route.keep();
  return op;
}

// --- other protocols --------------------------------------------------------------------------

result<void> rest_server_core::upgrade(std::string_view pattern,
                                       std::shared_ptr<upgrade_target> to) {
  if (!to) return fail(errc::invalid_argument, "there is nobody to hand connections to");
  upgrades_.reserve(upgrades_.size() + 1);
  auto id = upgrade_routes_.add("GET", pattern);
  if (!id) return std::unexpected(std::move(id).error());
  if (upgrades_.size() <= *id) upgrades_.resize(*id + 1);
  upgrades_[*id] = std::move(to);
  return {};
}

driver* rest_server_core::take(const upgrade_request& asked) {
  if (upgrades_.empty() || asked.head.verb != http::method::get ||
      !asked.head.headers.lists(http::field::upgrade, "websocket")) {
    return nullptr;
  }
  http::path_parameters values;
  const auto match = upgrade_routes_.lookup(asked.head.verb, "GET", asked.head.path(), values);
  if (match.how != http::route_outcome::found) return nullptr;
  // Kept by itself: it may tell users, who may end this.
  const auto target = upgrades_[match.route];
  return target->take(asked);
}

bool rest_server_core::is_upgrade_path(std::string_view path) const {
  if (upgrades_.empty()) return false;
  http::path_parameters values;
  return upgrade_routes_.lookup(http::method::get, "GET", path, values).how ==
         http::route_outcome::found;
}

void rest_server_core::use(rest_any_before look) {
  before_.push_back(std::make_shared<rest_any_before>(std::move(look)));
}

void rest_server_core::use_after(rest_after look) {
  after_.push_back(std::make_shared<rest_after>(std::move(look)));
}

operation<speaker> rest_server_core::open_speaker(std::string_view name,
                                                  message_callback on_message,
                                                  speaker_options options) {
  if (!initialized_) return ended<speaker>(*this, std::unexpected(not_ready()));
  return channels_->open_speaker(name, std::move(on_message), options);
}

// --- what connections say -----------------------------------------------------------------------

rest_exchange& rest_server_core::take_exchange() {
  if (spare_.empty()) return *new rest_exchange(*this);
  rest_exchange* const e = spare_.back();
  spare_.pop_back();
  return *e;
}

void rest_server_core::recycle(rest_exchange& e) noexcept {
  const auto kept = [&] { spare_.push_back(&e); };
  if (spare_.size() >= most_spare || !guarded(kept)) delete &e;
  release();
}

rest_exchange* rest_server_core::find(rest_peer& peer, http::request_id id) const noexcept {
  const auto at = std::find_if(peer.exchanges.begin(), peer.exchanges.end(),
                               [&](const rest_exchange* e) { return e->number() == id; });
  return at == peer.exchanges.end() ? nullptr : *at;
}

void rest_server_core::on_event(http_peer& peer, http::server::event& event, time_point now) {
  const rest_core_ref keep(*this);
  if (const auto* head = std::get_if<http::request_event>(&event)) {
    return receive_head(peer, *head, now);
  }
  auto* const known = static_cast<rest_peer*>(peer.user);
  if (known == nullptr) return;
  if (const auto* body = std::get_if<http::body_event>(&event)) {
    receive_body(*known, *body);
  } else if (const auto* end = std::get_if<http::request_end>(&event)) {
    receive_end(*known, *end);
  } else if (std::holds_alternative<http::writable>(event)) {
    // A list of its own: who is told may end.
    const auto waiting = known->exchanges;
    for (rest_exchange* e : waiting) {
      if (find(*known, e->number()) == e) e->writable();
      if (peer.user == nullptr) return;
    }
  } else if (const auto* why = std::get_if<failed>(&event)) {
    last_error_ = why->why;
  } else if (std::holds_alternative<closed>(event)) {
    lose(peer);
  }
}

void rest_server_core::receive_head(http_peer& peer, const http::request_event& event,
                                    time_point now) {
  if (peer.user == nullptr) peer.user = new rest_peer(peer);
  auto& known = *static_cast<rest_peer*>(peer.user);
  rest_exchange& e = take_exchange();
  retain();  // given back by recycle()
  // Where memory ends before it has its place, nobody else would put it away.
  struct beginning {
    rest_exchange* e;
    ~beginning() {
      if (e != nullptr) e->release();
    }
  } to_begin{&e};
  e.begin(known, event.id, *event.head, now);
  known.exchanges.push_back(&e);
  to_begin.e = nullptr;
  ++under_way_;
  ++requests_;
  look_up(e);
  const http::body_info& body = event.head->body;
  if (body.how == http::framing::length && body.length > body_limit(e)) {
    return finish(e, rest_reply::problem(error(http::errc::body_too_large)));
  }
  // One that takes the body as it comes begins with the head.
  if (e.route_state && e.route_state->stream_limit) start(e);
}

void rest_server_core::receive_body(rest_peer& peer, const http::body_event& event) {
  rest_exchange* const e = find(peer, event.id);
  if (e == nullptr) return;
  if (e->received_bytes + event.data.size() > body_limit(*e)) {
    const error why(http::errc::body_too_large);
    e->break_body(why);
    return finish(*e, rest_reply::problem(why));
  }
  e->received_bytes += event.data.size();
  e->add_body(event.data);
  if (e->at() != rest_exchange::phase::collecting) e->feed_reader();
}

void rest_server_core::receive_end(rest_peer& peer, const http::request_end& event) {
  rest_exchange* const e = find(peer, event.id);
  if (e == nullptr) return;
  if (e->at() == rest_exchange::phase::collecting) return start(*e);
  e->end_body();
}

// Nobody is there any more to be answered.
void rest_server_core::lose(http_peer& peer) noexcept {
  auto* const known = static_cast<rest_peer*>(std::exchange(peer.user, nullptr));
  if (known == nullptr) return;
  while (!known->exchanges.empty()) {
    rest_exchange& e = *known->exchanges.back();
    put_away(e);
  }
  delete known;
}

void rest_server_core::put_away(rest_exchange& e) noexcept {
  rest_peer* const peer = e.peer();
  if (peer == nullptr) return;
  if (access_log_ && server_) {
    rest_access seen;
    e.fill_access(seen);
    const auto ran = run_aside(
        access_log_, [&](rest_access_log& running) { running(seen); },
        [&] { return server_ ? &access_log_ : nullptr; });
    if (!ran) callback_failed(ran.error());
  }
  std::erase(peer->exchanges, &e);
  --under_way_;
  e.leave();
  e.release();
}

}  // namespace parley::detail
