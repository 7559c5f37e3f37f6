#include <memory>
#include <new>
#include <parley/codecs/resp/server/object.hpp>

namespace parley::resp {
namespace {

bool is_less(double score, std::string_view member, double than, std::string_view other) noexcept {
  return score < than || (score == than && member < other);
}

}  // namespace

static_assert(alignof(sorted_set::node) >= alignof(void*));

std::string_view sorted_set::key(node* const& one) noexcept { return one->member_; }

std::size_t sorted_set::bytes(const node& one) noexcept {
  return sizeof(node) + one.levels_ * sizeof(link) + 40 + heap_bytes(one.member_);
}

sorted_set::sorted_set(keyspace_shared& shared)
    : memory_(shared), members_(shared.seed), heads_(1) {
  memory_.add(sizeof(sorted_set));
}

sorted_set::~sorted_set() {
  for (node* one = heads_[0].next; one != nullptr;) {
    node* const next = one->links()[0].next;
    destroy(one);
    one = next;
  }
}

sorted_set::node* sorted_set::make(std::string_view member, double score) {
  const std::size_t levels = random_levels();
  // Head room for it first, so that linking it cannot fail.
  if (heads_.size() < levels) heads_.resize(levels, {nullptr, size()});
  struct release {
    void operator()(void* memory) const noexcept { ::operator delete(memory); }
  };
  std::unique_ptr<void, release> memory(::operator new(sizeof(node) + levels * sizeof(link)));
  node* const made = ::new (memory.get()) node(member, score, levels);
  for (std::size_t i = 0; i < levels; ++i) ::new (made->links() + i) link;
  (void)memory.release();
  return made;
}

void sorted_set::destroy(node* which) noexcept {
  which->~node();
  ::operator delete(which);
}

// One level more for one node in four: 1.33 links on average.
std::size_t sorted_set::random_levels() noexcept {
  std::uint64_t bits = memory_.owner().random.next();
  std::size_t levels = 1;
  for (; (bits & 3) == 0 && levels < max_levels; bits >>= 2) ++levels;
  return levels;
}

const sorted_set::node* sorted_set::find(std::string_view member) const noexcept {
  node* const* const found = members_.find(member);
  return found == nullptr ? nullptr : *found;
}

bool sorted_set::set(std::string_view member, double score) {
  // There is one zero, as in the small sorted sets of Redis: this takes a minus away.
  score += 0.0;
  if (node* const* const found = members_.find(member)) {
    node& held = **found;
    if (held.score_ == score) return false;
    const node* const next = held.next();
    const bool stays = (held.previous_ == nullptr ||
                        is_less(held.previous_->score_, held.previous_->member_, score, member)) &&
                       (next == nullptr || is_less(score, member, next->score_, next->member_));
    if (stays) {
      held.score_ = score;
      return false;
    }
    remove(held);
    held.score_ = score;
    insert(held);
    return false;
  }
  struct destroyer {
    void operator()(node* which) const noexcept { destroy(which); }
  };
  std::unique_ptr<node, destroyer> made(make(member, score));
  members_.find_or_insert(member, [&] { return made.get(); });
  node& added = *made.release();
  memory_.add(bytes(added));
  insert(added);
  return true;
}

bool sorted_set::erase(std::string_view member) {
  const node* const found = find(member);
  if (found == nullptr) return false;
  erase(*found);
  return true;
}

void sorted_set::erase(const node& which) {
  node* const taken = members_.take(members_.position_of(which.member()));
  memory_.remove(bytes(*taken));
  remove(*taken);
  destroy(taken);
}

// ---- the list

sorted_set::path sorted_set::path_to(double score, std::string_view member) noexcept {
  path found;
  link* links = heads_.data();
  std::size_t rank = 0;
  for (std::size_t level = heads_.size(); level-- != 0;) {
    for (node* next = links[level].next;
         next != nullptr && is_less(next->score_, next->member_, score, member);
         next = links[level].next) {
      rank += links[level].span;
      links = next->links();
    }
    found.links[level] = &links[level];
    found.rank[level] = rank;
  }
  return found;
}

void sorted_set::insert(node& which) noexcept {
  const path before = path_to(which.score_, which.member_);
  const std::size_t rank = before.rank[0];
  link* const links = which.links();
  for (std::size_t i = 0; i < which.levels_; ++i) {
    const std::size_t passed = rank - before.rank[i];
    links[i] = {before.links[i]->next, before.links[i]->span - passed};
    *before.links[i] = {&which, passed + 1};
  }
  for (std::size_t i = which.levels_; i < heads_.size(); ++i) ++before.links[i]->span;
  node* const next = links[0].next;
  which.previous_ = next == nullptr ? last_ : next->previous_;
  (next == nullptr ? last_ : next->previous_) = &which;
}

void sorted_set::remove(node& which) noexcept {
  const path before = path_to(which.score_, which.member_);
  link* const links = which.links();
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    if (i < which.levels_) {
      *before.links[i] = {links[i].next, before.links[i]->span + links[i].span - 1};
    } else {
      --before.links[i]->span;
    }
  }
  node* const next = links[0].next;
  (next == nullptr ? last_ : next->previous_) = which.previous_;
}

std::size_t sorted_set::rank_of(const node& which) const noexcept {
  return partition([&](const node& one) {
           return !is_less(one.score_, one.member_, which.score_, which.member_);
         })
      .rank;
}

const sorted_set::node* sorted_set::at(std::size_t rank) const noexcept {
  const link* links = heads_.data();
  std::size_t passed = 0;
  for (std::size_t level = heads_.size(); level-- != 0;) {
    while (links[level].next != nullptr && passed + links[level].span <= rank) {
      passed += links[level].span;
      links = links[level].next->links();
    }
  }
  return links[0].next;
}

}  // namespace parley::resp
