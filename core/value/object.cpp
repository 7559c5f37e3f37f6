#include <parley/core/value/object.hpp>

#include <algorithm>
#include <numeric>

namespace parley::detail {

std::size_t object_rep::lower_bound(std::string_view name) const noexcept {
  auto at = std::lower_bound(
      order.begin(), order.end(), name,
      [&](std::uint32_t i, std::string_view wanted) { return members[i].name.view() < wanted; });
  return static_cast<std::size_t>(at - order.begin());
}

std::size_t object_rep::position(std::string_view name) const noexcept {
  if (order.empty()) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i].name.view() == name) return i;
    }
    return npos;
  }
  // With an index the time is logarithmic, however the names were chosen.
  const std::size_t at = lower_bound(name);
  if (at == order.size() || members[order[at]].name.view() != name) return npos;
  return order[at];
}

void object_rep::build_order() {
  order.resize(members.size());
  std::iota(order.begin(), order.end(), 0U);
  // Equal names, which only assign() lets in, stay in the order of arrival.
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int by_name = members[a].name.view().compare(members[b].name.view());
    return by_name != 0 ? by_name < 0 : a < b;
  });
}

template <class Name>
value& object_rep::place(Name&& name) {
  const std::size_t at = position(name);
  if (at != npos) return members[at].val;
  // Room in the index first: a failed allocation must not leave a member that
  // the index does not know.
  const bool indexed = !order.empty();
  if (indexed && order.size() == order.capacity()) order.reserve(2 * order.size());
  members.emplace_back(std::in_place, std::forward<Name>(name));
  if (indexed) {
    const std::size_t slot = lower_bound(members.back().name.view());
    order.insert(order.begin() + static_cast<std::ptrdiff_t>(slot),
                 static_cast<std::uint32_t>(members.size() - 1));
  } else if (members.size() > linear_members) {
    build_order();
  }
  return members.back().val;
}
template value& object_rep::place(std::string_view&);
template value& object_rep::place(std::string&&);

bool object_rep::erase(std::string_view name) {
  const std::size_t at = position(name);
  if (at == npos) return false;
  members.erase(members.begin() + static_cast<std::ptrdiff_t>(at));
  if (order.empty()) return true;
  // Linear like erasing the member itself: every position behind it becomes one
  // less.
  std::erase(order, static_cast<std::uint32_t>(at));
  for (std::uint32_t& i : order) i -= i > at ? 1 : 0;
  // `order` is empty exactly for the small ones: position() chooses by that.
  if (members.size() <= linear_members) order.clear();
  return true;
}

// Sorting once, where inserting one by one would be quadratic for an object of many
// members. For names that repeat the last value counts, as in ECMAScript's
// JSON.parse; RFC 8259 section 4 leaves it open.
void object_rep::assign(std::vector<member> all) {
  members = std::move(all);
  order.clear();
  if (members.size() < 2) return;
  build_order();
  std::vector<bool> repeated;  // made only when a name repeats
  for (std::size_t i = 0; i < order.size();) {
    const std::size_t first = i;
    const std::string_view name = members[order[first]].name.view();
    // Equal names are neighbours now, in the order of arrival: the last of them
    // wins and moves to the place of the first.
    while (++i < order.size() && members[order[i]].name.view() == name) {
      if (repeated.empty()) repeated.resize(members.size());
      repeated[order[i]] = true;
      members[order[first]].val = std::move(members[order[i]].val);
    }
  }
  if (!repeated.empty()) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (repeated[i]) continue;
      if (kept != i) members[kept] = std::move(members[i]);
      ++kept;
    }
    members.erase(members.begin() + static_cast<std::ptrdiff_t>(kept), members.end());
    build_order();
  }
  // Assigned and not cleared: small objects must not pay for the index's memory.
  if (members.size() <= linear_members) order = {};
}

}  // namespace parley::detail
