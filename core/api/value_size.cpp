#include <parley/core/api/value_size.hpp>
#include <vector>

namespace parley::detail {

// Without recursion: a value may be as deep as its maker liked.
std::size_t size_of(const value& v) {
  constexpr std::size_t each = 32;  // the value itself
  const auto own = [](const value& one) { return each + one.bytes().size(); };
  if (v.size() == 0) return own(v);
  std::size_t all = 0;
  std::vector<const value*> left{&v};
  while (!left.empty()) {
    const value& one = *left.back();
    left.pop_back();
    all += own(one);
    for (const value& item : one.items()) left.push_back(&item);
    for (const member& m : one.members()) {
      all += each + m.name.view().size();
      left.push_back(&m.val);
    }
  }
  return all;
}

}  // namespace parley::detail
