// How operations of a provider end, for fuzz targets: each exactly once, and cancelling one that
// has ended does nothing.
#pragma once

#include <cstddef>
#include <parley/core/async/operation.hpp>
#include <utility>
#include <vector>

#include "reader.hpp"

namespace parley::fuzz {

// How often each operation has ended; lives longer than all of them.
struct ledger {
  std::vector<int> ended;

  std::size_t open() {
    ended.push_back(0);
    return ended.size() - 1;
  }
  void close(std::size_t entry) { must(++ended[entry] == 1); }
};

// Keeps the state of an operation, so that it can be cancelled later, whatever became of it.
class held_operation {
 public:
  explicit held_operation(operation_base* op) noexcept : op_(op) { op_->retain(); }
  held_operation(held_operation&& other) noexcept : op_(std::exchange(other.op_, nullptr)) {}
  held_operation& operator=(held_operation&&) = delete;
  ~held_operation() {
    if (op_) op_->release();
  }
  operation_base* operator->() const noexcept { return op_; }

 private:
  operation_base* op_;
};

}  // namespace parley::fuzz
