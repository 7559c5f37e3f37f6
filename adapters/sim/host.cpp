#include <algorithm>
#include <cassert>
#include <parley/adapters/sim/detail/socket.hpp>
#include <parley/adapters/sim/detail/wire.hpp>
#include <parley/adapters/sim/world.hpp>
#include <utility>

namespace parley::sim {

namespace detail {

// A name that is being resolved. Runs in the ready queue when the answer is
// there; stays until then, even if it was cancelled.
class lookup final : public work {
 public:
  lookup(host& h, std::uint64_t id, resolve_request& request)
      : host_(h), id_(id), request_(&request) {
    request.job = this;
    h.attach();
  }

  // Nobody waits for the answer any more.
  void cut() {
    if (!request_) return;
    std::exchange(request_, nullptr)->job = nullptr;
    host_.detach();
  }

  void run() override {
    resolve_request* request = request_;
    cut();
    auto answer = std::move(*answer_);
    host& h = host_;
    std::erase_if(h.lookups_, [this](const auto& l) { return l.get() == this; });
    // From here on, *this is gone.
    if (request) request->resolved(std::move(answer));
  }

  host& host_;
  const std::uint64_t id_;
  resolve_request* request_;
  std::optional<result<std::vector<address>>> answer_;
};

}  // namespace detail

namespace {

bool is_too_long(const address& a) { return a.is_local() && a.path().size() > 107; }

error bad_path(const address& a) {
  return error(errc::invalid_argument, a.to_string())
      .with_hint("the path of a Unix socket has at most 107 bytes");
}

}  // namespace

host::host(world& w, std::string name, std::size_t index, std::uint64_t seed)
    : world_(w), name_(std::move(name)), index_(index), random_(prng::named(seed, name_)) {}

host::~host() {
  assert(sockets_.empty() && "connections must be closed and released before their world ends");
}

void host::add_address(const address& ip) { addresses_.push_back(ip.with_port(0)); }

void host::remove_address(const address& ip) { std::erase(addresses_, ip.with_port(0)); }

bool host::has(const address& ip) const {
  return std::ranges::find(addresses_, ip.with_port(0)) != addresses_.end();
}

time_point host::now() { return world_.now(); }

wall_time host::wall_now() { return world_.wall_now(); }

// --- the turn -------------------------------------------------------------------

std::optional<time_point> host::next_turn() {
  if (is_busy()) return std::max(world_.now(), free_at_);
  const auto timer = next_timer();
  return timer ? std::max(*timer, free_at_) : timer;
}

void host::turn() {
  free_at_ = world_.now() + world_.options_.turn_cost;
  batch_.swap(reporting_);
  for (detail::socket* s : batch_) s->report();
  batch_.clear();
  run_timers(world_.now());
  run_ready();
}

result<void> host::run_until_complete(operation_base& op, duration bound) {
  if (world_.running_ || in_turn()) {
    return fail(errc::misuse, "wait() inside of a callback of the simulated world");
  }
  if (world_.run_until([&] { return op.is_complete(); }, bound)) return {};
  return fail(errc::timed_out, world_.livelocked_ ? "the simulated world is in a livelock"
                               : world_.idle_     ? "nothing is left that could happen"
                                                  : "the bound of wait() has passed");
}

// --- names ------------------------------------------------------------------------

void host::resolve(resolve_request& request) {
  const std::uint64_t id = ++last_lookup_;
  lookups_.push_back(std::make_unique<detail::lookup>(*this, id, request));
  if (auto numeric = address::parse_ip(request.host, request.port)) {
    return answer(id, std::vector<address>{*numeric});
  }
  if (world_.is_mute(request.host)) return;
  auto found = world_.look_up(*this, request.host);
  if (found) {
    for (address& a : *found) a = a.with_port(request.port);
  }
  world_.after(
      world_.resolve_delay(request.host),
      [this, id, found = std::make_unique<result<std::vector<address>>>(std::move(found))] {
        answer(id, std::move(*found));
      });
}

void host::answer(std::uint64_t id, result<std::vector<address>> addresses) {
  for (const auto& l : lookups_) {
    if (l->id_ != id) continue;
    l->answer_.emplace(std::move(addresses));
    return enqueue(*l);
  }
}

void host::cancel(resolve_request& request) {
  auto* job = static_cast<detail::lookup*>(request.job);
  if (!job) return;
  job->cut();
  // With an answer it stands in the ready queue.
  if (!job->answer_) std::erase_if(lookups_, [job](const auto& l) { return l.get() == job; });
}

// --- connections --------------------------------------------------------------------

std::uint16_t host::next_port() noexcept {
  last_port_ = last_port_ == 65535 ? 49152 : static_cast<std::uint16_t>(last_port_ + 1);
  return last_port_;
}

// What the peer sees as our address, or nothing without a route to `to`.
std::optional<address> host::source_for(const address& to) {
  if (down_) return std::nullopt;
  if (to.is_local()) return address::local({});
  if (to.is_loopback() || has(to)) return to.with_port(next_port());
  for (const address& a : addresses_) {
    if (a.family() == to.family()) return a.with_port(next_port());
  }
  return std::nullopt;
}

connection& host::connect(const address& to, driver& d) {
  const auto from = source_for(to);
  host* server = from && !is_too_long(to) ? world_.route(*this, to) : nullptr;
  if (!server) {
    // Owned by itself until it is released.
    auto* s = new detail::socket(*this, d, nullptr);
    s->broken(is_too_long(to) ? bad_path(to) : error(errc::unreachable, to.to_string()));
    return *s;
  }
  auto wire = world_.make_wire(*this, *server);
  auto* s = new detail::socket(*this, d, wire);
  wire->set_end(0, s);
  wire->begin(*from, to);
  world_.after(world_.options_.connect_timeout, [wire = std::weak_ptr(wire)] {
    if (const auto w = wire.lock()) w->give_up();
  });
  return *s;
}

detail::listening* host::find_listener(const address& at) const {
  for (detail::listening* l : listeners_) {
    if (l->matches(at)) return l;
  }
  return nullptr;
}

detail::listening* host::next_listener(const address& at) {
  detail::listening* found = find_listener(at);
  if (found && found->is_shared()) {
    std::erase(listeners_, found);
    listeners_.push_back(found);
  }
  return found;
}

result<std::unique_ptr<listener>> host::listen(const address& at, acceptor& a,
                                               const listen_options& how) {
  address where = at;
  if (is_too_long(at)) return std::unexpected(bad_path(at));
  if (down_) return fail(errc::unreachable, "the host is down: " + at.to_string());
  if (how.reuse_port && at.is_local()) {
    return fail(errc::not_supported, "sharing the Unix socket " + at.to_string());
  }
  if (!at.is_local()) {
    const bool any = std::ranges::all_of(at.ip(), [](auto b) { return b == 0; });
    if (!any && !at.is_loopback() && !has(at)) {
      return fail(errc::unreachable, "not an address of this host: " + at.to_string());
    }
    while (where.port() == 0 || (at.port() == 0 && find_listener(where))) {
      where = where.with_port(next_port());
    }
  }
  for (detail::listening* l : listeners_) {
    if (l->local_address() != where || (how.reuse_port && l->is_shared())) continue;
    return std::unexpected(
        error(errc::io, at.to_string() + ": already in use")
            .with_hint("another program listens there: stop it, or choose another port or path"));
  }
  return std::make_unique<detail::listening>(*this, where, a, how.reuse_port);
}

detail::socket* host::accept(detail::listening& by, std::shared_ptr<detail::wire> w) {
  return new detail::socket(*this, by.local_address(), std::move(w));
}

// --- crash ----------------------------------------------------------------------------

void host::crash(crash_kind how) {
  if (down_) return;
  world_.note_host(*this, how == crash_kind::process ? "crash" : "power loss");
  listeners_.clear();
  for (detail::socket* s : sockets_) s->lost(how);
  down_ = how;
}

void host::restart() {
  if (!down_) return;
  world_.note_host(*this, "restart");
  down_.reset();
  if (boot_) boot_();
  world_.resume(*this);
}

}  // namespace parley::sim
