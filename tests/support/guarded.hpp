// A place for bytes whose end lies against a page that cannot be read or
// written: one byte too far ends the test program.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

namespace parley::test {

class guarded {
 public:
  explicit guarded(std::size_t capacity) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    size_ = (capacity + page - 1) / page * page + page;
    void* pages = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    begin_ = pages == MAP_FAILED ? nullptr : static_cast<std::byte*>(pages);
    end_ = begin_ + (size_ - page);
    mprotect(end_, page, PROT_NONE);
  }
  ~guarded() { munmap(begin_, size_); }
  guarded(const guarded&) = delete;
  guarded& operator=(const guarded&) = delete;

  // Room for `size` bytes, the last of which is the last before the guard.
  std::span<std::byte> room(std::size_t size) { return {end_ - size, size}; }

  // A copy of `bytes` there. Valid until the next call.
  std::span<const std::byte> put(std::string_view bytes) {
    const auto target = room(bytes.size());
    if (!bytes.empty()) std::memcpy(target.data(), bytes.data(), bytes.size());
    return target;
  }

 private:
  std::byte* begin_;
  std::byte* end_;
  std::size_t size_;
};

}  // namespace parley::test
