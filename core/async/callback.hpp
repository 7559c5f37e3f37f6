// A move-only callable with inline storage: what parley takes instead of
// std::function. Callables of up to 48 bytes are kept without an allocation.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace parley {

template <class Signature>
class callback;

template <class R, class... Args>
class callback<R(Args...)> {
 public:
  callback() noexcept = default;

  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, callback> &&
             std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
  callback(F&& f) {
    using stored = std::decay_t<F>;  // of a function its address
    if constexpr (fits<stored>) {
      ::new (static_cast<void*>(room_)) stored(std::forward<F>(f));
      table_ = &inline_table<stored>;
    } else {
      ::new (static_cast<void*>(room_)) stored*(new stored(std::forward<F>(f)));
      table_ = &heap_table<stored>;
    }
  }

  callback(callback&& other) noexcept { take(other); }
  callback& operator=(callback&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~callback() { reset(); }

  explicit operator bool() const noexcept { return table_ != nullptr; }

  // Misuse when empty.
  R operator()(Args... args) { return table_->call(room_, std::forward<Args>(args)...); }
  // The same, without moving each argument once more on its way.
  R call(Args&&... args) { return table_->call(room_, std::forward<Args>(args)...); }

  // Destroys what is held.
  void reset() noexcept {
    if (table_) std::exchange(table_, nullptr)->destroy(room_);
  }

 private:
  static constexpr std::size_t capacity = 48;

  template <class F>
  static constexpr bool fits = sizeof(F) <= capacity && alignof(F) <= alignof(std::max_align_t) &&
                               std::is_nothrow_move_constructible_v<F>;

  struct table {
    R (*call)(void*, Args&&...);
    void (*move)(void* from, void* to) noexcept;
    void (*destroy)(void*) noexcept;
  };

  template <class F>
  static constexpr table inline_table{[](void* p, Args&&... args) -> R {
                                        return (*static_cast<F*>(p))(std::forward<Args>(args)...);
                                      },
                                      [](void* from, void* to) noexcept {
                                        ::new (to) F(std::move(*static_cast<F*>(from)));
                                        static_cast<F*>(from)->~F();
                                      },
                                      [](void* p) noexcept { static_cast<F*>(p)->~F(); }};

  template <class F>
  static constexpr table heap_table{
      [](void* p, Args&&... args) -> R {
        return (**static_cast<F**>(p))(std::forward<Args>(args)...);
      },
      [](void* from, void* to) noexcept { ::new (to) F*(*static_cast<F**>(from)); },
      [](void* p) noexcept { delete *static_cast<F**>(p); }};

  void take(callback& other) noexcept {
    table_ = std::exchange(other.table_, nullptr);
    if (table_) table_->move(other.room_, room_);
  }

  alignas(std::max_align_t) std::byte room_[capacity];
  const table* table_ = nullptr;
};

}  // namespace parley
