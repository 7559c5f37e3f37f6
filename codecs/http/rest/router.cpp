#include <algorithm>
#include <bit>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/rest/detail/hash.hpp>
#include <parley/codecs/http/rest/detail/route_pattern.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/codecs/http/rest/router.hpp>

namespace parley::http {
namespace {

using detail::segment_kind;

constexpr std::size_t first_other = 16;  // of the bits of a method_set
constexpr std::size_t least_slots = 16;

std::uint64_t hash_of(std::uint32_t parent, std::string_view literal) noexcept {
  return detail::hash(as_bytes(literal), parent);
}

std::string quoted(std::string_view method, std::string_view pattern) {
  return std::string(method).append(" ").append(pattern);
}

}  // namespace

router::router(trailing_slash slashes, const router_limits& limits)
    : limits_(limits), slashes_(slashes), slots_(least_slots) {
  nodes_.emplace_back().by_kind.fill(none);
}

std::optional<std::uint8_t> router::bit_of(method verb, std::string_view name) const noexcept {
  if (verb != method::other) return static_cast<std::uint8_t>(verb);
  for (std::size_t i = 0; i < other_methods_.size(); ++i) {
    if (other_methods_[i] == name) return static_cast<std::uint8_t>(first_other + i);
  }
  return std::nullopt;
}

// The bit of a method that is to be added, its own from now on.
std::optional<std::uint8_t> router::bit_for(std::string_view name) {
  if (const auto bit = bit_of(parse_method(name), name)) return bit;
  for (std::size_t i = 0; i < other_methods_.size(); ++i) {
    if (per_method_[first_other + i] != 0) continue;
    other_methods_[i] = name;
    return static_cast<std::uint8_t>(first_other + i);
  }
  if (first_other + other_methods_.size() == per_method_.size()) return std::nullopt;
  other_methods_.emplace_back(name);
  return static_cast<std::uint8_t>(first_other + other_methods_.size() - 1);
}

result<route_id> router::add(std::string_view method, std::string_view pattern) {
  if (!detail::is_token(method)) {
    return fail(rest_errc::bad_pattern, quoted(method, pattern) + ": the method is no token");
  }
  if (pattern.size() > limits_.max_pattern) {
    return fail(rest_errc::bad_pattern, "longer than router_limits::max_pattern");
  }
  const auto parts = detail::parse_route_pattern(pattern);
  if (!parts) return std::unexpected(parts.error());
  if (auto ok = check_free(*parts, method, pattern); !ok) return std::unexpected(ok.error());
  const auto bit = bit_for(method);
  if (used_ >= limits_.max_routes || !bit) {
    return fail(rest_errc::too_many_routes, quoted(method, pattern));
  }
  // Where memory ends the route is not there; nodes that nobody needs may be.
  const std::uint32_t at = make_node(*parts);
  nodes_[at].ends.reserve(nodes_[at].ends.size() + 1);
  const route_id made = make_route(method, pattern, *parts, at);
  nodes_[at].ends.push_back({*bit, parts->slash, made});
  ++per_method_[*bit];
  ++used_;
  return made;
}

result<> router::check_free(const detail::route_pattern& parts, std::string_view method,
                            std::string_view pattern) const {
  const std::uint32_t at = find_node(parts);
  if (at == none) return {};
  for (const endpoint& e : nodes_[at].ends) {
    const route& r = routes_[e.route];
    if (r.method != method || e.slash != parts.slash) continue;
    return fail(rest_errc::route_conflict, quoted(method, pattern) + " is the same as " +
                                               quoted(r.method, r.pattern) +
                                               ", which is there already");
  }
  return {};
}

route_id router::make_route(std::string_view method, std::string_view pattern,
                            const detail::route_pattern& parts, std::uint32_t at) {
  route made{std::string(method), std::string(pattern), {}, at};
  for (const auto& s : parts.segments) {
    if (s.kind != segment_kind::literal) made.names.push_back(s.text);
  }
  if (free_routes_.empty()) {
    free_routes_.reserve(routes_.size() + 1);  // so that remove() cannot fail
    routes_.push_back(std::move(made));
    return static_cast<route_id>(routes_.size() - 1);
  }
  const route_id id = free_routes_.back();
  free_routes_.pop_back();
  routes_[id] = std::move(made);
  return id;
}

bool router::remove(route_id id) {
  if (id >= routes_.size() || routes_[id].at == none) return false;
  free_routes_.push_back(id);
  const std::uint32_t at = routes_[id].at;
  auto& ends = nodes_[at].ends;
  const auto end = std::ranges::find(ends, id, &endpoint::route);
  --per_method_[end->method];
  --used_;
  ends.erase(end);
  routes_[id] = {};
  prune(at);
  return true;
}

bool router::remove(std::string_view method, std::string_view pattern) {
  const auto parts = detail::parse_route_pattern(pattern);
  const std::uint32_t at = parts ? find_node(*parts) : none;
  if (at == none) return false;
  for (const endpoint& e : nodes_[at].ends) {
    if (e.slash == parts->slash && routes_[e.route].method == method) return remove(e.route);
  }
  return false;
}

std::uint32_t router::find_node(const detail::route_pattern& parts) const noexcept {
  std::uint32_t at = 0;
  for (const auto& s : parts.segments) {
    at = s.kind == segment_kind::literal ? child_of(at, s.text)
                                         : nodes_[at].by_kind[static_cast<std::size_t>(s.kind)];
    if (at == none) break;
  }
  return at;
}

std::uint32_t router::make_node(const detail::route_pattern& parts) {
  std::uint32_t at = 0;
  for (const auto& s : parts.segments) {
    const std::uint32_t next = s.kind == segment_kind::literal
                                   ? child_of(at, s.text)
                                   : nodes_[at].by_kind[static_cast<std::size_t>(s.kind)];
    at = next == none ? add_child(at, s) : next;
  }
  return at;
}

std::uint32_t router::add_child(std::uint32_t parent, const detail::route_segment& segment) {
  if (2 * (literals_ + 1) > slots_.size()) grow_literals();
  if (free_nodes_.empty()) {
    nodes_.emplace_back();
    free_nodes_.reserve(nodes_.size());  // so that prune() cannot fail
    free_nodes_.push_back(static_cast<std::uint32_t>(nodes_.size() - 1));
  }
  const std::uint32_t child = free_nodes_.back();
  node& made = nodes_[child];
  made.parent = parent;
  made.children = 0;
  made.kind = segment.kind;
  made.by_kind.fill(none);
  if (segment.kind == segment_kind::literal) {
    made.literal = segment.text;
    insert_literal(hash_of(parent, made.literal), child);
    ++literals_;
  } else {
    nodes_[parent].by_kind[static_cast<std::size_t>(segment.kind)] = child;
  }
  free_nodes_.pop_back();
  ++nodes_[parent].children;
  return child;
}

// Gives back this node, and those above that were there only for it.
void router::prune(std::uint32_t at) noexcept {
  while (at != 0 && nodes_[at].children == 0 && nodes_[at].ends.empty()) {
    node& gone = nodes_[at];
    const std::uint32_t parent = gone.parent;
    if (gone.kind == segment_kind::literal) {
      erase_literal(slot_of(parent, gone.literal));
      gone.literal.clear();
      --literals_;
    } else {
      nodes_[parent].by_kind[static_cast<std::size_t>(gone.kind)] = none;
    }
    --nodes_[parent].children;
    free_nodes_.push_back(at);
    at = parent;
  }
}

// Where the literal is, or where it would be.
std::size_t router::slot_of(std::uint32_t parent, std::string_view literal) const noexcept {
  const std::uint64_t hash = hash_of(parent, literal);
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash & mask;
  for (; slots_[i].child != none; i = (i + 1) & mask) {
    if (slots_[i].hash != hash) continue;
    const node& n = nodes_[slots_[i].child];
    if (n.parent == parent && n.literal == literal) break;
  }
  return i;
}

std::uint32_t router::child_of(std::uint32_t parent, std::string_view literal) const noexcept {
  return slots_[slot_of(parent, literal)].child;
}

void router::insert_literal(std::uint64_t hash, std::uint32_t child) noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash & mask;
  while (slots_[i].child != none) i = (i + 1) & mask;
  slots_[i] = {hash, child};
}

// Moves back what had to step aside, so that no search ends too early.
void router::erase_literal(std::size_t at) noexcept {
  const std::size_t mask = slots_.size() - 1;
  slots_[at].child = none;
  for (std::size_t i = (at + 1) & mask; slots_[i].child != none; i = (i + 1) & mask) {
    const std::size_t home = slots_[i].hash & mask;
    if (((i - home) & mask) < ((i - at) & mask)) continue;
    slots_[at] = slots_[i];
    slots_[i].child = none;
    at = i;
  }
}

void router::grow_literals() {
  std::vector<slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const slot& s : old) {
    if (s.child != none) insert_literal(s.hash, s.child);
  }
}

std::string router::allow(method_set methods) const {
  std::string text;
  while (methods != 0) {
    const auto bit = static_cast<std::size_t>(std::countr_zero(methods));
    methods &= methods - 1;
    std::string_view name;
    if (bit < first_other) {
      name = to_string(static_cast<method>(bit));
    } else if (bit - first_other < other_methods_.size()) {
      name = other_methods_[bit - first_other];
    }
    if (name.empty()) continue;
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

std::string_view router::method_of(route_id id) const noexcept {
  return id < routes_.size() ? std::string_view(routes_[id].method) : std::string_view();
}

std::string_view router::pattern_of(route_id id) const noexcept {
  return id < routes_.size() ? std::string_view(routes_[id].pattern) : std::string_view();
}

}  // namespace parley::http
