#include <algorithm>
#include <memory>
#include <parley/core/api/topic_tree.hpp>
#include <utility>

namespace parley::detail {
namespace {

using node = topic_tree::node;

// The level that begins at `from`.
std::string_view level_at(std::string_view topic, std::size_t from) noexcept {
  return topic.substr(from, std::min(topic.find('/', from), topic.size()) - from);
}
// Where the level before the one that begins at `from` begins.
std::size_t level_before(std::string_view topic, std::size_t from) noexcept {
  if (from < 2) return 0;
  const std::size_t separator = topic.rfind('/', from - 2);
  return separator == std::string_view::npos ? 0 : separator + 1;
}
std::uint32_t count_levels(std::string_view topic) noexcept {
  return static_cast<std::uint32_t>(std::ranges::count(topic, '/') + 1);
}
// Bytes of `label` that `topic` begins with, whole levels, without a separator behind them.
std::size_t common_levels(std::string_view label, std::string_view topic) noexcept {
  const auto differs = std::ranges::mismatch(label, topic);
  const auto same = static_cast<std::size_t>(differs.in1 - label.begin());
  const auto ends = [same](std::string_view s) { return same == s.size() || s[same] == '/'; };
  if (ends(label) && ends(topic)) return same;
  // The first level is the same: it was looked up.
  return label.rfind('/', same - 1);
}

}  // namespace

std::uint64_t topic_tree::hash_in(const node& parent, std::string_view level) const noexcept {
  return hash_of(level, {seed_.first ^ parent.id, seed_.second});
}

node* topic_tree::literal_child(const node& parent, std::string_view level) const noexcept {
  return table_.find(hash_in(parent, level), [&](const node& n) {
    const std::string_view label = n.label();
    return n.parent == &parent && label.starts_with(level) &&
           (label.size() == level.size() || label[level.size()] == '/');
  });
}

node* topic_tree::child_of(const node& parent, std::string_view level) const noexcept {
  if (level == "+") return parent.plus;
  if (level == "#") return parent.multi;
  return literal_child(parent, level);
}

// Makes a child findable by its first level.
void topic_tree::key(node& parent, node& child) noexcept {
  const std::string_view level = level_at(child.label(), 0);
  if (level == "+") {
    parent.plus = &child;
  } else if (level == "#") {
    parent.multi = &child;
  } else {
    child.hash = hash_in(parent, level);
    table_.insert(child);
  }
}

void topic_tree::unkey(node& child) noexcept {
  node& parent = *child.parent;
  if (parent.plus == &child) {
    parent.plus = nullptr;
  } else if (parent.multi == &child) {
    parent.multi = nullptr;
  } else {
    table_.erase(child);
  }
}

void topic_tree::link(node& parent, node& child) noexcept {
  child.parent = &parent;
  parent.children.push_back(child);
  key(parent, child);
}

// `other`, whose label begins with the same level, becomes what `old` is to its parent.
void topic_tree::take_place(node& old, node& other) noexcept {
  node& parent = *old.parent;
  unkey(old);
  parent.children.replace(old, other);
  other.parent = &parent;
  key(parent, other);
}

// `upper` is made of the first levels of `lower`, which keeps the others.
void topic_tree::split(node& lower, node& upper) noexcept {
  take_place(lower, upper);
  lower.begin = static_cast<std::uint32_t>(upper.path.size() + 1);
  lower.levels -= upper.levels;
  link(upper, lower);
}

// A fork with one way is none. The child has the whole path, so that it needs no memory.
void topic_tree::join_with_child(node& upper) noexcept {
  node& child = *upper.children.first;
  unkey(child);
  child.begin = upper.begin;
  child.levels += upper.levels;
  take_place(upper, child);
  delete &upper;
  --count_;
}

void topic_tree::drop(node& leaf) noexcept {
  unkey(leaf);
  leaf.parent->children.erase(leaf);
  delete &leaf;
  --count_;
}

std::unique_ptr<node> topic_tree::make(std::string_view path, std::size_t begin) {
  auto made = std::make_unique<node>();
  made->path = path;
  made->begin = static_cast<std::uint32_t>(begin);
  made->levels = count_levels(made->label());
  made->id = ++ids_;
  return made;
}

node* topic_tree::find(std::string_view topic) const noexcept {
  const node* at = &root_;
  for (std::string_view rest = topic;;) {
    node* child = child_of(*at, level_at(rest, 0));
    if (child == nullptr || !rest.starts_with(child->label())) return nullptr;
    const std::size_t size = child->label().size();
    if (rest.size() == size) return child->entry == nullptr ? nullptr : child;
    if (rest[size] != '/') return nullptr;
    rest.remove_prefix(size + 1);
    at = child;
  }
}

void topic_tree::insert(std::string_view topic, void* entry) {
  table_.reserve(count_ + 2);
  node* at = &root_;
  for (std::size_t begin = 0;;) {
    const std::string_view rest = topic.substr(begin);
    node* child = child_of(*at, level_at(rest, 0));
    if (child == nullptr) {
      node& leaf = *make(topic, begin).release();
      leaf.entry = entry;
      link(*at, leaf);
      ++count_;
      break;
    }
    const std::size_t common = common_levels(child->label(), rest);
    const bool ends_here = common == rest.size();
    if (common < child->label().size()) {
      auto upper = make(topic.substr(0, begin + common), begin);
      auto leaf = ends_here ? nullptr : make(topic, begin + common + 1);
      // From here on nothing throws.
      split(*child, *upper);
      ++count_;
      (ends_here ? upper : leaf)->entry = entry;
      if (!ends_here) {
        link(*upper, *leaf.release());
        ++count_;
      }
      (void)upper.release();
      break;
    }
    if (ends_here) {
      child->entry = entry;
      break;
    }
    begin += common + 1;
    at = child;
  }
  ++size_;
}

void topic_tree::erase(node& n) noexcept {
  n.entry = nullptr;
  --size_;
  node* at = &n;
  if (at->children.first == nullptr) {
    at = n.parent;
    drop(n);
  }
  // A fork has two ways at least, so that no more than one node becomes needless above.
  const bool is_needless = at != &root_ && at->entry == nullptr;
  if (is_needless && at->children.first == at->children.last) join_with_child(*at);
}

void topic_tree::clear(void (*free_entry)(void*) noexcept) noexcept {
  for (node* at = &root_;;) {
    if (at->children.first != nullptr) {
      at = at->children.first;
      continue;
    }
    if (at == &root_) break;
    node* const parent = at->parent;
    if (at->entry != nullptr) free_entry(at->entry);
    drop(*at);
    at = parent;
  }
  size_ = 0;
}

// --- names to filters ---------------------------------------------------------------------------

filter_walk::filter_walk(const topic_tree& tree, std::string_view name) noexcept
    : tree_(tree), name_(name), at_(&tree.root_), is_reserved_(name.starts_with('$')) {}

const node* filter_walk::enter(const node* child) noexcept {
  if (child == nullptr) return nullptr;
  const std::string_view label = child->label();
  std::size_t position = position_;
  for (std::size_t at = 0; at <= label.size();) {
    const std::string_view wanted = level_at(label, at);
    if (wanted == "#") return child->entry == nullptr ? nullptr : child;
    if (position > name_.size()) return nullptr;
    const std::string_view level = level_at(name_, position);
    if (wanted != "+" && wanted != level) return nullptr;
    position += level.size() + 1;
    at += wanted.size() + 1;
  }
  position_ = position;
  at_ = child;
  step_ = step::arrive;
  return nullptr;
}

void filter_walk::leave() noexcept {
  for (auto n = at_->levels; n > 0; --n) position_ = level_before(name_, position_);
  // '+' is the last of the ways.
  step_ = at_->parent->plus == at_ ? step::leave : step::plus;
  at_ = at_->parent;
}

const node* filter_walk::next() noexcept {
  const node* found = nullptr;
  for (;;) {
    const bool may_be_wild = !is_reserved_ || at_ != &tree_.root_;
    switch (step_) {
      case step::arrive:
        step_ = step::multi;
        if (position_ > name_.size() && at_->entry != nullptr) return at_;
        break;
      case step::multi:
        step_ = position_ > name_.size() ? step::leave : step::literal;
        if (may_be_wild && at_->multi != nullptr && at_->multi->entry != nullptr) {
          return at_->multi;
        }
        break;
      case step::literal:
        step_ = step::plus;
        found = enter(tree_.literal_child(*at_, level_at(name_, position_)));
        if (found != nullptr) return found;
        break;
      case step::plus:
        step_ = step::leave;
        found = may_be_wild ? enter(at_->plus) : nullptr;
        if (found != nullptr) return found;
        break;
      case step::leave:
        if (at_ == &tree_.root_) return nullptr;
        leave();
        break;
    }
  }
}

// --- filters to names ---------------------------------------------------------------------------

name_walk::name_walk(const topic_tree& tree, std::string_view filter) noexcept
    : tree_(tree), filter_(filter), at_(&tree.root_) {}

// What else under this node may match: all children for a wildcard, one for a literal level.
const node* name_walk::next_child() const noexcept {
  if (is_used_up()) return nullptr;
  const std::string_view wanted = level_at(filter_, position_);
  if (wanted == "+" || wanted == "#") return last_ ? last_->after : at_->children.first;
  return last_ ? nullptr : tree_.literal_child(*at_, wanted);
}

bool name_walk::enter(const node& child) noexcept {
  const std::string_view label = child.label();
  std::size_t position = position_;
  std::size_t depth = filter_depth_;
  for (std::size_t at = 0; at <= label.size();) {
    if (position > filter_.size()) return false;
    const std::string_view wanted = level_at(filter_, position);
    const std::string_view level = level_at(label, at);
    const bool is_wild = wanted == "+" || wanted == "#";
    const bool is_reserved = child.begin + at == 0 && level.starts_with('$');
    if (is_wild ? is_reserved : wanted != level) return false;
    if (wanted == "#") break;
    position += wanted.size() + 1;
    at += level.size() + 1;
    ++depth;
  }
  position_ = position;
  filter_depth_ = depth;
  depth_ += child.levels;
  return true;
}

void name_walk::leave() noexcept {
  depth_ -= at_->levels;
  for (; filter_depth_ > depth_; --filter_depth_) position_ = level_before(filter_, position_);
  last_ = at_;
  at_ = at_->parent;
}

const node* name_walk::next() noexcept {
  for (;;) {
    if (std::exchange(is_arriving_, false)) {
      last_ = nullptr;
      const bool matches = is_used_up() || level_at(filter_, position_) == "#";
      if (matches && at_->entry != nullptr) return at_;
    }
    const node* child = next_child();
    if (child == nullptr) {
      if (at_ == &tree_.root_) return nullptr;
      leave();
    } else if (enter(*child)) {
      at_ = child;
      is_arriving_ = true;
    } else {
      last_ = child;
    }
  }
}

}  // namespace parley::detail
