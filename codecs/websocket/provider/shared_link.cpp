#include <algorithm>
#include <parley/codecs/websocket/provider/client_core.hpp>
#include <parley/codecs/websocket/provider/shared_link.hpp>
#include <parley/codecs/websocket/websocket_connections.hpp>
#include <utility>

namespace parley::detail {
namespace {

bool is_same_way(const uri& a, const uri& b) {
  return a.protocol() == b.protocol() && a.is_local() == b.is_local() && a.host() == b.host() &&
         a.path() == b.path() && a.port() == b.port() && a.target() == b.target() &&
         a.has_user() == b.has_user() && a.user() == b.user() && a.password() == b.password();
}

bool is_same_proof(const websocket_config& a, const websocket_config& b) {
  return a.ssl_cert == b.ssl_cert && a.ssl_key == b.ssl_key &&
         a.ssl_key_password == b.ssl_key_password && a.ssl_ca_certs == b.ssl_ca_certs &&
         a.ssl_crlfile == b.ssl_crlfile && a.verify == b.verify && a.with == b.with;
}

// What the connection itself depends on; how long one waits for a reply is each one's own.
bool is_same_connection(const websocket_config& a, const websocket_config& b) {
  return is_same_proof(a, b) && a.compression == b.compression && a.deflate == b.deflate &&
         a.ping_interval == b.ping_interval && a.ping_timeout == b.ping_timeout &&
         a.max_size == b.max_size && a.write_limit == b.write_limit &&
         a.offline_bytes == b.offline_bytes && a.names == b.names && a.origin == b.origin &&
         a.headers == b.headers && a.connect_timeout == b.connect_timeout &&
         a.close_timeout == b.close_timeout && a.reconnect == b.reconnect;
}

}  // namespace

std::shared_ptr<websocket_shared_link> websocket_shared_link::of(loop& home,
                                                                 const websocket_config& config,
                                                                 const uri& where) {
  if (!config.share) return std::make_shared<websocket_shared_link>(home, config, where);
  auto& known = config.share->known_;
  std::erase_if(known, [](const auto& weak) { return weak.expired(); });
  for (const auto& weak : known) {
    auto kept = weak.lock();
    if (kept->is_same(home, config, where)) return kept;
  }
  auto made = std::make_shared<websocket_shared_link>(home, config, where);
  known.push_back(made);
  return made;
}

websocket_shared_link::websocket_shared_link(loop& home, const websocket_config& config,
                                             const uri& where)
    : loop_(home),
      config_(config),
      where_(where),
      link_(home, static_cast<websocket_link_owner&>(*this), config_, where_) {
  // Whoever is there at the time is told.
  config_.watch = static_cast<observer*>(this);
  config_.share = nullptr;
}

bool websocket_shared_link::is_same(const loop& home, const websocket_config& config,
                                    const uri& where) const {
  return &loop_ == &home && is_same_way(where_, where) && is_same_connection(config_, config);
}

// --- who is there -----------------------------------------------------------------------------

void websocket_shared_link::enter(websocket_client_core& who) {
  const auto is_it = [&](const user& u) { return u.core == &who; };
  if (std::none_of(users_.begin(), users_.end(), is_it)) users_.push_back({&who});
}

void websocket_shared_link::remove(const websocket_client_core& who) noexcept {
  let_go(who);
  std::erase_if(users_, [&](const user& u) { return u.core == &who; });
}

bool websocket_shared_link::has_others(const websocket_client_core& than) const noexcept {
  return std::any_of(users_.begin(), users_.end(), [&](const user& u) { return u.core != &than; });
}

void websocket_shared_link::leave(websocket_client_core& who) noexcept {
  remove(who);
  if (!has_users()) link_.stop();
}

void websocket_shared_link::leave(websocket_client_core& who, completer<void> done) {
  remove(who);
  if (has_users()) return done.complete({});
  link_.close(std::move(done));
}

bool websocket_shared_link::is_heard(std::string_view filter,
                                     const websocket_client_core& except) const {
  return std::any_of(users_.begin(), users_.end(), [&](const user& u) {
    return u.core != &except && u.core->has_filter(filter);
  });
}

// --- back-pressure ----------------------------------------------------------------------------

void websocket_shared_link::hold(websocket_client_core& who) {
  for (user& u : users_) {
    if (u.core == &who) u.holds = true;
  }
  if (link_.is_up()) link_.client().hold();
}

void websocket_shared_link::let_go(const websocket_client_core& who) noexcept {
  bool held = false, changed = false;
  for (user& u : users_) {
    if (u.core == &who) changed |= std::exchange(u.holds, false);
    held |= u.holds;
  }
  if (!changed || held || !link_.is_up()) return;
  link_.client().go_on();
  link_.wake();
}

// --- what happens -----------------------------------------------------------------------------

// Users may come and go meanwhile, and the last one may take its reference to this along.
template <class Tell>
void websocket_shared_link::tell_all(Tell tell) {
  const auto keep = shared_from_this();
  if (users_.size() == 1) return tell(*users_.front().core);
  std::vector<websocket_client_core*> told;
  for (const user& u : users_) {
    u.core->retain();
    told.push_back(u.core);
  }
  for (websocket_client_core* core : told) {
    const auto is_it = [&](const user& u) { return u.core == core; };
    if (std::any_of(users_.begin(), users_.end(), is_it)) tell(*core);
  }
  for (websocket_client_core* core : told) core->release();
}

void websocket_shared_link::link_up() {
  // An inbox that was full before the break is so still.
  if (std::any_of(users_.begin(), users_.end(), [](const user& u) { return u.holds; })) {
    link_.client().hold();
  }
  tell_all([](websocket_client_core& core) { core.link_up(); });
}

void websocket_shared_link::link_down(const error& why, bool final) {
  tell_all([&](websocket_client_core& core) { core.link_down(why, final); });
}

void websocket_shared_link::link_message(const websocket::message_event& message) {
  tell_all([&](websocket_client_core& core) { core.link_message(message); });
}

// An observer must not destroy providers, so that nobody leaves here.
template <class Tell>
void websocket_shared_link::tell_observers(Tell tell) {
  for (std::size_t i = 0; i < users_.size(); ++i) {
    if (observer* const watch = users_[i].core->config().watch) tell(*watch);
  }
}

void websocket_shared_link::log(log_level level, std::string_view component,
                                std::string_view text) {
  tell_observers([&](observer& o) { o.log(level, component, text); });
}

void websocket_shared_link::record(const metric& m) {
  tell_observers([&](observer& o) { o.record(m); });
}

void websocket_shared_link::state_changed(std::string_view component, provider_state now,
                                          const error* why) {
  tell_observers([&](observer& o) { o.state_changed(component, now, why); });
}

}  // namespace parley::detail

namespace parley {

std::size_t websocket_connections::size() const noexcept {
  return static_cast<std::size_t>(std::count_if(known_.begin(), known_.end(), [](const auto& weak) {
    const auto kept = weak.lock();
    return kept && kept->has_users();
  }));
}

}  // namespace parley
