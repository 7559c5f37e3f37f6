#include <algorithm>
#include <bit>
#include <parley/codecs/resp/server/detail/redis_server_session.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>
#include <parley/core/api/settings.hpp>
#include <utility>

namespace parley {
namespace {

// 40 hexadecimal digits, as Redis has them.
std::string make_run_id(loop& home) {
  std::array<std::byte, 20> bytes{};
  home.random(bytes);
  std::string text;
  for (const std::byte b : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[std::to_integer<unsigned>(b) >> 4];
    text += digits[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

resp::engine_config engine_settings(loop& home, const redis_server_config& c) {
  std::array<std::byte, 16> secret{};
  home.random(secret);
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(secret);
  return {.databases = c.databases,
          .password = c.password,
          .users = c.users,
          .max_clients = c.max_clients,
          .limits = c.limits,
          .data = c.data,
          .seed = {halves[0], halves[1]},
          .run_id = make_run_id(home)};
}

// Whom clients are before they say who they are.
bool lets_everybody_in(const redis_server_config& c) {
  const auto own = std::ranges::find(c.users, "default", &resp::server_user::name);
  if (own == c.users.end()) return c.password.empty();
  return own->is_enabled && !own->needs_password;
}

}  // namespace

// --- configuration --------------------------------------------------------------------

result<address> redis_server_config::where() const {
  return listening_address(unix_socket, host, port);
}

result<void> redis_server_config::validate() const {
  fault_list faults;
  const auto at = where();
  check_serving(*this, faults);
  faults.check(!at || at->is_loopback() || !lets_everybody_in(*this),
               "host can be reached from other machines, and needs no password");
  faults.check(databases > 0 && databases <= 10'000, "databases is outside 1 to 10000");
  faults.check(max_clients > 0, "max_clients is 0");
  for (const resp::server_user& user : users) {
    faults.check(!user.name.empty(), "a user has no name");
    faults.check(!user.is_enabled || !user.needs_password || !user.password.empty(),
                 "user " + user.name + " needs a password and has none");
  }
  const resp::server_limits& l = limits;
  faults.check(l.request.max_arguments > 0, "limits.request.max_arguments is 0");
  faults.check(l.request.max_inline >= 64, "limits.request.max_inline is below 64");
  faults.check(l.request.request_budget >= l.request.max_inline,
               "limits.request.request_budget is below max_inline");
  faults.check(l.high_water > 0 && l.high_water <= l.max_output,
               "limits.high_water is 0 or above max_output");
  faults.check(l.soft_subscribed_output <= l.max_subscribed_output,
               "limits.soft_subscribed_output is above max_subscribed_output");
  faults.check(l.idle_timeout >= duration::zero(), "limits.idle_timeout is negative");
  return std::move(faults).verdict();
}

// --- server ---------------------------------------------------------------------------

redis_server::redis_server(loop& home, redis_server_config config)
    : loop_(home),
      config_(std::move(config)),
      engine_(engine_settings(home, config_), home.now()),
      serving_(home) {}

redis_server::~redis_server() {
  serving_.end();
  if (engine_deadline_.is_armed()) loop_.set_timer(engine_deadline_, std::nullopt);
}

result<void> redis_server::listen() {
  if (auto ok = serving_.listen(config_, *this); !ok) return ok;
  const address at = *local_address();
  engine_.config().address = at.is_local() ? config_.unix_socket + ":0" : at.to_string();
  return {};
}

operation<void> redis_server::stop() { return serving_.stop(config_.stop_timeout); }

driver* redis_server::accept(connection& c, const address& peer) {
  // The engine refuses with an error that clients can read; before a handshake nobody can, and
  // handshakes that never end must be bounded too.
  if (config_.ssl && serving_.size() >= config_.max_clients) return nullptr;
  return serving_.admit(config_, "redis", [&](layer_ptr tls) {
    return std::make_unique<detail::redis_server_session>(*this, c, peer, std::move(tls));
  });
}

void redis_server::forget(detail::redis_server_session& s) noexcept {
  engine_.leave(s);
  serving_.forget(s);
}

// --- time -----------------------------------------------------------------------------

void redis_server::end_requests() {
  const auto at = engine_.next_deadline();
  if (at == armed_) return;
  armed_ = at;
  loop_.set_timer(engine_deadline_, at);
}

void redis_server::on_engine_deadline(time_point now) {
  armed_.reset();
  engine_.handle_timeout(now);
  end_requests();
}

}  // namespace parley
