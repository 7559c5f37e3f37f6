#include <algorithm>
#include <parley/adapters/sim/detail/socket.hpp>
#include <parley/adapters/sim/detail/wire.hpp>
#include <parley/adapters/sim/world.hpp>
#include <string>
#include <utility>

namespace parley::sim::detail {

wire::wire(world& w, struct link& l, host& client, host& server, std::uint64_t id)
    : world_(w), link_(l), hosts_{&client, &server}, id_(id) {}

bool wire::is_between(const host* a, const host* b) const noexcept {
  if (!a) return hosts_[0] != hosts_[1];  // any two hosts
  return (hosts_[0] == a && hosts_[1] == b) || (hosts_[0] == b && hosts_[1] == a);
}

std::size_t wire::link_direction(int from) const noexcept {
  return at(from).index_ <= at(1 - from).index_ ? 0 : 1;
}

void wire::begin(const address& from, const address& to) {
  from_ = from;
  to_ = to;
  send(0, {.what = packet::kind::syn});
}

// --- sending ------------------------------------------------------------------

std::size_t wire::room(int side) const noexcept {
  const std::size_t used = directions_[index(side)].outstanding;
  return used < options().window ? options().window - used : 0;
}

void wire::send_bytes(int side, buffer_list list, std::size_t n) {
  std::vector<std::byte> bytes;
  bytes.reserve(n);
  for (const const_buffer& piece : list) {
    const auto* data = static_cast<const std::byte*>(piece.data);
    bytes.insert(bytes.end(), data, data + std::min(piece.size, n - bytes.size()));
  }
  directions_[index(side)].outstanding += n;
  auto rest = std::span<const std::byte>(bytes);
  // At most four packets, so that a large write stays cheap.
  for (int left = options().splitting == split::random ? 3 : 0; left > 0; --left) {
    const auto cut = static_cast<std::ptrdiff_t>(world_.network_.below(rest.size()));
    if (cut == 0) continue;
    send(side, {.what = packet::kind::data, .bytes = {rest.begin(), rest.begin() + cut}});
    rest = rest.subspan(static_cast<std::size_t>(cut));
  }
  send(side, {.what = packet::kind::data, .bytes = {rest.begin(), rest.end()}});
}

void wire::send_fin(int side) {
  if (std::exchange(directions_[index(side)].fin_sent, true)) return;
  send(side, {.what = packet::kind::fin});
}

void wire::acknowledge(int side, std::size_t n) {
  auto& fifo = directions_[index(side)].fifo;
  if (!fifo.empty() && fifo.back().what == packet::kind::ack) {
    fifo.back().count += n;
    return;
  }
  send(side, {.what = packet::kind::ack, .count = n});
}

duration wire::draw_latency() {
  return world_.network_.between(options().latency_min, options().latency_max);
}

void wire::send(int from, packet p) {
  if (dead_ || at(from).down_ == crash_kind::power) return;
  if (severed_) return p.what == packet::kind::ack ? void() : stall(from);
  time_point ready = world_.now();
  if (options().bandwidth > 0 && !p.bytes.empty()) {
    time_point& busy = link_.busy_until[link_direction(from)];
    const auto size = static_cast<double>(p.bytes.size());
    const std::chrono::duration<double> takes(size / static_cast<double>(options().bandwidth));
    busy = std::max(busy, ready) + std::chrono::duration_cast<duration>(takes);
    ready = busy;
  }
  auto& fifo = directions_[index(from)].fifo;
  p.due = ready + draw_latency();
  if (!fifo.empty()) p.due = std::max(p.due, fifo.back().due);
  const time_point due = p.due;
  fifo.push_back(std::move(p));
  schedule(from, due);
}

void wire::schedule(int from, time_point when) {
  world_.at(when, [self = shared_from_this(), from] { self->pump(from); });
}

// --- arriving -----------------------------------------------------------------

// True while packets cannot arrive. They are not lost: TCP sends them again.
bool wire::is_held(int from) const noexcept {
  return directions_[index(from)].halted || link_.cut[link_direction(from)] ||
         at(1 - from).down_ == crash_kind::power;
}

// Delivers what is due, in order. Whatever holds the first packet back holds all
// of them, and calls resume() or pump() when it ends.
void wire::pump(int from) {
  direction& d = directions_[index(from)];
  while (!d.fifo.empty() && !is_held(from)) {
    if (severed_) stall(from);
    if (dead_ || severed_) return d.fifo.clear();
    packet& front = d.fifo.front();
    if (front.due > world_.now()) return;
    if (front.what == packet::kind::data && breaks(from, front)) return;
    packet p = std::move(front);
    d.fifo.pop_front();
    d.stalled.reset();
    deliver(1 - from, p);
  }
  const auto is_sent_again = [](const packet& p) { return p.what != packet::kind::ack; };
  if (is_held(from) && std::ranges::any_of(d.fifo, is_sent_again)) stall(from);
}

// Bytes are sent again and again, for so long; then the kernel gives up.
void wire::stall(int from) {
  auto& since = directions_[index(from)].stalled;
  if (since || !answered_) return;
  since = world_.now();
  world_.after(world_.options_.retransmit_timeout,
               [weak = weak_from_this(), from, began = world_.now()] {
                 const auto self = weak.lock();
                 if (!self || self->directions_[index(from)].stalled != began) return;
                 socket* end = self->ends_[index(from)];
                 if (end) end->broken(error(errc::timed_out, self->at(1 - from).name()));
               });
}

// True if a breaker stops this direction now; the bytes before the break have
// then been delivered.
bool wire::breaks(int from, packet& front) {
  auto& breaker = link_.breakers[link_direction(from)];
  if (!breaker || front.bytes.size() < breaker->left) {
    if (breaker) breaker->left -= front.bytes.size();
    return false;
  }
  const auto left = static_cast<std::ptrdiff_t>(breaker->left);
  const fault what = std::exchange(breaker, std::nullopt)->what;
  directions_[index(from)].halted = true;
  if (left > 0) {
    packet head{.what = packet::kind::data,
                .bytes = {front.bytes.begin(), front.bytes.begin() + left}};
    front.bytes.erase(front.bytes.begin(), front.bytes.begin() + left);
    if (front.bytes.empty()) directions_[index(from)].fifo.pop_front();
    deliver(1 - from, head);
  }
  // One tick later: the receiver acts upon what it has got first.
  world_.after(duration(1), [self = shared_from_this(), from, what] {
    self->world_.apply(*self, 1 - from, what);
    self->directions_[index(from)].halted = false;
    self->pump(from);
  });
  return true;
}

void wire::deliver(int to, packet& p) {
  constexpr const char* names[] = {"syn", "syn-ack", "refused", "data", "ack", "fin", "rst"};
  note(1 - to, names[static_cast<std::size_t>(p.what)], p.bytes.size() + p.count);
  if (p.what == packet::kind::syn) return deliver_syn();
  socket* end = ends_[index(to)];
  if (!end) return deliver_to_nobody(to, p.what);
  switch (p.what) {
    case packet::kind::syn:
      break;
    case packet::kind::syn_ack:
      answered_ = true;
      return end->connected();
    case packet::kind::refused:
      dead_ = true;
      return end->broken(refusal());
    case packet::kind::data:
      return end->arrived(p.bytes);
    case packet::kind::ack:
      directions_[index(to)].outstanding -= p.count;
      return end->acknowledged();
    case packet::kind::fin:
      return end->arrived_end();
    case packet::kind::rst:
      dead_ = true;
      return end->broken(error(errc::reset, at(1 - to).name()));
  }
}

error wire::refusal() const {
  error why(errc::refused, to_.to_string());
  if (!to_.is_local()) return why;
  return std::move(why).with_hint("check the path, and that the service is running");
}

void wire::deliver_syn() {
  if (!ends_[0]) return;  // given up
  host& server = at(1);
  listening* by = server.is_up() ? server.find_listener(to_) : nullptr;
  if (!by) return send(1, {.what = packet::kind::refused});
  accepted_ = true;
  ends_[1] = server.accept(*by, shared_from_this());
  send(1, {.what = packet::kind::syn_ack});
}

// A closed end answers bytes with a reset, as a kernel does that knows no such
// connection (any more).
void wire::deliver_to_nobody(int to, packet::kind what) {
  const bool wrong = what == packet::kind::data || what == packet::kind::syn_ack;
  if (wrong && ends_[index(1 - to)]) send(to, {.what = packet::kind::rst});
}

// --- ends and faults ------------------------------------------------------------

void wire::close(int side, bool unread) {
  ends_[index(side)] = nullptr;
  if (dead_) return;
  if (side == 0 && !accepted_) {
    dead_ = true;  // no SYN is sent again
  } else if (unread || (side == 0 && !answered_)) {
    send(side, {.what = packet::kind::rst});
  } else {
    send_fin(side);
  }
}

void wire::reset() {
  note(0, "reset");
  dead_ = true;
  for (const int side : {0, 1}) {
    if (socket* end = ends_[index(side)]) end->broken(error(errc::reset, at(1 - side).name()));
  }
}

void wire::give_up() {
  if (answered_ || dead_ || !ends_[0]) return;
  ends_[0]->broken(error(errc::timed_out, to_.to_string()));
}

void wire::resume() {
  for (const int from : {0, 1}) {
    auto& fifo = directions_[index(from)].fifo;
    if (fifo.empty()) continue;
    fifo.front().due = std::max(fifo.front().due, world_.now() + draw_latency());
    schedule(from, fifo.front().due);
  }
}

void wire::note(int from, std::string_view what, std::size_t n) {
  if (!world_.tracing()) return;
  std::string line = "#" + std::to_string(id_) + " " + at(from).name();
  line += (from == 0 ? " > " : " < ") + at(1 - from).name() + " ";
  line += what;
  if (n > 0) line += " " + std::to_string(n);
  world_.note(line);
}

}  // namespace parley::sim::detail
