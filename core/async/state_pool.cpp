#include <new>
#include <parley/core/async/state_pool.hpp>

namespace parley {

// Stands before each block, and knows its pool, so that put() needs no pointer from
// whoever drops it last.
struct alignas(std::max_align_t) state_pool::header {
  state_pool* pool;
  std::size_t size_class;

  // While the block is free, it links the next one itself.
  header*& next() noexcept { return *reinterpret_cast<header**>(this + 1); }
};

state_pool* state_pool::make() { return new state_pool; }

// Operations may outlive their loop in the hands of the user; the last one takes
// the pool with it.
void state_pool::abandon() noexcept {
  abandoned_ = true;
  if (live_ == 0) destroy();
}

void* state_pool::take(std::size_t size) {
  // Small steps: what many operations under way touch should fit the near caches.
  const std::size_t c = (size - 1) / step;
  header* h = nullptr;
  if (c < classes && free_[c]) {
    h = free_[c];
    free_[c] = h->next();
    --kept_[c];
  } else {
    const std::size_t room = c < classes ? (c + 1) * step : size;
    h = ::new (::operator new(sizeof(header) + room)) header{this, c};
  }
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
    h->next() = pool.free_[c];
    pool.free_[c] = h;
    ++pool.kept_[c];
    return;
  }
  ::operator delete(h);
  if (pool.abandoned_ && pool.live_ == 0) pool.destroy();
}

void state_pool::destroy() noexcept {
  for (header* h : free_) {
    while (h) {
      header* next = h->next();
      ::operator delete(h);
      h = next;
    }
  }
  delete this;
}

}  // namespace parley
