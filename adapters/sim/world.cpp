#include <algorithm>
#include <cassert>
#include <parley/adapters/sim/detail/socket.hpp>
#include <parley/adapters/sim/detail/wire.hpp>
#include <parley/adapters/sim/world.hpp>
#include <utility>

namespace parley::sim {

namespace {

// Not zero, so that subtracting from the present stays harmless.
constexpr time_point beginning = time_point(std::chrono::hours(1));

// Orders a heap by the earliest time; equal times in the order of their making.
constexpr auto later = [](const auto& a, const auto& b) {
  return a.when != b.when ? a.when > b.when : a.order > b.order;
};

}  // namespace

address ip(std::string_view numbers) {
  auto parsed = address::parse_ip(numbers, 0);
  assert(parsed && "not an address in numbers");
  return parsed ? *parsed : address();
}

world::world(std::uint64_t seed, const world_options& options)
    : seed_(seed),
      options_(options),
      network_(prng::named(seed, "network")),
      schedule_(prng::named(seed, "schedule")),
      faults_(prng::named(seed, "faults")),
      start_(beginning),
      now_(beginning) {}

world::~world() {
  assert(!running_);
  // What was posted and closed is delivered; no time passes any more.
  bool busy = true;
  for (std::size_t n = 0; busy && n < options_.max_steps_per_instant; ++n) {
    busy = false;
    for (const auto& h : hosts_) {
      if (!h->is_busy()) continue;
      h->turn();
      busy = true;
    }
  }
}

// --- hosts and names --------------------------------------------------------------

host& world::add_host(std::string name, std::initializer_list<std::string_view> addresses) {
  const std::size_t index = hosts_.size();
  hosts_.push_back(std::unique_ptr<host>(new host(*this, std::move(name), index, seed_)));
  host& h = *hosts_.back();
  for (const std::string_view a : addresses) h.add_address(ip(a));
  if (addresses.size() == 0) {
    const std::size_t n = index + 1;
    const auto high = static_cast<std::uint8_t>(n / 250);
    const auto low = static_cast<std::uint8_t>(n % 250);
    h.add_address(address::v4({10, 0, high, low}, 0));
  }
  return h;
}

host* world::find_host(std::string_view name) {
  for (const auto& h : hosts_) {
    if (h->name() == name) return h.get();
  }
  return nullptr;
}

void world::set_name(std::string name, std::vector<address> addresses, duration extra_delay) {
  names_[std::move(name)] = {std::move(addresses), extra_delay, false};
}

void world::mute_name(std::string name) { names_[std::move(name)].mute = true; }

void world::forget_name(std::string_view name) {
  if (const auto it = names_.find(name); it != names_.end()) names_.erase(it);
}

bool world::is_mute(std::string_view name) const {
  const auto it = names_.find(name);
  return it != names_.end() && it->second.mute;
}

result<std::vector<address>> world::look_up(host& from, const std::string& name) {
  std::vector<address> found;
  if (from.down_) return fail(errc::unresolvable, name);
  if (const auto it = names_.find(name); it != names_.end()) {
    found = it->second.addresses;
  } else if (const host* h = find_host(name)) {
    found = h->addresses();
  } else if (name == "localhost") {
    found = {ip("::1"), ip("127.0.0.1")};
  }
  if (found.empty()) return fail(errc::unresolvable, name);
  return found;
}

duration world::resolve_delay(const std::string& name) {
  const auto it = names_.find(name);
  const duration extra = it != names_.end() ? it->second.extra_delay : duration{};
  return extra + network_.between(options_.resolve_min, options_.resolve_max);
}

// The host that answers at an address, if any does.
host* world::route(host& from, const address& to) {
  const bool any = !to.is_local() && std::ranges::all_of(to.ip(), [](auto b) { return b == 0; });
  if (to.is_local() || to.is_loopback() || any) return &from;
  for (const auto& h : hosts_) {
    if (h->has(to)) return h.get();
  }
  return nullptr;
}

// --- links ------------------------------------------------------------------------

detail::link& world::link_between(host& a, host& b) {
  const auto key = std::minmax(a.index_, b.index_);
  auto& l = links_[{key.first, key.second}];
  if (!l) {
    l = std::make_unique<detail::link>();
    l->options = &a == &b ? options_.local : options_.link;
  }
  return *l;
}

void world::set_link(host& a, host& b, const link_options& options) {
  detail::link& l = link_between(a, b);
  l.options = options;
  l.customized = true;
}

void world::set_default_link(const link_options& options) {
  options_.link = options;
  for (auto& [key, l] : links_) {
    if (!l->customized && key.first != key.second) l->options = options;
  }
}

std::shared_ptr<detail::wire> world::make_wire(host& client, host& server) {
  // What has ended is forgotten, at a cost that is spread over what is made.
  if (wires_.size() >= wires_kept_) {
    std::erase_if(wires_, [](const auto& w) { return w.expired(); });
    wires_kept_ = std::max<std::size_t>(64, 2 * wires_.size());
  }
  auto w = std::make_shared<detail::wire>(*this, link_between(client, server), client, server,
                                          ++last_wire_);
  wires_.push_back(w);
  return w;
}

std::size_t world::open_connections() const {
  std::size_t sum = 0;
  for (const auto& h : hosts_) sum += h->open_connections();
  return sum;
}

// --- time and running ---------------------------------------------------------------

wall_time world::wall_now() const noexcept {
  const auto since = now_ - start_ + wall_shift_;
  return options_.wall_start + std::chrono::duration_cast<wall_time::duration>(since);
}

void world::at(time_point when, callback<void()> f) {
  events_.push_back({std::max(when, now_), ++order_, std::move(f)});
  std::push_heap(events_.begin(), events_.end(), later);
}

// The host whose turn comes first. Among those of one moment the seed chooses.
host* world::next_host(time_point& when) {
  host* first = nullptr;
  std::uint64_t rivals = 0;
  for (const auto& h : hosts_) {
    const auto at = h->next_turn();
    if (!at || (first && *at > when)) continue;
    rivals = first && *at == when ? rivals + 1 : 1;
    if (rivals == 1 || schedule_.one_in(rivals)) first = h.get();
    when = *at;
  }
  when = std::max(when, now_);
  return first;
}

// The next step, unless it would come after `end`.
bool world::step_until(time_point end) {
  assert(!running_ && "the world is run from outside, never from a callback");
  time_point when = time_point::max();
  host* h = next_host(when);
  const bool is_event = !events_.empty() && (!h || events_.front().when <= when);
  if (is_event) when = events_.front().when;
  idle_ = !h && !is_event;
  if (idle_ || when > end || is_livelocked(when)) return false;
  now_ = when;
  running_ = true;
  if (is_event) {
    std::pop_heap(events_.begin(), events_.end(), later);
    callback<void()> what = std::move(events_.back().what);
    events_.pop_back();
    what();
  } else {
    h->turn();
  }
  running_ = false;
  return true;
}

bool world::is_livelocked(time_point next) noexcept {
  steps_ = next > now_ ? 0 : steps_ + 1;
  livelocked_ = steps_ > options_.max_steps_per_instant;
  if (livelocked_) steps_ = 0;  // whoever runs on gets as many again
  return livelocked_;
}

bool world::step() { return step_until(time_point::max()); }

stopped world::finish(time_point end) {
  if (livelocked_) return stopped::livelock;
  if (idle_) return stopped::idle;
  now_ = std::max(now_, end);
  return stopped::time;
}

stopped world::run_until_idle(duration bound) {
  const time_point end = now_ + bound;
  while (step_until(end)) {
  }
  return finish(end);
}

stopped world::run_until(time_point when) {
  while (step_until(when)) {
  }
  const stopped why = finish(when);
  if (why == stopped::idle) now_ = std::max(now_, when);
  return why;
}

void world::note(std::string_view what) {
  if (!tracing()) return;
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(now_ - start_);
  trace_ += std::to_string(since.count());
  trace_ += "ns ";
  trace_ += what;
  trace_ += '\n';
}

void world::note_host(const host& h, std::string_view what) {
  if (tracing()) note(h.name() + " " + std::string(what));
}

}  // namespace parley::sim
