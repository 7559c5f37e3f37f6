#include <new>
#include <parley/core/async/state_pool.hpp>

namespace parley {

// Stands before each block. While the block is free, `next` links it.
struct alignas(std::max_align_t) state_pool::header {
  state_pool* pool;
  header* next;
  std::size_t size_class;
};

state_pool* state_pool::make() { return new state_pool; }

// Operations may outlive their loop in the hands of the user; the last one takes
// the pool with it.
void state_pool::abandon() noexcept {
  abandoned_ = true;
  if (live_ == 0) destroy();
}

// Powers of two: few lists, and a block of a finished operation fits the next one
// of about its size.
std::size_t state_pool::class_of(std::size_t size) noexcept {
  std::size_t c = 0;
  for (std::size_t room = smallest; room < size && c < classes; room *= 2) ++c;
  return c;
}

void* state_pool::take(std::size_t size) {
  const std::size_t c = class_of(size);
  header* h = c < classes ? free_[c] : nullptr;
  if (h) {
    free_[c] = h->next;
    --kept_[c];
  } else {
    const std::size_t room = c < classes ? smallest << c : size;
    h = static_cast<header*>(::operator new(sizeof(header) + room));
  }
  // The block knows its pool, so that put() needs no pointer from whoever drops it
  // last.
  *h = header{this, nullptr, c};
  ++live_;
  return h + 1;
}

void state_pool::put(void* block) noexcept {
  header* h = static_cast<header*>(block) - 1;
  state_pool& pool = *h->pool;
  const std::size_t c = h->size_class;
  --pool.live_;
  // A burst must not keep its memory for ever, nor an abandoned pool keep any.
  if (c < classes && !pool.abandoned_ && pool.kept_[c] < max_kept) {
    h->next = pool.free_[c];
    pool.free_[c] = h;
    ++pool.kept_[c];
  } else {
    ::operator delete(h);
  }
  if (pool.abandoned_ && pool.live_ == 0) pool.destroy();
}

void state_pool::destroy() noexcept {
  for (header* h : free_) {
    while (h) {
      header* next = h->next;
      ::operator delete(h);
      h = next;
    }
  }
  delete this;
}

}  // namespace parley
