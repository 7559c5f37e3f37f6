// The members of an object, in the order of insertion, with an index once there
// are many. Internal to core/value.
#pragma once

#include <parley/core/value/value.hpp>
#include <string_view>
#include <vector>

namespace parley::detail {

// Up to this many members are searched in turn: faster than an index, which
// small objects, nearly all of them, would pay for in memory.
inline constexpr std::size_t linear_members = 16;

// The index is the list of positions sorted by name, and not a hash table: names
// come from peers, core has no entropy to seed a hash with, and a sorted list
// cannot be flooded.
struct object_rep {
  std::vector<member> members;
  std::vector<std::uint32_t> order;  // empty up to linear_members

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  // The position of that name, or npos.
  std::size_t position(std::string_view name) const noexcept;
  void set(key&& name, value&& content) { place(std::move(name).take()) = std::move(content); }
  // The value of that name, which is null if there was none.
  template <class Name>
  value& place(Name&& name);
  bool erase(std::string_view name);
  // Takes members of which names may repeat: the first place, the last value.
  void assign(std::vector<member> all);

 private:
  std::size_t lower_bound(std::string_view name) const noexcept;
  void build_order();
};

}  // namespace parley::detail
