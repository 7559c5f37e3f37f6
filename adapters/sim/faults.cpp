// What world does to links, connections and hosts.
#include <algorithm>
#include <parley/adapters/sim/detail/wire.hpp>
#include <parley/adapters/sim/world.hpp>
#include <utility>

namespace parley::sim {

std::vector<std::shared_ptr<detail::wire>> world::open_wires(const host* a, const host* b) {
  std::vector<std::shared_ptr<detail::wire>> found;
  for (const auto& weak : wires_) {
    auto w = weak.lock();
    if (w && w->is_open() && w->is_between(a, b)) found.push_back(std::move(w));
  }
  return found;
}

void world::note_link(const host& a, const host& b, std::string_view what) {
  if (tracing()) note(a.name() + " - " + b.name() + " " + std::string(what));
}

void world::reset(host& a, host& b) {
  for (const auto& w : open_wires(&a, &b)) w->reset();
}

void world::half_open(host& a, host& b) {
  note_link(a, b, "half-open");
  for (const auto& w : open_wires(&a, &b)) w->sever();
}

void world::set_cut(host& from, host& to, bool on) {
  link_between(from, to).cut[from.index_ <= to.index_ ? 0 : 1] = on;
}

void world::cut(host& from, host& to) {
  note_link(from, to, "cut in this direction");
  set_cut(from, to, true);
}

void world::partition(host& a, host& b, bool lossy) {
  note_link(a, b, lossy ? "partition, lossy" : "partition");
  set_cut(a, b, true);
  set_cut(b, a, true);
  if (!lossy) return;
  for (const auto& w : open_wires(&a, &b)) w->sever();
}

void world::heal(host& a, host& b) {
  note_link(a, b, "heal");
  set_cut(a, b, false);
  set_cut(b, a, false);
  for (const auto& weak : wires_) {
    if (const auto w = weak.lock(); w && w->is_between(&a, &b)) w->resume();
  }
}

// What was sent to a host without power arrives now.
void world::resume(const host& at) {
  for (const auto& weak : wires_) {
    const auto w = weak.lock();
    if (w && (&w->at(0) == &at || &w->at(1) == &at)) w->resume();
  }
}

void world::heal_all() {
  for (const auto& [key, l] : links_) {
    if (l->cut[0] || l->cut[1]) heal(*hosts_[key.first], *hosts_[key.second]);
  }
}

void world::break_after(host& from, host& to, std::uint64_t bytes, fault what) {
  auto& l = link_between(from, to);
  l.breakers[from.index_ <= to.index_ ? 0 : 1] = {bytes, what};
}

void world::apply(detail::wire& w, int to, fault what) {
  switch (what) {
    case fault::reset:
      return w.reset();
    case fault::half_open:
      note("#" + std::to_string(w.id()) + " half-open");
      return w.sever();
    case fault::partition:
      return partition(w.at(0), w.at(1));
    case fault::crash:
      return w.at(to).crash(crash_kind::process);
    case fault::power_loss:
      return w.at(to).crash(crash_kind::power);
  }
}

// --- random faults --------------------------------------------------------------

void world::inject(const fault_plan& plan) { next_fault(plan, now_ + plan.span); }

void world::next_fault(const fault_plan& plan, time_point end) {
  const time_point when = now_ + faults_.between(duration{}, 2 * plan.mean_interval);
  if (when > end) return;
  at(when, [this, plan, end] {
    random_fault(plan);
    next_fault(plan, end);
  });
}

void world::random_fault(const fault_plan& plan) {
  const std::uint64_t sum = plan.reset + plan.half_open + plan.partition + plan.crash;
  std::uint64_t drawn = faults_.below(sum);
  const auto is = [&drawn](unsigned weight) {
    const bool hit = drawn < weight;
    drawn -= hit ? 0 : weight;
    return hit;
  };
  if (sum == 0) return;
  if (is(plan.partition)) return random_partition(plan);
  if (is(plan.crash)) return random_crash(plan);
  const auto wires = open_wires(nullptr, nullptr);
  if (wires.empty()) return;
  auto& w = *wires[faults_.below(wires.size())];
  apply(w, 0, is(plan.reset) ? fault::reset : fault::half_open);
}

void world::random_partition(const fault_plan& plan) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const auto& [key, l] : links_) {
    if (key.first != key.second && !l->cut[0] && !l->cut[1]) pairs.push_back(key);
  }
  if (pairs.empty()) return;
  const auto [a, b] = pairs[faults_.below(pairs.size())];
  partition(*hosts_[a], *hosts_[b], faults_.one_in(4));
  after(faults_.between(plan.outage_min, plan.outage_max),
        [this, x = hosts_[a].get(), y = hosts_[b].get()] { heal(*x, *y); });
}

void world::random_crash(const fault_plan& plan) {
  std::vector<host*> able;
  for (const auto& h : hosts_) {
    if (h->boot_ && h->is_up()) able.push_back(h.get());
  }
  if (able.empty()) return;
  host* victim = able[faults_.below(able.size())];
  victim->crash(faults_.one_in(2) ? crash_kind::power : crash_kind::process);
  after(faults_.between(plan.outage_min, plan.outage_max), [victim] { victim->restart(); });
}

}  // namespace parley::sim
